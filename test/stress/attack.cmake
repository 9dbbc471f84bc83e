# SPDX-License-Identifier: MIT
# What a program may do to its own blocks (attack.h says what it is);
# scripts/attack runs it for as long as wanted.
lacks(word linux kernel glibc unsanitized)
if(word)
  left_out(${word} stress/attack/*)
  return()
endif()
add_executable(stress_attack attack.c attack_steps.c attack_report.c attack_pages.c
  attack_blocks.c attack_advice.c attack_holes.c attack_faults.c
  attack_children.c)
target_include_directories(stress_attack PRIVATE ${PROJECT_SOURCE_DIR}/test)
target_compile_definitions(stress_attack PRIVATE _GNU_SOURCE)
target_compile_options(stress_attack PRIVATE -fno-builtin -O2
  $<$<C_COMPILER_ID:GNU>:-Wno-use-after-free>)
target_link_libraries(stress_attack PRIVATE Threads::Threads)
add_dependencies(stress_attack lazyzero)

# attack_test(variant [THREADS n] [ENV NAME=value...]): once without userfaultfd
# and once with it, where a page without memory may hold more than zeros.
function(attack_test variant)
  cmake_parse_arguments(arg "" "THREADS" "ENV" ${ARGN})
  if(NOT arg_THREADS)
    set(arg_THREADS 1)
  endif()
  foreach(faults 0 1)
    set(test stress/attack/${variant})
    if(faults)
      string(APPEND test /faults)
    endif()
    add_test(NAME ${test} COMMAND stress_attack --seed 7 --steps 1000
      --threads ${arg_THREADS} --faults ${faults})
    set_tests_properties(${test} PROPERTIES TIMEOUT 300
      ENVIRONMENT "${preload};${arg_ENV}")
    needs(${test} linux kernel unsanitized)
  endforeach()
endfunction()

attack_test(default)
attack_test(threads THREADS 3)
foreach(oracle scan pagemap discard memset)
  attack_test(${oracle} ENV LAZYZERO_ORACLE=${oracle})
endforeach()
attack_test(background THREADS 3 ENV LAZYZERO_BACKGROUND=1)
attack_test(retain_0 ENV LAZYZERO_RETAIN=0)
attack_test(retain_1G THREADS 2 ENV LAZYZERO_RETAIN=1G)
attack_test(check ENV LAZYZERO_CHECK=1)
attack_test(guard THREADS 2 ENV LAZYZERO_GUARD=1)
attack_test(zero_on_free THREADS 2 ENV LAZYZERO_ZERO_ON_FREE=1)
attack_test(hardened THREADS 2 ENV LAZYZERO_GUARD=1 LAZYZERO_ZERO_ON_FREE=1
  LAZYZERO_CHECK=1 LAZYZERO_BACKGROUND=1)
attack_test(threshold_32K THREADS 2 ENV LAZYZERO_THRESHOLD=32K)
attack_test(threshold_4M ENV LAZYZERO_THRESHOLD=4M)
