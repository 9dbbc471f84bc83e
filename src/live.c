/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "log.h"
#include "os.h"

/* As in index.c: what user space has where no program asks for more. */
#if UINTPTR_MAX > 0xffffffffu
#define ADDRESS_BITS 48
#else
#define ADDRESS_BITS 32
#endif

/* The smallest alignment of a block is 8; so a byte stands for 64. */
#define BITS_SIZE ((size_t)((uint64_t)1 << (ADDRESS_BITS - 6)))

/* The dynamic linker and constructors; a dozen were seen. */
#define EARLY_MOST 512

enum lz_live_mode lz_live_mode;

static unsigned char *bits;
static const void *early[EARLY_MOST]; /* atomic, each */
static size_t early_count;            /* atomic */

static unsigned char *
byte_of(const void *p)
{
    return &bits[(uintptr_t)p >> 6];
}

static unsigned char
bit_of(const void *p)
{
    return (unsigned char)(1u << ((uintptr_t)p >> 3 & 7));
}

static bool
is_covered(const void *p)
{
    return (uint64_t)(uintptr_t)p >> (ADDRESS_BITS - 1) >> 1 == 0;
}

void
lz_live_note(const void *p)
{
    size_t at;

    if (lz_live_mode == LZ_LIVE_ON) {
        if (is_covered(p))
            __atomic_fetch_or(byte_of(p), bit_of(p), __ATOMIC_RELAXED);
        return;
    }
    at = __atomic_fetch_add(&early_count, 1, __ATOMIC_RELAXED);
    if (at < EARLY_MOST)
        __atomic_store_n(&early[at], p, __ATOMIC_RELEASE);
}

bool
lz_live_has(const void *p)
{
    if (lz_live_mode != LZ_LIVE_ON || !is_covered(p))
        return true;
    return ((uintptr_t)p & 7) == 0 &&
           (__atomic_load_n(byte_of(p), __ATOMIC_RELAXED) & bit_of(p)) != 0;
}

bool
lz_live_take(const void *p)
{
    if (!lz_live_has(p))
        return false;
    if (lz_live_mode == LZ_LIVE_ON && is_covered(p))
        return (__atomic_fetch_and(byte_of(p), (unsigned char)~bit_of(p),
                                   __ATOMIC_RELAXED) &
                bit_of(p)) != 0;
    for (size_t i = 0; i < EARLY_MOST; i++) {
        if (__atomic_load_n(&early[i], __ATOMIC_ACQUIRE) == p)
            __atomic_store_n(&early[i], NULL, __ATOMIC_RELEASE);
    }
    return true;
}

static bool
get_bits(void)
{
    const char *lack = NULL;

    if (early_count > EARLY_MOST)
        lack = "the program allocated too much before the library started";
    else if ((bits = lz_os_map(BITS_SIZE, lz_os_page_size())) == NULL)
        lack = "the system refuses the address space";
    if (lack != NULL)
        lz_log("LAZYZERO_CHECK: %s; small blocks are not checked", lack);
    return lack == NULL;
}

void
lz_live_start(bool wanted)
{
    if (!wanted || !get_bits()) {
        __atomic_store_n(&lz_live_mode, LZ_LIVE_OFF, __ATOMIC_RELEASE);
        return;
    }
    __atomic_store_n(&lz_live_mode, LZ_LIVE_ON, __ATOMIC_RELEASE);
    for (size_t i = 0; i < EARLY_MOST; i++) {
        const void *p = __atomic_load_n(&early[i], __ATOMIC_ACQUIRE);

        if (p != NULL)
            lz_live_note(p);
    }
}
