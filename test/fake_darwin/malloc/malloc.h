/* SPDX-License-Identifier: MIT */
/* As much of Apple's header as a zone of version 12 has, for fake_malloc.c. */
#ifndef FAKE_MALLOC_MALLOC_H
#define FAKE_MALLOC_MALLOC_H

#include <mach/mach.h>
#include <stddef.h>

typedef struct {
    vm_address_t address;
    vm_size_t size;
} vm_range_t;

typedef struct {
    unsigned blocks_in_use;
    size_t size_in_use, max_size_in_use, size_allocated;
} malloc_statistics_t;

typedef kern_return_t memory_reader_t(task_t, vm_address_t, vm_size_t, void **);
typedef void vm_range_recorder_t(task_t, void *, unsigned, vm_range_t *,
                                 unsigned);
typedef void print_task_printer_t(const char *format, ...);
typedef struct fake_zone malloc_zone_t;

typedef struct {
    kern_return_t (*enumerator)(task_t, void *, unsigned, vm_address_t,
                                memory_reader_t, vm_range_recorder_t);
    size_t (*good_size)(malloc_zone_t *, size_t);
    boolean_t (*check)(malloc_zone_t *);
    void (*print)(malloc_zone_t *, boolean_t);
    void (*log)(malloc_zone_t *, void *);
    void (*force_lock)(malloc_zone_t *);
    void (*force_unlock)(malloc_zone_t *);
    void (*statistics)(malloc_zone_t *, malloc_statistics_t *);
    boolean_t (*zone_locked)(malloc_zone_t *);
    boolean_t (*enable_discharge_checking)(malloc_zone_t *);
    void (*disable_discharge_checking)(malloc_zone_t *);
    void (*discharge)(malloc_zone_t *, void *);
    void (*reinit_lock)(malloc_zone_t *);
    void (*print_task)(task_t, unsigned, vm_address_t, memory_reader_t,
                       print_task_printer_t);
    void (*task_statistics)(task_t, vm_address_t, memory_reader_t,
                            malloc_statistics_t *);
} malloc_introspection_t;

struct fake_zone {
    size_t (*size)(malloc_zone_t *, const void *);
    void *(*malloc)(malloc_zone_t *, size_t);
    void *(*calloc)(malloc_zone_t *, size_t, size_t);
    void *(*valloc)(malloc_zone_t *, size_t);
    void (*free)(malloc_zone_t *, void *);
    void *(*realloc)(malloc_zone_t *, void *, size_t);
    void (*destroy)(malloc_zone_t *);
    const char *zone_name;
    unsigned (*batch_malloc)(malloc_zone_t *, size_t, void **, unsigned);
    void (*batch_free)(malloc_zone_t *, void **, unsigned);
    malloc_introspection_t *introspect;
    unsigned version;
    void *(*memalign)(malloc_zone_t *, size_t, size_t);
    void (*free_definite_size)(malloc_zone_t *, void *, size_t);
    size_t (*pressure_relief)(malloc_zone_t *, size_t);
    boolean_t (*claimed_address)(malloc_zone_t *, void *);
};

malloc_zone_t *malloc_default_zone(void);
void malloc_zone_register(malloc_zone_t *zone);
size_t malloc_zone_pressure_relief(malloc_zone_t *zone, size_t goal);
size_t malloc_size(const void *p);
size_t malloc_good_size(size_t n);
void *malloc_zone_malloc(malloc_zone_t *zone, size_t n);
void *malloc_zone_calloc(malloc_zone_t *zone, size_t count, size_t n);
void *malloc_zone_valloc(malloc_zone_t *zone, size_t n);
void *malloc_zone_memalign(malloc_zone_t *zone, size_t align, size_t n);
void *malloc_zone_realloc(malloc_zone_t *zone, void *p, size_t n);
void malloc_zone_free(malloc_zone_t *zone, void *p);
void malloc_zone_batch_free(malloc_zone_t *zone, void **blocks, unsigned count);
malloc_zone_t *malloc_zone_from_ptr(const void *p);

#endif
