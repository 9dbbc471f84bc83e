# SPDX-License-Identifier: MIT
# Recycled memory in programs that do to themselves what makes it hard to know
# what is zero (see dirty.h). Some need a right or a newer kernel, and end with
# status 77 without.
function(dirty_test name)
  program_test(${name} ${ARGN})
  cmake_parse_arguments(arg "" "VARIANT" "" ${ARGN})
  string(JOIN "/" test program ${name} ${arg_VARIANT})
  # check compares the status with 0, and says so.
  set_tests_properties(${test} PROPERTIES
    SKIP_REGULAR_EXPRESSION "exit status 77, expected 0")
endfunction()

# Once as it is, and once for each way to find out what is zero.
function(dirty_test_each_oracle name)
  dirty_test(${name} ${ARGN})
  cmake_parse_arguments(arg "" "VARIANT" "" ${ARGN})
  list(FIND ARGN VARIANT at)
  if(at GREATER -1)
    list(REMOVE_AT ARGN ${at})
    list(REMOVE_AT ARGN ${at})
  endif()
  foreach(oracle scan pagemap discard memset)
    string(JOIN "/" variant ${arg_VARIANT} ${oracle})
    dirty_test(${name} ${ARGN} VARIANT ${variant}
               ENV LAZYZERO_ORACLE=${oracle})
  endforeach()
endfunction()

# Once as it is, and once with freed blocks of 2 and 3 MiB in the CPUs' caches.
function(dirty_test_each_cache name)
  dirty_test(${name} ${ARGN})
  cmake_parse_arguments(arg "" "VARIANT" "ENV;ARGS;NEEDS" ${ARGN})
  string(JOIN "/" variant ${arg_VARIANT} cached)
  dirty_test(${name} VARIANT ${variant} ARGS ${arg_ARGS}
             ENV TEST_CACHES=1 ${arg_ENV} NEEDS ${arg_NEEDS})
endfunction()

foreach(child fork vfork clone newpid)
  dirty_test_each_oracle(dirty_fork VARIANT ${child} ARGS ${child})
endforeach()
dirty_test(dirty_fork VARIANT fork/cached ARGS fork ENV TEST_CACHES=1)
foreach(act closed close_range file file_everywhere process)
  dirty_test_each_oracle(dirty_descriptor VARIANT ${act} ARGS ${act})
endforeach()
foreach(most 0 3 4 5)
  dirty_test(dirty_descriptor VARIANT limit_${most} ARGS limit ${most})
endforeach()
foreach(when before after)
  dirty_test(dirty_privilege VARIANT setuid_${when} ARGS setuid ${when})
  dirty_test(dirty_privilege VARIANT undumpable_${when} ARGS undumpable ${when})
  dirty_test(dirty_noproc VARIANT ${when} ARGS ${when})
endforeach()
dirty_test(dirty_seccomp)
dirty_test(dirty_seccomp VARIANT decay_0 ENV LAZYZERO_DECAY_MS=0)
dirty_test_each_oracle(dirty_threads)
dirty_test(dirty_threads VARIANT cached ENV TEST_CACHES=1)
foreach(way create replace mib)
  dirty_test(dirty_hooks VARIANT ${way} ARGS ${way})
endforeach()

dirty_test_each_oracle(dirty_mapped_over VARIANT heard ARGS heard)
dirty_test(dirty_mapped_over VARIANT heard/cached ARGS heard ENV TEST_CACHES=1)
dirty_test(dirty_mapped_over VARIANT unasked ARGS unasked)
dirty_test(dirty_mapped_over VARIANT unheard ARGS unheard NEEDS linux)
dirty_test(dirty_mapped_over VARIANT unheard_unasked ARGS unheard_unasked
           NEEDS kernel)
dirty_test_each_oracle(dirty_hugetlb)
dirty_test_each_oracle(dirty_pinned)
dirty_test(dirty_pinned VARIANT cached ENV TEST_CACHES=1)
# What a program's advice leaves behind is found out on Linux.
dirty_test(dirty_guard VARIANT first ARGS 0 1 NEEDS linux)
dirty_test(dirty_guard VARIANT middle ARGS 10 20 NEEDS linux)
dirty_test(dirty_guard VARIANT all ARGS 0 768 NEEDS linux)
foreach(what part whole all on_fault)
  dirty_test_each_oracle(dirty_locked VARIANT ${what} ARGS ${what})
endforeach()
dirty_test(dirty_locked VARIANT whole/cached ARGS whole ENV TEST_CACHES=1)
dirty_test(dirty_locked VARIANT unlocked ARGS unlocked NEEDS linux)
dirty_test_each_oracle(dirty_swap)
dirty_test(dirty_swap VARIANT cached ENV TEST_CACHES=1)
dirty_test_each_cache(dirty_dontfork)
dirty_test(fork_files NEEDS linux)
foreach(how userfault wipeonfork dontfork locked)
  dirty_test_each_cache(dirty_shrunk VARIANT ${how} ARGS ${how} NEEDS linux)
endforeach()
foreach(how protected read_only file dontfork locked guards)
  dirty_test_each_cache(dirty_tail VARIANT ${how} ARGS ${how} NEEDS linux)
endforeach()
foreach(how unmapped moved not_inherited only_hole heap)
  dirty_test_each_cache(dirty_hole VARIANT ${how} ARGS ${how} ENV LAZYZERO_DECAY_MS=1
             NEEDS linux)
endforeach()
foreach(how protected unmapped mapped_over)
  dirty_test_each_cache(dirty_deaf VARIANT ${how} ARGS ${how} NEEDS linux)
endforeach()
set_target_properties(program_dirty_deaf PROPERTIES ENABLE_EXPORTS TRUE)
dirty_test_each_cache(dirty_patched NEEDS linux)
foreach(function mmap mmap64 munmap mremap_from mremap_to mprotect pkey_mprotect
                 shmat remap_file_pages madvise posix_madvise process_madvise
                 mlock mlock2 munlock)
  dirty_test_each_cache(heard VARIANT ${function} ARGS ${function}
             ENV LAZYZERO_RETAIN=1G NEEDS kernel)
endforeach()
dirty_test_each_cache(dirty_poison NEEDS linux)
dirty_test(mremap_hint NEEDS linux)
dirty_test(advised_wild NEEDS linux kernel)
dirty_test(advised VARIANT contents ARGS contents NEEDS linux)
foreach(kind huge,- nohuge,- sequential,sr random,rr dontdump,dd mergeable,mg)
  string(REPLACE "," ";" words ${kind})
  list(GET words 0 name)
  dirty_test(advised VARIANT ${name} ARGS ${words} NEEDS linux)
endforeach()
# Of a granule of 2 MiB.
dirty_test(dirty_capacity NEEDS wide)
# Nothing kept, so that what stays mapped is lost.
dirty_test(dirty_split ENV LAZYZERO_DECAY_MS=0)

dirty_test(dirty_rss VARIANT retain ARGS retain ENV LAZYZERO_RETAIN=64M)
dirty_test(dirty_rss VARIANT nothing ARGS nothing ENV LAZYZERO_DECAY_MS=0)
foreach(mode trim age sparse)
  dirty_test(dirty_rss VARIANT ${mode} ARGS ${mode})
endforeach()
dirty_test(dirty_rss VARIANT sparse_reuse ARGS sparse_reuse NEEDS linux)
foreach(mode scatter same)
  dirty_test(dirty_rss VARIANT ${mode} ARGS ${mode} NEEDS pagemap)
endforeach()
foreach(oracle pagemap discard)
  dirty_test(dirty_rss VARIANT sparse_reuse_${oracle} ARGS sparse_reuse
             ENV LAZYZERO_ORACLE=${oracle} NEEDS unread linux)
endforeach()
foreach(how plain huge locked not_inherited)
  dirty_test(dirty_reuse VARIANT ${how} ARGS ${how} 20)
endforeach()
dirty_test(dirty_reuse VARIANT protected ARGS protected 0)

# Linked by name only, so that it is relocated before the preloaded library.
add_library(dirty_early_library SHARED dirty_early_library.c)
target_compile_options(dirty_early_library PRIVATE -fno-builtin)
program_test(dirty_early LIBS dirty_early_library)
dirty_test_each_oracle(dirty_signal)
dirty_test_each_oracle(dirty_signal VARIANT stack_4096 ARGS 4096)
# The dynamic linker's own frame, at a first call, needs more than that has.
target_link_options(program_dirty_signal PRIVATE -Wl,-z,now)

foreach(mode pages sizes unreached cached)
  program_test(joined_blocks VARIANT ${mode} ARGS ${mode}
               ENV LAZYZERO_HUGEPAGES=never LAZYZERO_DECAY_MS=100000 NEEDS pagemap)
endforeach()
# The decay time is longer than a slow machine takes to write a block again.
program_test(joined_blocks VARIANT stranger ARGS stranger
             ENV LAZYZERO_HUGEPAGES=never LAZYZERO_DECAY_MS=2000 NEEDS pagemap)
foreach(what locked all_locked)
  program_test(joined_blocks VARIANT ${what} ARGS ${what} NEEDS linux kernel unsanitized)
endforeach()
foreach(option JOIN=1 JOIN=0 ZERO_ON_FREE=1 GUARD=1 BACKGROUND=1
               ORACLE=pagemap ORACLE=discard ORACLE=memset RETAIN=64M)
  string(MAKE_C_IDENTIFIER ${option} name)
  string(TOLOWER ${name} name)
  program_test(joined_blocks VARIANT mixed_${name} ARGS mixed
               ENV LAZYZERO_${option})
endforeach()
