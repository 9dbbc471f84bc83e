// SPDX-License-Identifier: MIT
//
// As cancel_malloc, for operator new and delete: a cancellation point there
// would unwind the thread out of them. Failure too is none, although it throws.
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "watch.h"

extern "C" {
#include "active.h"
}

static volatile bool reached_end;
static volatile size_t too_large = SIZE_MAX - 4096;

static void
allocate_and_free(size_t n)
{
    std::vector<char> zeroed(n);

    REQUIRE(all_bytes_are(zeroed.data(), 0, n));
    ::operator delete(::operator new(n, std::nothrow), n);
    ::operator delete[](::operator new[](n));
    ::operator delete(::operator new(n, std::align_val_t(256)),
                      std::align_val_t(256));
}

static void
fail()
{
    bool thrown = false;

    try {
        ::operator delete(::operator new(too_large));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    REQUIRE(thrown);
    REQUIRE(::operator new[](too_large, std::nothrow) == nullptr);
}

static void *
run(void *unused)
{
    REQUIRE(pthread_cancel(pthread_self()) == 0);
    allocate_and_free(TINY);
    allocate_and_free(SMALL);
    allocate_and_free(MIDDLE);
    allocate_and_free(LARGE);
    fail();
    reached_end = true;
    pthread_testcancel();
    REQUIRE(!"not cancelled");
    return unused;
}

int
main()
{
    require_active();
    watchdog(60);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        void *result;

        reached_end = false;
        REQUIRE(pthread_create(&thread, nullptr, run, nullptr) == 0);
        REQUIRE(pthread_join(thread, &result) == 0);
        REQUIRE(result == PTHREAD_CANCELED);
        REQUIRE(reached_end);
    }
    return 0;
}
