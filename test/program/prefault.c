/* SPDX-License-Identifier: MIT */
/*
 * prefault all|least|api|longjmp|cancel|limit|limit_block: LAZYZERO_PREFAULT
 * and lazyzero_prefault.
 *
 * `all`: a fresh block is resident, its reuse by calloc is zero, and no thread
 * is left. `least`: blocks below the size are left alone. `api`: contents stay,
 * and what went wrong is said. `longjmp`, `cancel`: a handler or a cancellation
 * ends a job; the next one works, and no thread is left. `limit`,
 * `limit_block`: in a control group with room for half of it (check_group), the
 * job is cut and the process lives.
 */
#include <setjmp.h>
#include <sys/mman.h>

#include "dirty.h"
#include "stat.h"

#define SIZE (256 * MIB)

static bool
is_resident(char *p)
{
    unsigned char known = 0;

    p = (char *)((uintptr_t)p & ~(uintptr_t)(page_size() - 1));
    return mincore(p, 1, &known) == 0 && (known & 1) != 0;
}

static size_t
resident_of(char *p, size_t n)
{
    size_t count = 0;

    for (size_t at = 0; at < n; at += page_size())
        count += is_resident(p + at) ? page_size() : 0;
    return count;
}

/* The kernel may still be ending one that was joined. */
static void
require_threads(size_t count)
{
    char path[64];
    FILE *file;
    size_t seen = 0;

    for (int i = 0; i < 1000 && seen != count; i++) {
        char line[256];

        file = fopen("/proc/self/status", "r");
        REQUIRE(file != NULL);
        while (fgets(line, sizeof(line), file) != NULL)
            sscanf(line, "Threads: %zu", &seen);
        fclose(file);
        if (seen != count)
            usleep(10000);
    }
    snprintf(path, sizeof(path), "%zu threads instead of %zu\n", seen, count);
    if (seen != count)
        say(path);
    REQUIRE(seen == count);
}

static void
run_all(void)
{
    char *p = calloc(1, SIZE + 12345);

    REQUIRE(p != NULL);
    /* Not the faults of its use: a kernel that moves pages to the node of their
     * user causes some. */
    REQUIRE(resident_of(p, SIZE + 12345) >= SIZE + 12345);
    require_threads(1);
    REQUIRE(STAT(bytes_prefaulted) >= SIZE);
    REQUIRE(STAT(prefaults_cut) == 0);
    require_zero(p, SIZE + 12345);
    make_dirty(p);
    free(p);
    for (int round = 0; round < 3; round++) {
        use_all(SIZE + 12345);
        use_all(SIZE);
    }
    use_every_size_dirty();
}

static void
run_least(void)
{
    char *small = malloc(31 * MIB), *large = malloc(32 * MIB);

    REQUIRE(small != NULL && large != NULL);
    REQUIRE(resident_of(small, 31 * MIB) == 0);
    REQUIRE(resident_of(large, 32 * MIB) == 32 * MIB);
    REQUIRE(STAT(bytes_prefaulted) == 32 * MIB);
    free(small);
    free(large);
}

static void
run_api(void)
{
    size_t page = page_size();
    char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(p != MAP_FAILED);
    madvise(p, SIZE, MADV_NOHUGEPAGE);
    p[100] = p[SIZE - 1] = 7;
    errno = 123;
    REQUIRE(lazyzero_prefault(p + 100, 0) == 0 && !is_resident(p + page));
    REQUIRE(lazyzero_prefault(p + 100, page) == 0 && is_resident(p + page));
    REQUIRE(!is_resident(p + 2 * page));
    REQUIRE(lazyzero_prefault(p, SIZE) == 0 && resident_of(p, SIZE) == SIZE);
    REQUIRE(p[100] == 7 && p[SIZE - 1] == 7 && p[SIZE / 2] == 0);
    REQUIRE(lazyzero_prefault(p, SIZE) == 0);
    REQUIRE(munmap(p + SIZE / 2, page) == 0);
    REQUIRE(lazyzero_prefault(p, SIZE) == ENOMEM);
    REQUIRE(mprotect(p, page, PROT_READ) == 0);
    REQUIRE(lazyzero_prefault(p, SIZE / 4) == EFAULT);
    REQUIRE(errno == 123);
    require_threads(1);
}

static char *target;
static pthread_t victim;
static sigjmp_buf back;

/* True: the job has begun. Its end is far, at that size. */
static void
wait_for_start(void)
{
    while (!is_resident(target))
        sched_yield();
}

static void *
interrupt(void *unused)
{
    wait_for_start();
    REQUIRE(pthread_kill(victim, SIGUSR1) == 0);
    return unused;
}

static void
handle(int signal_number)
{
    (void)signal_number;
    siglongjmp(back, 1);
}

static char *
make_target(void)
{
    target = mmap(NULL, 4 * SIZE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(target != MAP_FAILED);
    /* Small pages take longer. */
    madvise(target, 4 * SIZE, MADV_NOHUGEPAGE);
    return target;
}

/* All of the target, with helpers that end. */
static void
require_rest(void)
{
    int error = lazyzero_prefault(target, 4 * SIZE);

    if (error == ENOMEM)
        skip("memory is short here");
    REQUIRE(error == 0 && resident_of(target, 4 * SIZE) == 4 * SIZE);
    require_threads(1);
}

static void
run_longjmp(void)
{
    pthread_t thread;

    make_target();
    victim = pthread_self();
    signal(SIGUSR1, handle);
    if (sigsetjmp(back, 1) == 0) {
        REQUIRE(pthread_create(&thread, NULL, interrupt, NULL) == 0);
        lazyzero_prefault(target, 4 * SIZE);
        sleep(100);
        REQUIRE(!"interrupted");
    }
    REQUIRE(pthread_join(thread, NULL) == 0);
    require_threads(1);
    require_rest();
}

static void *
prefault(void *unused)
{
    (void)unused;
    lazyzero_prefault(target, 4 * SIZE);
    pthread_testcancel();
    sleep(100);
    return NULL;
}

/* False: it was over by then. */
static bool
cancel_one(void)
{
    pthread_t thread;
    void *result;

    make_target();
    REQUIRE(pthread_create(&thread, NULL, prefault, NULL) == 0);
    wait_for_start();
    REQUIRE(pthread_cancel(thread) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);
    REQUIRE(result == PTHREAD_CANCELED);
    require_threads(1);
    return resident_of(target, 4 * SIZE) < 4 * SIZE;
}

static void
run_cancel(void)
{
    int tries = 1;

    while (!cancel_one()) {
        REQUIRE(tries++ < 10);
        munmap(target, 4 * SIZE);
    }
    require_rest();
}

static void
run_limit(void)
{
    size_t resident;

    make_target();
    REQUIRE(lazyzero_prefault(target, 4 * SIZE) == ENOMEM);
    REQUIRE(STAT(prefaults_cut) == 1);
    resident = resident_of(target, 4 * SIZE);
    /* The limit is 2 * SIZE, or a fifth more (check_group). */
    REQUIRE(resident >= SIZE && resident < 2 * SIZE + 2 * SIZE / 5);
    REQUIRE(STAT(bytes_prefaulted) == resident);
    /* What is there already is no reason to refuse. */
    REQUIRE(lazyzero_prefault(target, SIZE / 2) == 0);
    use_block(4 * MIB);
}

static void
run_limit_block(void)
{
    char *p = calloc(1, 4 * SIZE);

    REQUIRE(p != NULL);
    REQUIRE(STAT(prefaults_cut) == 1);
    REQUIRE(STAT(bytes_prefaulted) >= SIZE);
    memset(p, 1, SIZE);
    free(p);
    use_block(4 * MIB);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {{"all", run_all},
                 {"least", run_least},
                 {"api", run_api},
                 {"longjmp", run_longjmp},
                 {"cancel", run_cancel},
                 {"limit", run_limit},
                 {"limit_block", run_limit_block}};

    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].name, argv[1]) == 0) {
            modes[i].run();
            return 0;
        }
    }
    return 2;
}
