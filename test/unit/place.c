/* SPDX-License-Identifier: MIT */
/* LAZYZERO_NUMA, on a machine that a test makes up. */
#include "large/place.h"

#include "control/stats.h"
#include "os/kind.h"
#include "os/os.h"
#include "support.h"

WRAPPED(size_t, lz_os_node_count, void);
WRAPPED(unsigned, lz_os_node, void);
WRAPPED(int, lz_os_node_of, char *start, size_t length, unsigned *node);
WRAPPED(bool, lz_os_has_node_policy, void);
WRAPPED(int, lz_os_set_place, void *start, size_t length,
        enum lz_os_place place, size_t nodes);

static struct {
    size_t count;    /* of nodes; 0: not known */
    unsigned here;   /* this thread's */
    unsigned pages;  /* node of all pages */
    int pages_error; /* or this */
    bool has_own;    /* the thread has a policy */
    int error;       /* of the next rules */

    size_t asked, rules, nodes;
    enum lz_os_place place;
} fake;

size_t
__wrap_lz_os_node_count(void)
{
    fake.asked++;
    return fake.count;
}

unsigned
__wrap_lz_os_node(void)
{
    fake.asked++;
    return fake.here;
}

int
__wrap_lz_os_node_of(char *start, size_t length, unsigned *node)
{
    (void)start;
    (void)length;
    fake.asked++;
    *node = fake.pages;
    return fake.pages_error;
}

bool
__wrap_lz_os_has_node_policy(void)
{
    fake.asked++;
    return fake.has_own;
}

int
__wrap_lz_os_set_place(void *start, size_t length, enum lz_os_place place,
                       size_t nodes)
{
    (void)start;
    (void)length;
    fake.rules++;
    fake.place = place;
    fake.nodes = nodes;
    return fake.error;
}

static char memory[1];

static void
start(void)
{
    fake.count = 2;
}

TestSuite(place, .init = start);

static size_t
bind_to(size_t nodes)
{
    return LZ_NUMA_BIND | nodes << LZ_NUMA_MODE_BITS;
}

/* How many rules a fresh mapping gets. */
static size_t
rules_for(size_t option)
{
    size_t before = fake.rules;

    lz_options.numa = option;
    lz_place_apply(memory, 1);
    return fake.rules - before;
}

Test(place, the_default_asks_nothing)
{
    unsigned node = 7;

    cr_expect_eq(rules_for(LZ_NUMA_SYSTEM), 0);
    cr_expect_eq(lz_place_node(), 0);
    cr_expect(lz_place_settle(memory, 1, &node));
    cr_expect_eq(node, 0);
    cr_expect_eq(fake.asked, 0);
}

Test(place, each_rule)
{
    cr_expect_eq(rules_for(LZ_NUMA_LOCAL), 1);
    cr_expect_eq(fake.place, LZ_OS_PLACE_LOCAL);
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 1);
    cr_expect_eq(fake.place, LZ_OS_PLACE_INTERLEAVE);
    cr_expect_eq(rules_for(bind_to(6)), 1);
    cr_expect_eq(fake.place, LZ_OS_PLACE_BIND);
    cr_expect_eq(fake.nodes, 6);
    cr_expect_eq(lz_stats.numa_regions, 3);
}

Test(place, one_node_has_nothing_to_choose)
{
    unsigned node = 7;

    fake.count = 1;
    fake.here = 3;
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 0);
    cr_expect_eq(rules_for(LZ_NUMA_LOCAL), 0);
    cr_expect_eq(lz_place_node(), 0);
    cr_expect(lz_place_settle(memory, 1, &node));
    cr_expect_eq(node, 0);
    /* But it may be the wrong one. */
    cr_expect_eq(rules_for(bind_to(2)), 1);
}

Test(place, a_thread_s_own_rule_wins)
{
    fake.has_own = true;
    cr_expect_eq(rules_for(LZ_NUMA_LOCAL), 0);
    cr_expect_eq(rules_for(bind_to(1)), 0);
    cr_expect_eq(lz_stats.numa_regions, 0);
}

Test(place, a_refusal_is_said_once)
{
    const char *said;

    fake.error = EPERM;
    capture_stderr();
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 1);
    fake.error = 0;
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 0);
    said = captured_stderr();
    cr_expect_not_null(strstr(said, "LAZYZERO_NUMA: the system refuses"));
    cr_expect_eq(strchr(said, '\n'), strrchr(said, '\n'));
    cr_expect_eq(lz_stats.numa_regions, 0);
}

Test(place, too_many_mappings_may_pass)
{
    fake.error = ENOMEM;
    capture_stderr();
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 1);
    fake.error = 0;
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 1);
    cr_expect_neq(strlen(captured_stderr()), 0);
}

/* A sandbox forbids to ask, too; the rule's own refusal is what is said. */
Test(place, where_nodes_are_unknown_the_rule_is_tried)
{
    fake.count = 0;
    cr_expect_eq(rules_for(LZ_NUMA_LOCAL), 1);
    cr_expect_eq(rules_for(LZ_NUMA_INTERLEAVE), 1);
}

Test(place, kept_pages_belong_to_a_node)
{
    unsigned node = 7;

    lz_options.numa = LZ_NUMA_LOCAL;
    fake.here = 1;
    cr_expect_eq(lz_place_node(), 1);
    fake.pages = 0;
    cr_expect(lz_place_settle(memory, 1, &node));
    cr_expect_eq(node, 0);
    /* Without a page it is this thread's. */
    cr_expect(lz_place_settle(memory, 0, &node));
    cr_expect_eq(node, 1);
    fake.pages_error = EXDEV;
    cr_expect_not(lz_place_settle(memory, 1, &node));
    fake.pages_error = EPERM;
    cr_expect_not(lz_place_settle(memory, 1, &node));
}

Test(place, whose_touch_decides)
{
    lz_options.numa = LZ_NUMA_SYSTEM;
    cr_expect(lz_place_is_by_thread());
    lz_options.numa = LZ_NUMA_LOCAL;
    cr_expect(lz_place_is_by_thread());
    lz_options.numa = LZ_NUMA_INTERLEAVE;
    cr_expect_not(lz_place_is_by_thread());
    lz_options.numa = bind_to(1);
    cr_expect_not(lz_place_is_by_thread());
    cr_expect(lz_place_is_strict());
    lz_options.numa = LZ_NUMA_SYSTEM;
    cr_expect_not(lz_place_is_strict());
    fake.has_own = true;
    cr_expect_not(lz_place_is_by_thread());
}
