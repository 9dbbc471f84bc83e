/* SPDX-License-Identifier: MIT */
/*
 * With the dylib inserted (DYLD_INSERT_LIBRARIES): proves that it is active,
 * then one step a promise, each on dirty memory. Says what failed; exit 1.
 */
#include <dlfcn.h>
#include <malloc/malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define SIZE (8 * MIB + 12345)

static int failures;
static int (*owns)(const void *p);

static void
expect(int ok, const char *what)
{
    printf("%s %s\n", ok ? "ok    " : "FAILED", what);
    failures += !ok;
}

static int
all_are(const unsigned char *p, size_t n, unsigned char value)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != value)
            return 0;
    }
    return 1;
}

static int
is_in_our_zone(const void *p)
{
    const char *name = malloc_get_zone_name(malloc_zone_from_ptr(p));

    return name != NULL && strcmp(name, "lazyzero") == 0;
}

static void
check_active(void)
{
    int (*is_active)(void) =
        (int (*)(void))dlsym(RTLD_DEFAULT, "lazyzero_is_active");
    void *large = malloc(SIZE), *small = malloc(100);

    owns = (int (*)(const void *))dlsym(RTLD_DEFAULT, "lazyzero_owns");
    if (is_active == NULL || owns == NULL || !is_active()) {
        puts("FAILED the library is not active");
        exit(1);
    }
    expect(owns(large), "a large block is ours");
    expect(is_in_our_zone(large), "and in our zone");
    expect(!owns(small), "a small one is no large one");
    expect(is_in_our_zone(small) == !LZ_BACKEND_IS_SYSTEM,
           LZ_BACKEND_IS_SYSTEM ? "it is libmalloc's" : "it is jemalloc's");
    free(large);
    free(small);
}

/* The recycled block is dirty in every byte, a page, or not at all. */
static void
check_calloc(void)
{
    for (size_t dirty = 0; dirty < 3; dirty++) {
        unsigned char *p = malloc(SIZE);

        if (dirty == 2)
            memset(p, 0xA5, SIZE);
        else if (dirty == 1)
            memset(p + SIZE / 2, 0xA5, 5000);
        free(p);
        p = calloc(1, SIZE);
        expect(owns(p) && all_are(p, malloc_size(p), 0), "calloc is zero");
        free(p);
    }
}

static void
check_memset(void)
{
    unsigned char *p = malloc(SIZE);

    memset(p, 0xA5, SIZE);
    free(p);
    p = malloc(SIZE);
    memset(p, 0, SIZE);
    expect(all_are(p, SIZE, 0), "memset is zero");
    bzero(p, SIZE);
    expect(all_are(p, SIZE, 0), "bzero is zero");
    free(p);
}

static void
check_realloc(void)
{
    unsigned char *p = malloc(1000);

    memset(p, 0x5A, 1000);
    p = realloc(p, SIZE);
    expect(owns(p) && all_are(p, 1000, 0x5A), "realloc from small to large");
    memset(p, 0x5A, SIZE);
    p = realloc(p, 5 * SIZE);
    expect(owns(p) && all_are(p, SIZE, 0x5A), "realloc to larger");
    p = realloc(p, 1000);
    expect(!owns(p) && all_are(p, 1000, 0x5A), "realloc to small");
    p = reallocf(p, 2 * SIZE);
    expect(owns(p) && all_are(p, 1000, 0x5A), "reallocf");
    p = realloc(p, 0);
    expect(p != NULL && !owns(p), "realloc to nothing gives a small block");
    free(p);
}

static void
check_zones(void)
{
    malloc_zone_t *own = malloc_create_zone(0, 0);
    void *p = malloc(SIZE), *aligned = NULL, *batch[3];

    expect(malloc_zone_from_ptr(p) != NULL, "the block has a zone");
    expect(malloc_size(p) >= SIZE, "malloc_size");
    malloc_zone_free(malloc_zone_from_ptr(p), p);
    p = malloc_zone_calloc(malloc_default_zone(), 1, SIZE);
    expect(owns(p), "the default zone's large blocks are ours");
    p = malloc_zone_realloc(malloc_default_zone(), p, 2 * SIZE);
    batch[0] = p;
    batch[1] = malloc(10);
    batch[2] = malloc(SIZE);
    malloc_zone_batch_free(malloc_default_zone(), batch, 3);
    p = malloc_zone_malloc(own, SIZE);
    expect(!owns(p), "another zone's are not");
    malloc_zone_free(own, p);
    malloc_destroy_zone(own);
    expect(posix_memalign(&aligned, 4 * MIB, SIZE) == 0 &&
               (uintptr_t)aligned % (4 * MIB) == 0,
           "posix_memalign");
    free(aligned);
    expect(malloc_zone_check(NULL), "all zones are well formed");
}

/* A system library's blocks, with both sizes, through our free. */
static void
check_system(void)
{
    char *text = malloc(SIZE), *copy;

    memset(text, 'x', SIZE - 1);
    text[SIZE - 1] = '\0';
    copy = strdup(text);
    expect(strcmp(text, copy) == 0, "strdup of a large string");
    printf("       (it is %s)\n", owns(copy) ? "ours" : "libmalloc's");
    free(copy);
    free(text);
    free(strdup("small"));
}

static void
check_fork(void)
{
    unsigned char *p = malloc(SIZE), *q;
    int status = -1;
    pid_t child;

    memset(p, 0xA5, SIZE);
    child = fork();
    if (child == 0) {
        q = calloc(1, SIZE);
        free(p);
        p = calloc(1, SIZE);
        _exit(all_are(p, SIZE, 0) && all_are(q, SIZE, 0) ? 0 : 1);
    }
    waitpid(child, &status, 0);
    expect(status == 0, "a fork child's blocks are zero");
    expect(all_are(p, SIZE, 0xA5), "and its parent's are what they were");
    free(p);
}

int
main(void)
{
    check_active();
    check_calloc();
    check_memset();
    check_realloc();
    check_zones();
    check_system();
    check_fork();
    printf("%d failed\n", failures);
    return failures != 0;
}
