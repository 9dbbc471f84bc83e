# SPDX-License-Identifier: MIT
# The zeroing engine, what it knows from the kernel, and the pool.

unit_test(zero PAGES WRAP lz_os_page_size
  lz_os_find_populated lz_os_is_present lz_os_discard lz_os_discard_zeroes)
unit_test(zero_proc WRAP ioctl lz_os_heap_advise lz_os_heap_map NEEDS kernel)
unit_test(zero_kernel WRAP ioctl syscall NEEDS pagemap)
unit_test(zero_fork WRAP ioctl syscall NEEDS linux)
unit_test(sparse)
unit_test(history WRAP lz_zero lz_zero_seen lz_zero_populated_seen lz_zero_write lz_os_discard lz_os_discard_zeroes
          lz_os_is_plain lz_hugepage_learn NEEDS pagemap)
unit_test(hugepage WRAP lz_os_want_hugepages)
unit_test(pool WRAP lz_os_now lz_place_ask_node)
unit_test(retain WRAP lz_os_now lz_os_work lz_os_memory_free lz_os_memory_size)
unit_test(region_pool WRAP ${fake_os} lz_os_memory_size lz_os_make_plain lz_os_is_plain
          lz_os_is_mapped lz_os_inherit lz_os_rest lz_retain_unused lz_zero
          lz_meta_release)
unit_test(region_bank WRAP ${fake_os} lz_index_set_span lz_meta_acquire
  lz_meta_release lz_os_space_for)
unit_test(region_join WRAP ${fake_os} lz_index_set_span lz_meta_acquire
  lz_meta_release)
unit_test(region_parts WRAP ${fake_os} lz_index_set_span lz_meta_acquire
  lz_meta_release lz_os_move_out lz_os_name lz_place_apply)
unit_test(region_profile WRAP ${fake_os} lz_os_want_hugepages NEEDS pagemap)
unit_test(region_map WRAP ${fake_os} lz_index_set_span lz_os_space_for
  lz_os_extend lz_os_now)
unit_test(background WRAP pthread_create lz_os_count_threads)
if(LAZYZERO_OS STREQUAL "linux")
  unit_test(os_linux_memory WRAP syscall)
else()
  left_out(linux unit/os_linux_memory)
endif()
