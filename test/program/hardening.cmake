# SPDX-License-Identifier: MIT
# LAZYZERO_GUARD and LAZYZERO_ZERO_ON_FREE: what may not be touched is not, and
# what may be works as ever.

foreach(what before after after_shrinking freed_first freed_last)
  foreach(act read write)
    set(args ${what} 16)
    if(act STREQUAL "write")
      list(APPEND args write)
    endif()
    program_test(guard VARIANT ${what}_${act} ARGS ${args}
      ENV LAZYZERO_GUARD=1 STATUS 139)
  endforeach()
  foreach(align 32768 2097152 8388608)
    program_test(guard VARIANT ${what}_${align} ARGS ${what} ${align}
      ENV LAZYZERO_GUARD=1 STATUS 139)
  endforeach()
endforeach()
# It is the option that stops them.
program_test(guard VARIANT off_after ARGS after)
program_test(guard VARIANT off_freed ARGS freed_first)

foreach(align 16 65536 4194304)
  program_test(guard VARIANT allowed_${align} ARGS allowed ${align}
    ENV LAZYZERO_GUARD=1)
endforeach()
program_test(guard VARIANT allowed_all ARGS allowed ENV LAZYZERO_GUARD=1
  LAZYZERO_CHECK=1 LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_BACKGROUND=1)
dirty_test(dirty_left VARIANT guard ARGS read part ENV LAZYZERO_GUARD=1)
dirty_test(dirty_threads VARIANT guard ENV LAZYZERO_GUARD=1)
dirty_test(dirty_fork VARIANT guard ARGS fork ENV LAZYZERO_GUARD=1)
dirty_test(limit_maps VARIANT guard ARGS own ENV LAZYZERO_GUARD=1)

program_test(zero_on_free VARIANT off ARGS 1)
foreach(oracle auto pagemap discard memset)
  program_test(zero_on_free VARIANT ${oracle} ARGS 0
    ENV LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_ORACLE=${oracle})
endforeach()
program_test(zero_on_free VARIANT decay_0 ARGS 0
  ENV LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_DECAY_MS=0)
program_test(zero_on_free VARIANT all ARGS 0
  ENV LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_GUARD=1 LAZYZERO_CHECK=1)
dirty_test(dirty_threads VARIANT zero_on_free ENV LAZYZERO_ZERO_ON_FREE=1)
dirty_test(dirty_mapped_over VARIANT zero_on_free ARGS heard ENV LAZYZERO_ZERO_ON_FREE=1)
foreach(option ZERO_ON_FREE=1 BACKGROUND=1)
  string(REGEX REPLACE "=.*" "" name ${option})
  string(TOLOWER ${name} name)
  foreach(how guards poison protected read_only unmapped locked)
    foreach(part 0,1 2,4 0,6)
      string(REPLACE "," ";" sixths ${part})
      string(REPLACE "," "_" part ${part})
      dirty_test(dirty_unheard VARIANT ${name}/${how}_${part}
        ARGS ${how} ${sixths} ENV LAZYZERO_${option} NEEDS linux)
    endforeach()
  endforeach()
endforeach()
dirty_test(dirty_unheard VARIANT memset/guards ARGS guards 2 4
  ENV LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_ORACLE=memset NEEDS linux)
dirty_test(dirty_unheard VARIANT memset/poison ARGS poison 2 4
  ENV LAZYZERO_ZERO_ON_FREE=1 LAZYZERO_ORACLE=memset NEEDS linux)

add_executable(program_leak leak.c)
target_compile_options(program_leak PRIVATE -fno-builtin)
script_test(large_cycle/valgrind check_valgrind $<TARGET_FILE:lazyzero>
  $<TARGET_FILE:program_leak> $<TARGET_FILE:program_large_cycle>)
script_test(model/valgrind check_valgrind $<TARGET_FILE:lazyzero>
  $<TARGET_FILE:program_leak> $<TARGET_FILE_DIR:stress_model>/stress_model
  --seed 3 --steps 60 --threads 1)
needs(program/large_cycle/valgrind host)
needs(program/model/valgrind host)

# What no tracing costs.
add_executable(program_untraced untraced.c)
target_compile_options(program_untraced PRIVATE -fno-builtin)
script_test(untraced check_untraced $<TARGET_FILE:lazyzero>
  $<TARGET_FILE:program_untraced>)
needs(program/untraced host linux)

dirty_test(check_reserves ENV LAZYZERO_CHECK=1 NEEDS wide kernel)
