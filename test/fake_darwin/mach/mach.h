/* SPDX-License-Identifier: MIT */
/* As much of Apple's header as src/os/darwin uses, for fake_darwin.c. */
#ifndef FAKE_MACH_MACH_H
#define FAKE_MACH_MACH_H

#include <stdint.h>

typedef int kern_return_t, boolean_t, vm_prot_t;
typedef unsigned natural_t, mach_port_t, vm_inherit_t, mach_msg_type_number_t;
typedef mach_port_t vm_map_t, task_t, mem_entry_name_port_t, semaphore_t;
typedef uint64_t mach_vm_address_t, mach_vm_size_t, mach_vm_offset_t;
typedef unsigned long long memory_object_offset_t;
typedef uintptr_t vm_address_t, vm_size_t;
typedef int *vm_region_recurse_info_t;
typedef int clock_res_t;

typedef struct {
    unsigned tv_sec;
    clock_res_t tv_nsec;
} mach_timespec_t;

#define TRUE 1
#define FALSE 0
#define KERN_SUCCESS 0
#define KERN_INVALID_ADDRESS 1
#define KERN_NO_SPACE 3
#define MEMORY_OBJECT_NULL 0
#define VM_PROT_READ 1
#define VM_PROT_WRITE 2
#define VM_PROT_ALL 7
#define VM_INHERIT_COPY 1
#define VM_INHERIT_NONE 2
#define VM_FLAGS_FIXED 0
#define VM_FLAGS_ANYWHERE 1
#define VM_MAKE_TAG(tag) ((tag) << 24)
#define VM_MEMORY_MALLOC_LARGE 3
#define VM_PAGE_QUERY_PAGE_PRESENT 0x1
#define VM_PAGE_QUERY_PAGE_PAGED_OUT 0x10
#define SM_COW 1
#define SM_PRIVATE 2
#define SM_EMPTY 3
#define SM_SHARED 4

/* The members in use; the others would only move them. */
struct vm_region_submap_info_64 {
    vm_prot_t protection;
    vm_inherit_t inheritance;
    unsigned char external_pager, share_mode;
    boolean_t is_submap;
    unsigned short user_wired_count;
};

#define VM_REGION_SUBMAP_INFO_COUNT_64 \
    (sizeof(struct vm_region_submap_info_64) / sizeof(natural_t))

#define mach_task_self() ((mach_port_t)0x103)

int issetugid(void); /* unistd.h */

#endif
