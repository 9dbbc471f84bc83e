# SPDX-License-Identifier: MIT
# Surroundings that are against us: limits, sandboxes, settings of the kernel,
# other interposers. (Those that make it hard to know what is zero are in
# dirty.cmake.)

# Under a filter that kills, this option alone must do.
foreach(when before after)
  dirty_test(dirty_seccomp_kill VARIANT ${when} ARGS ${when}
             ENV LAZYZERO_ORACLE=memset)
endforeach()

foreach(part whole part)
  foreach(how none read free hugepage mergeable)
    dirty_test_each_cache(dirty_left VARIANT ${how}_${part} ARGS ${how} ${part})
  endforeach()
  dirty_test_each_cache(dirty_left VARIANT wipeonfork_${part} ARGS wipeonfork ${part}
             NEEDS linux)
  dirty_test_each_cache(dirty_left VARIANT process_${part} ARGS process ${part}
             NEEDS linux)
endforeach()
dirty_test_each_oracle(dirty_userfault)
dirty_test(dirty_userfault VARIANT cached ENV TEST_CACHES=1)

dirty_test(limit_maps VARIANT own ARGS own)
# Of 60,000 blocks.
dirty_test(limit_maps VARIANT blocks ARGS blocks NEEDS wide)
dirty_test(limit_maps VARIANT grow ARGS grow NEEDS wide)
dirty_test(limit_data VARIANT data ARGS data)
dirty_test(limit_grow)
dirty_test(limit_cache ENV LAZYZERO_CPU_CACHE=64M LAZYZERO_THRESHOLD=8M
           NEEDS wide kernel)
# With a pool that would keep the freed block.
foreach(part allocate grow map thread kept)
  dirty_test(limit_space VARIANT ${part} ARGS ${part}
             ENV LAZYZERO_RETAIN=1G NEEDS wide kernel)
endforeach()
# Where a freed block is kept inaccessible. One that grows needs a second one.
foreach(part allocate map thread kept)
  dirty_test(limit_space VARIANT guard_${part} ARGS ${part}
             ENV LAZYZERO_GUARD=1 LAZYZERO_RETAIN=1G NEEDS wide kernel)
endforeach()

# kernel_test(name file value program argument...): program/check_kernel. Alone,
# since the setting is everybody's.
function(kernel_test name file value program)
  script_test(${name} check_kernel ${file} ${value} $<TARGET_FILE:lazyzero>
              $<TARGET_FILE:program_${program}> ${ARGN})
  set_tests_properties(program/${name} PROPERTIES RUN_SERIAL TRUE)
endfunction()

# With 32 bits, addresses run out before the memory that is promised.
if(CMAKE_SIZEOF_VOID_P EQUAL 8)
  kernel_test(limit_data/overcommit /proc/sys/vm/overcommit_memory 2
              limit_data overcommit)
else()
  left_out(wide program/limit_data/overcommit)
endif()
set(thp /sys/kernel/mm/transparent_hugepage/enabled)
foreach(mode always never)
  kernel_test(dirty_left/thp_${mode} ${thp} ${mode} dirty_left read part)
  kernel_test(dirty_threads/thp_${mode} ${thp} ${mode} dirty_threads)
  kernel_test(dirty_fork/thp_${mode} ${thp} ${mode} dirty_fork fork)
  kernel_test(dirty_userfault/thp_${mode} ${thp} ${mode} dirty_userfault)
endforeach()

# group_test(name limit swap argument...): in MiB, by program/check_group. The
# program is the name up to the slash.
foreach(program limit_group limit_workers)
  add_executable(program_${program} ${program}.c)
  target_include_directories(program_${program} PRIVATE
    ${PROJECT_SOURCE_DIR}/test)
  target_compile_definitions(program_${program} PRIVATE _GNU_SOURCE)
  target_compile_options(program_${program} PRIVATE -fno-builtin)
  target_link_libraries(program_${program} PRIVATE
    Threads::Threads ${CMAKE_DL_LIBS})
endforeach()
function(group_test name limit swap)
  string(REGEX REPLACE "/.*" "" program ${name})
  script_test(${name} check_group ${limit} ${swap} $<TARGET_FILE:lazyzero>
              $<TARGET_FILE:program_${program}> ${ARGN})
  set_tests_properties(program/${name} PROPERTIES RUN_SERIAL TRUE)
  # POSIX has no advice by which jemalloc could give pages back.
  needs(program/${name} linux)
endfunction()

# With a quarter more than is in use at once.
group_test(limit_group/small 160 0 128 ls)
group_test(limit_group/large 480 0 384 ls)
group_test(limit_group/back 160 0 128 lslsl)
group_test(limit_group/back_large 480 0 384 sl)
# Less than that: the rest is swapped out, and back in.
group_test(limit_group/swap 96 64 128 lsl)

# 1.3 times what glibc's malloc takes at its peak: WORKERS MIB PACE TIMES
# CLIENTS.
group_test(limit_workers/at_once 66 0 16 48 0 1 1)
group_test(limit_workers/paced 66 0 16 48 120 1 1)
group_test(limit_workers/clients 255 0 16 48 0 1 4)
group_test(limit_workers/large 87 0 12 64 250 1 1)
# Each has reused its block and may keep it for a moment; then it waits.
group_test(limit_workers/reused 160 0 8 48 30 4 1)

set(needs_fork_stdio_storm linux)
foreach(other libeatmydata.so libstdbuf.so)
  string(REGEX REPLACE "^lib|\\.so.*" "" short ${other})
  foreach(program large_cycle fork_child_continues fork_stdio_storm
                  exit_while_threads_allocate)
    script_test(${program}/with_${short} check_together ${other}
      $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_${program}>)
    needs(program/${program}/with_${short} host ${needs_${program}})
  endforeach()
endforeach()
# In threaded programs libfaketime crashed during fork or exit: not promised.
script_test(large_cycle/with_faketime check_together libfaketime.so.1
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_large_cycle>)
needs(program/large_cycle/with_faketime linux host)

add_library(start_hooks_library MODULE start_hooks_library.c)
target_compile_definitions(start_hooks_library PRIVATE _GNU_SOURCE)
target_compile_options(start_hooks_library PRIVATE -fno-builtin
  -fvisibility=default -Wno-missing-prototypes)
target_link_libraries(start_hooks_library PRIVATE ${CMAKE_DL_LIBS})
program_helper(start_hooks)
script_test(start_hooks check_together $<TARGET_FILE:start_hooks_library>
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_start_hooks>)
add_dependencies(program_start_hooks start_hooks_library)
# With 32 bits fstat is libc's, and taken by the other library, too.
needs(program/start_hooks linux wide)

# tsan_program(name compiler): start_tsan.c, where that is installed.
function(tsan_program name compiler)
  find_program(${compiler} NAMES ${compiler})
  if(${compiler})
    add_custom_command(OUTPUT ${name}
      COMMAND ${${compiler}} -g -fsanitize=thread -D_GNU_SOURCE
        -I${PROJECT_SOURCE_DIR}/test -I${PROJECT_SOURCE_DIR}/include
        -o ${name} ${CMAKE_CURRENT_SOURCE_DIR}/start_tsan.c
      DEPENDS start_tsan.c VERBATIM)
    add_custom_target(${name} ALL
      DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/${name})
  endif()
endfunction()

# clang's ThreadSanitizer, whose runtime is in the program.
tsan_program(program_start_tsan clang)
if(clang)
  add_test(NAME program/start_tsan COMMAND
    ${CMAKE_CURRENT_SOURCE_DIR}/check_run $<TARGET_FILE:lazyzero> 0 ""
    ${CMAKE_CURRENT_BINARY_DIR}/program_start_tsan)
  set_tests_properties(program/start_tsan PROPERTIES TIMEOUT 120)
  needs(program/start_tsan linux host unsanitized)
else()
  left_out(clang program/start_tsan)
endif()
# gcc's is a library, and its malloc is to be the program's.
tsan_program(program_start_tsan_gcc gcc)
if(gcc)
  execute_process(COMMAND ${gcc} -print-file-name=libtsan.so
    OUTPUT_VARIABLE libtsan OUTPUT_STRIP_TRAILING_WHITESPACE)
  script_test(start_tsan/gcc check_tsan $<TARGET_FILE:lazyzero> ${libtsan}
    ${CMAKE_CURRENT_BINARY_DIR}/program_start_tsan_gcc)
  needs(program/start_tsan/gcc linux host unsanitized)
else()
  left_out(gcc program/start_tsan/gcc)
endif()

# sotruss sets LD_AUDIT; the man page says what makes room beside it.
script_test(large_cycle/with_audit check_audit
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_large_cycle>)
needs(program/large_cycle/with_audit linux host)
