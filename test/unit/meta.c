/* SPDX-License-Identifier: MIT */
#include "large/meta.h"

#include "fake_os.h"

TestSuite(meta, .init = fake_os_reset);

#define MANY 5000

static int
compare_addresses(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

    return x < y ? -1 : x > y;
}

/* Aligned, and no two closer than a record. */
static void
expect_distinct(void **records, size_t count)
{
    uintptr_t *sorted = malloc(count * sizeof(*sorted));

    for (size_t i = 0; i < count; i++)
        sorted[i] = (uintptr_t)records[i];
    qsort(sorted, count, sizeof(*sorted), compare_addresses);
    for (size_t i = 0; i < count; i++) {
        cr_assert_neq(sorted[i], 0);
        cr_assert_eq(sorted[i] % LZ_META_RECORD_SIZE, 0);
        if (i > 0)
            cr_assert_geq(sorted[i] - sorted[i - 1], LZ_META_RECORD_SIZE);
    }
    free(sorted);
}

Test(meta, records_are_distinct_aligned_and_zero)
{
    static void *records[MANY];

    for (size_t i = 0; i < MANY; i++) {
        records[i] = lz_meta_acquire();
        cr_assert_not_null(records[i]);
        cr_assert(all_bytes_are(records[i], LZ_META_RECORD_SIZE, 0));
        memset(records[i], 0xA5, LZ_META_RECORD_SIZE);
    }
    expect_distinct(records, MANY);
    cr_expect_eq(fake_os.unmaps, 0);
}

Test(meta, a_released_record_is_used_again_as_it_was_left)
{
    char *record = lz_meta_acquire();
    size_t maps = fake_os.maps;

    memset(record, 0x5A, LZ_META_RECORD_SIZE);
    lz_meta_release(record);
    cr_expect_eq((char *)lz_meta_acquire(), record);
    cr_expect(all_bytes_are(record + sizeof(void *),
                            LZ_META_RECORD_SIZE - sizeof(void *), 0x5A));
    cr_expect_eq(fake_os.maps, maps);
}

Test(meta, all_released_records_come_back)
{
    static void *records[MANY];
    size_t maps;

    for (size_t i = 0; i < MANY; i++)
        records[i] = lz_meta_acquire();
    maps = fake_os.maps;
    for (size_t i = 0; i < MANY; i++)
        lz_meta_release(records[i]);
    for (size_t i = 0; i < MANY; i++)
        records[i] = lz_meta_acquire();
    expect_distinct(records, MANY);
    cr_expect_eq(fake_os.maps, maps);
}

/* The records that need no memory of the system's. */
static void
use_up_first_records(void)
{
    fake_os.refuse = true;
    while (lz_meta_acquire() != NULL)
        ;
    fake_os.refuse = false;
    fake_os.maps = 0;
}

Test(meta, the_first_records_need_no_memory)
{
    cr_expect_not_null(lz_meta_acquire());
    cr_expect_eq(fake_os.maps, 0);
}

Test(meta, refused_memory_is_asked_for_again)
{
    void *record;

    use_up_first_records();
    fake_os.refuse = true;
    errno = ERRNO_MARK;
    cr_expect_null(lz_meta_acquire());
    cr_expect_null(lz_meta_acquire());
    cr_expect_eq(fake_os.maps, 2);
    fake_os.refuse = false;
    record = lz_meta_acquire();
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(record);
    cr_expect(all_bytes_are(record, LZ_META_RECORD_SIZE, 0));
}

Test(meta, refused_memory_leaves_the_released_records)
{
    void *first = lz_meta_acquire();

    while (fake_os.maps == 0)
        cr_assert_not_null(lz_meta_acquire());
    fake_os.refuse = true;
    while (lz_meta_acquire() != NULL)
        ;
    lz_meta_release(first);
    cr_expect_eq(lz_meta_acquire(), first);
    cr_expect_null(lz_meta_acquire());
}

/* What another thread does while the first one is in the system. */
static void *others_record;

static void
acquire_meanwhile(void)
{
    others_record = lz_meta_acquire();
}

Test(meta, a_chunk_that_lost_a_race_goes_back)
{
    void *records[2];

    use_up_first_records();
    fake_os.on_map = acquire_meanwhile;
    records[0] = lz_meta_acquire();
    records[1] = others_record;
    expect_distinct(records, 2);
    cr_expect_eq(fake_os.maps, 2);
    cr_expect_eq(fake_os.unmaps, 1);
    memset(records[0], 1, LZ_META_RECORD_SIZE);
    memset(records[1], 2, LZ_META_RECORD_SIZE);
}

Test(meta, a_page_larger_than_a_chunk_is_used_whole)
{
    const size_t page = LZ_MIB;

    fake_os.page_size = page;
    use_up_first_records();
    for (size_t i = 0; i < page / LZ_META_RECORD_SIZE; i++)
        memset(lz_meta_acquire(), 0xA5, LZ_META_RECORD_SIZE);
    cr_expect_eq(fake_os.maps, 1);
}

#define THREADS 4
#define HELD 500
#define ROUNDS 20

static void *held[THREADS][HELD];

static void
acquire_and_release(unsigned number)
{
    unsigned char mark = (unsigned char)(number + 1);

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < HELD; i++) {
            held[number][i] = lz_meta_acquire();
            memset(held[number][i], mark, LZ_META_RECORD_SIZE);
        }
        for (size_t i = 0; i < HELD && round < ROUNDS - 1; i++) {
            cr_assert(
                all_bytes_are(held[number][i], LZ_META_RECORD_SIZE, mark));
            lz_meta_release(held[number][i]);
        }
    }
}

Test(meta, many_threads)
{
    run_threads(THREADS, acquire_and_release);
    expect_distinct(&held[0][0], THREADS * HELD);
    for (unsigned number = 0; number < THREADS; number++) {
        for (size_t i = 0; i < HELD; i++)
            cr_assert(all_bytes_are(held[number][i], LZ_META_RECORD_SIZE,
                                    (unsigned char)(number + 1)));
    }
}

static void *
acquire_into(void *record)
{
    *(void **)record = lz_meta_acquire();
    return NULL;
}

Test(meta, fork_holds_the_lock_until_the_parent_goes_on)
{
    void *record = NULL;
    pthread_t thread;

    lz_meta_fork_prepare();
    pthread_create(&thread, NULL, acquire_into, &record);
    usleep(1000); /* only so that it would have the time */
    cr_expect_null(__atomic_load_n(&record, __ATOMIC_RELAXED));
    lz_meta_fork_parent();
    pthread_join(thread, NULL);
    cr_expect_not_null(record);
}

Test(meta, a_fork_child_gets_the_lock_back)
{
    lz_meta_fork_prepare();
    lz_meta_fork_child();
    cr_expect_not_null(lz_meta_acquire());
}
