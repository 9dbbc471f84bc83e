/* SPDX-License-Identifier: MIT */
/*
 * free_sized CALL [SIZE SAID]: frees blocks of SIZE bytes by a sized free that
 * says SAID; without numbers, blocks of many sizes by the right ones.
 */
#include "misuse.h"

extern void free_sized(void *p, size_t n) __attribute__((weak));
extern void free_aligned_sized(void *p, size_t align, size_t n)
    __attribute__((weak));
extern void sdallocx(void *p, size_t n, int flags) __attribute__((weak));

/* size_t is an unsigned long, or with 32 bits an unsigned int. */
#if SIZE_MAX > UINT32_MAX
#define MANGLED(name) name##m
#else
#define MANGLED(name) name##j
#endif
extern void *MANGLED(_Znw)(size_t n) __attribute__((weak));
extern void MANGLED(_ZdlPv)(void *p, size_t n) __attribute__((weak));
extern void MANGLED(_ZdaPv)(void *p, size_t n) __attribute__((weak));

static void
give_back(const char *call, void *p, size_t n)
{
    if (strcmp(call, "free_sized") == 0)
        free_sized(p, n);
    else if (strcmp(call, "free_aligned_sized") == 0)
        free_aligned_sized(p, 64, n);
    else if (strcmp(call, "sdallocx") == 0)
        sdallocx(p, n, 0);
    else if (strcmp(call, "delete") == 0)
        MANGLED(_ZdlPv)(p, n);
    else if (strcmp(call, "delete_array") == 0)
        MANGLED(_ZdaPv)(p, n);
    else
        exit(2);
}

static void *
make(const char *call, size_t n)
{
    if (strcmp(call, "free_aligned_sized") == 0)
        return aligned_alloc(64, n);
    return strncmp(call, "delete", 6) == 0 ? MANGLED(_Znw)(n) : malloc(n);
}

static void
give_back_all(const char *call)
{
    for (size_t n = 0; n < 40 * MIB; n += 1 + n / 5) {
        char *p = (char *)make(call, n);

        if (p == NULL)
            exit(3);
        if (n > 0)
            p[n - 1] = 1;
        give_back(call, p, n);
        give_back(call, NULL, n);
    }
}

/* As after realloc, whose result has the size that was asked for. */
static void
give_back_resized(const char *call)
{
    static const size_t sizes[] = {100, 300000, 2 * MIB, 12 * MIB, 700000, 50};
    void *p;

    if (strcmp(call, "free_sized") != 0)
        return;
    for (size_t i = 0; i + 1 < sizeof(sizes) / sizeof(sizes[0]); i++) {
        p = realloc(malloc(sizes[i]), sizes[i + 1]);
        if (p == NULL)
            exit(3);
        give_back(call, p, sizes[i + 1]);
    }
}

/* A freed large block is nobody's, and the next of its size takes its place. */
static void
give_back_wrongly(const char *call, size_t n, size_t said)
{
    void *first = make(call, n), *p = first;

    say_hex(p);
    for (int i = 0; i < 10; i++) {
        memset(p, i, n);
        give_back(call, p, said);
        if (n >= LARGE && lazyzero_owns(p))
            exit(4);
        p = make(call, n);
        if (n >= LARGE && p != first)
            exit(5);
    }
    give_back(call, p, said);
}

int
main(int argc, char **argv)
{

    require_active();
    if (argc == 2) {
        give_back_all(argv[1]);
        give_back_resized(argv[1]);
        return 0;
    }
    if (argc != 4)
        return 2;
    give_back_wrongly(argv[1], strtoul(argv[2], NULL, 10),
                      strtoul(argv[3], NULL, 10));
    return 0;
}
