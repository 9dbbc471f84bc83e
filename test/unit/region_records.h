/* SPDX-License-Identifier: MIT */
/*
 * Records and slots of the index that run out. For tests registered with WRAP
 * lz_index_set_span lz_meta_acquire lz_meta_release.
 */
#ifndef UNIT_REGION_RECORDS_H
#define UNIT_REGION_RECORDS_H

#include "large/index.h"
#include "large/meta.h"
#include "support.h"

WRAPPED(int, lz_index_set_span, const void *start, size_t length, void *owner);
WRAPPED(void *, lz_meta_acquire, void);
WRAPPED(void, lz_meta_release, void *record);

static struct {
    size_t index_calls; /* with an owner, that succeed; 0: all of them */
    bool refuse_records;
    int records; /* acquired and not released */
} fake;

int
__wrap_lz_index_set_span(const void *start, size_t length, void *owner)
{
    if (fake.index_calls != 0 && owner != NULL && --fake.index_calls == 0)
        return ENOMEM;
    return __real_lz_index_set_span(start, length, owner);
}

void *
__wrap_lz_meta_acquire(void)
{
    void *record = fake.refuse_records ? NULL : __real_lz_meta_acquire();

    fake.records += record != NULL;
    return record;
}

void
__wrap_lz_meta_release(void *record)
{
    fake.records--;
    __real_lz_meta_release(record);
}

#endif
