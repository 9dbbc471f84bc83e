/* SPDX-License-Identifier: MIT */
/* Mach's memory calls, for os_darwin*.c. */
#ifndef LZ_OS_DARWIN_H
#define LZ_OS_DARWIN_H

#include "os/os.h"

#include <mach/mach.h>

/*
 * As in <mach/mach_vm.h>, which the free SDKs that one can cross-build with do
 * not have.
 */
kern_return_t mach_vm_map(vm_map_t task, mach_vm_address_t *address,
                          mach_vm_size_t size, mach_vm_offset_t mask, int flags,
                          mem_entry_name_port_t object,
                          memory_object_offset_t offset, boolean_t copy,
                          vm_prot_t protection, vm_prot_t max_protection,
                          vm_inherit_t inheritance);
kern_return_t mach_vm_region_recurse(vm_map_t task, mach_vm_address_t *address,
                                     mach_vm_size_t *size, natural_t *depth,
                                     vm_region_recurse_info_t info,
                                     mach_msg_type_number_t *count);
kern_return_t mach_vm_page_range_query(vm_map_t task, mach_vm_offset_t address,
                                       mach_vm_size_t size,
                                       mach_vm_address_t dispositions,
                                       mach_vm_size_t *count);

#endif
