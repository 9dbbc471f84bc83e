# SPDX-License-Identifier: MIT
# Memory that is populated ahead of its use, reserved huge pages, and nodes.
# What needs two nodes or reserved pages is skipped elsewhere; the machines
# numa and hugetlb of scripts/check-kernels have them.

dirty_test(prefault VARIANT all ARGS all ENV LAZYZERO_PREFAULT=all NEEDS kernel)
dirty_test(prefault VARIANT alone ARGS all
           ENV LAZYZERO_PREFAULT=all LAZYZERO_PREFAULT_THREADS=0 NEEDS kernel)
foreach(oracle pagemap discard memset)
  dirty_test(prefault VARIANT ${oracle} ARGS all
             ENV LAZYZERO_PREFAULT=all LAZYZERO_ORACLE=${oracle} NEEDS kernel)
endforeach()
dirty_test(prefault VARIANT least ARGS least
           ENV LAZYZERO_PREFAULT=32M LAZYZERO_HUGEPAGES=never NEEDS kernel)
foreach(mode api longjmp cancel)
  dirty_test(prefault VARIANT ${mode} ARGS ${mode} NEEDS kernel)
endforeach()
# They take a GiB.
set_tests_properties(program/prefault/longjmp program/prefault/cancel PROPERTIES
  RUN_SERIAL ON)
script_test(prefault/limit check_group 512 0 $<TARGET_FILE:lazyzero>
  $<TARGET_FILE:program_prefault> limit)
needs(program/prefault/limit kernel)
script_test(prefault/limit_block check_cut ${CMAKE_CURRENT_SOURCE_DIR}/check_group
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_prefault>)
needs(program/prefault/limit_block kernel)

foreach(mode cycle resize fork empty)
  dirty_test(hugetlb VARIANT ${mode} ARGS ${mode}
             ENV LAZYZERO_HUGEPAGES=hugetlb:2M NEEDS kernel)
endforeach()
dirty_test(hugetlb VARIANT whole ARGS whole
           ENV LAZYZERO_HUGEPAGES=hugetlb:1G NEEDS kernel wide)
# One pool for all of them.
set_tests_properties(program/hugetlb/cycle program/hugetlb/resize
  program/hugetlb/fork program/hugetlb/empty program/hugetlb/whole PROPERTIES
  RUN_SERIAL ON)
foreach(option ORACLE=auto ORACLE=pagemap ORACLE=discard ORACLE=memset
               ZERO_ON_FREE=1 GUARD=1 CHECK=1 PREFAULT=all NUMA=bind:0)
  string(MAKE_C_IDENTIFIER ${option} name)
  string(TOLOWER ${name} name)
  program_test(joined_blocks VARIANT hugetlb_${name} ARGS mixed
               ENV LAZYZERO_HUGEPAGES=hugetlb LAZYZERO_${option} NEEDS linux)
endforeach()

set(refused "liblazyzero: LAZYZERO_NUMA: the system refuses (")
set(instead "); memory is placed as without the option (see lazyzero doctor)")
dirty_test(numa VARIANT bind ARGS placed bind:1 ENV LAZYZERO_NUMA=bind:1
           LAZYZERO_RETAIN=1G LAZYZERO_HUGEPAGES=never NEEDS kernel)
dirty_test(numa VARIANT bind_0 ARGS placed bind:0 ENV LAZYZERO_NUMA=bind:0
           LAZYZERO_RETAIN=1G LAZYZERO_HUGEPAGES=never NEEDS kernel)
dirty_test(numa VARIANT interleave ARGS placed interleave:0-1
           ENV LAZYZERO_NUMA=interleave LAZYZERO_RETAIN=1G
           LAZYZERO_HUGEPAGES=never NEEDS kernel)
dirty_test(numa VARIANT local ARGS local ENV LAZYZERO_NUMA=local
           LAZYZERO_RETAIN=1G LAZYZERO_DECAY_MS=3600000
           LAZYZERO_HUGEPAGES=never NEEDS kernel)
dirty_test(numa VARIANT own ARGS own ENV LAZYZERO_NUMA=bind:1
           LAZYZERO_HUGEPAGES=never NEEDS kernel)
foreach(how local interleave bind:0)
  string(MAKE_C_IDENTIFIER ${how} name)
  dirty_test(numa VARIANT any_${name} ARGS any ENV LAZYZERO_NUMA=${how}
             NEEDS kernel)
endforeach()
program_test(numa VARIANT no_such_node ARGS any ENV LAZYZERO_NUMA=bind:29
           STDERR "${refused}Invalid argument${instead}" NEEDS kernel)
foreach(how local interleave bind:0)
  string(MAKE_C_IDENTIFIER ${how} name)
  program_test(numa VARIANT refused_${name} ARGS refused ENV LAZYZERO_NUMA=${how}
             STDERR "${refused}Operation not permitted${instead}" NEEDS kernel)
endforeach()
