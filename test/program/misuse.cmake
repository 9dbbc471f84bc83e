# SPDX-License-Identifier: MIT
# Programs that misuse a block, or that meet the library in an unusual place.

# script_test(name script argument...): a script of this folder that does what
# program/check_run does not. Its exit status 77 means: cannot be tried here.
function(script_test name script)
  add_test(NAME program/${name} COMMAND
    ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
  set_tests_properties(program/${name} PROPERTIES TIMEOUT 120
    SKIP_RETURN_CODE 77)
  needs(program/${name} native)
endfunction()

# program_helper(name library...): a program that only a script runs.
function(program_helper name)
  add_executable(program_${name} ${name}.c)
  target_include_directories(program_${name} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_compile_definitions(program_${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(program_${name} PRIVATE ${CMAKE_DL_LIBS} ${ARGN})
endfunction()

# stopped_by(variable call): the line that ends a program.
function(stopped_by variable call)
  string(CONCAT line "liblazyzero: ${call}(0x<hex>): not an allocated block "
    "(freed before, or never allocated); stopping")
  set(${variable} "${line}" PARENT_SCOPE)
endfunction()

set(granule 2097152)

# Found at no cost: the address carries the tag of a region.
stopped_by(line free)
program_test(double_free_large STATUS 134 STDERR "${line}")
program_test(double_free_large_other_thread STATUS 134 STDERR "${line}")
program_test(double_free_middle STATUS 134 STDERR
  "liblazyzero: free(0x<hex>): this block was freed before; stopping")
program_test(double_free_middle VARIANT region ARGS 3000000
  STATUS 134 STDERR "${line}")
program_test(free_interior VARIANT granule ARGS ${granule}
  STATUS 134 STDERR "${line}")
program_test(free_stack VARIANT tagged ARGS 0 STATUS 134 STDERR "${line}")
program_test(free_foreign VARIANT tagged ARGS 0 STATUS 134 STDERR "${line}")
program_test(misuse_stderr_closed STATUS 134)

# Found because it was asked for: any other address.
macro(checked_test name)
  program_test(${name} ${ARGN} ENV LAZYZERO_CHECK=1
    STATUS 134 STDERR "${line}")
endmacro()
checked_test(double_free_large VARIANT check)
checked_test(double_free_middle VARIANT check)
checked_test(double_free_large_other_thread VARIANT check)
checked_test(free_interior VARIANT granule_check ARGS ${granule})
checked_test(free_interior VARIANT page ARGS 4096)
checked_test(free_interior VARIANT byte ARGS 1)
checked_test(free_interior VARIANT middle ARGS 3000001)
checked_test(free_stack VARIANT any ARGS 12345)
checked_test(free_foreign VARIANT any ARGS 12345)

foreach(call realloc malloc_usable_size free_sized free_aligned_sized rallocx
             xallocx sallocx dallocx sdallocx)
  stopped_by(line ${call})
  program_test(use_freed VARIANT ${call} ARGS ${call}
    STATUS 134 STDERR "${line}")
  program_test(use_freed VARIANT ${call}_check ARGS ${call}
    ENV LAZYZERO_CHECK=1 STATUS 134 STDERR "${line}")
endforeach()
# These are told under the name of the call that they come down to.
foreach(call realloc_small realloc_zero reallocarray)
  stopped_by(line realloc)
  program_test(use_freed VARIANT ${call} ARGS ${call}
    STATUS 134 STDERR "${line}")
endforeach()
stopped_by(line free)
program_test(use_freed VARIANT cfree ARGS cfree STATUS 134 STDERR "${line}")

# Blocks of jemalloc's: a slot of a slab, whole pages, an extent of its own.
foreach(size 24 5000 100000)
  foreach(call realloc malloc_usable_size free_sized free_aligned_sized rallocx
               xallocx sallocx dallocx sdallocx free)
    stopped_by(line ${call})
    program_test(use_freed VARIANT ${call}_${size} ARGS ${call} ${size}
      ENV LAZYZERO_CHECK=1 STATUS 134 STDERR "${line}")
  endforeach()
  checked_test(free_interior VARIANT byte_${size} ARGS 1 ${size})
  checked_test(free_interior VARIANT middle_${size} ARGS 16 ${size})
endforeach()

# A size that is not the block's: freed by the true one, and told if asked for.
foreach(call free_sized free_aligned_sized sdallocx delete delete_array)
  set(name ${call})
  if(call MATCHES delete)
    set(name "operator delete")
  endif()
  foreach(said 100 10481664 10485761 0)
    program_test(free_sized VARIANT ${call}_${said}
      ARGS ${call} 10485760 ${said})
    program_test(free_sized VARIANT ${call}_${said}_check
      ARGS ${call} 10485760 ${said} ENV LAZYZERO_CHECK=1
      STATUS 134 STDERR "liblazyzero: ${name}(0x<hex>, ${said}): this block has \
10485760 bytes; stopping")
  endforeach()
  program_test(free_sized VARIANT ${call}_small ARGS ${call} 1000 100
    ENV LAZYZERO_CHECK=1 STATUS 134 STDERR "liblazyzero: ${name}(0x<hex>, 100): \
this block has 1024 bytes; stopping")
  foreach(check 0 1)
    program_test(free_sized VARIANT ${call}_right_${check} ARGS ${call}
      ENV LAZYZERO_CHECK=${check})
  endforeach()
endforeach()

foreach(call malloc calloc realloc reallocarray posix_memalign aligned_alloc
             memalign valloc pvalloc mallocx nallocx)
  program_test(first_call VARIANT ${call} ARGS ${call} 100)
  program_test(first_call VARIANT ${call}_large ARGS ${call} 10485760)
endforeach()
foreach(call free malloc_usable_size malloc_trim mallctl lazyzero_owns
             lazyzero_is_active)
  program_test(first_call VARIANT ${call} ARGS ${call} 0)
endforeach()

set(hello "liblazyzero: ${PROJECT_VERSION} active:")
set(others "memset=1 retain=auto decay_ms=1000 cpu_cache=8M join=1 background=auto hugepages=auto \
prefault=off prefault_threads=3 numa=system oracle=auto")
set(more "guard=0 zero_on_free=0 stats=0 stats_interval=0 trace=0 \
trace_sites=0 profile=0 learn=0")
set(bytes "a number of bytes such as 65536, 64K, 10M or 1G")
# libc has no environment yet when the first call comes: it must not be lost.
program_test(first_call VARIANT options ARGS malloc 100
  ENV LAZYZERO_VERBOSE=1 LAZYZERO_THRESHOLD=2M
  STDERR "${hello} threshold=2M ${others} verbose=1 check=0 ${more}")
program_test(options_said VARIANT none)
program_test(options_said VARIANT verbose ENV LAZYZERO_VERBOSE=1
  STDERR "${hello} threshold=2M ${others} verbose=1 check=0 ${more}")
program_test(options_said VARIANT verbose_all
  ENV LAZYZERO_VERBOSE=yes LAZYZERO_THRESHOLD=65537 LAZYZERO_CHECK=On
  STDERR "${hello} threshold=65537 ${others} verbose=1 check=1 ${more}")
program_test(options_said VARIANT units
  ENV LAZYZERO_VERBOSE=TRUE LAZYZERO_THRESHOLD=64kib LAZYZERO_STATS=off
  STDERR "${hello} threshold=64K ${others} verbose=1 check=0 ${more}")
program_test(options_said VARIANT unknown ENV LAZYZERO_TRESHOLD=1M
  STDERR "liblazyzero: LAZYZERO_TRESHOLD=1M: no such option; ignored (see \
man liblazyzero)")
foreach(value "" M 10X 10MM -1 0x10000 1.5M " 64K")
  string(MAKE_C_IDENTIFIER "bad_size_${value}" variant)
  program_test(options_said VARIANT ${variant} ENV "LAZYZERO_THRESHOLD=${value}"
    STDERR "liblazyzero: LAZYZERO_THRESHOLD=${value}: expected ${bytes}; \
using the default")
endforeach()
foreach(value "" 2 maybe 1x)
  program_test(options_said VARIANT bad_flag_${value} ENV "LAZYZERO_CHECK=${value}"
    STDERR "liblazyzero: LAZYZERO_CHECK=${value}: expected 0 or 1; using the \
default")
endforeach()
program_test(options_said VARIANT too_small ENV LAZYZERO_THRESHOLD=0
  STDERR "liblazyzero: LAZYZERO_THRESHOLD=0: out of range; using 32768, the least")
set(most 9223372036854775807)
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  set(most 2147483647)
endif()
foreach(value 8388608T 18446744073709551616 16777216T)
  program_test(options_said VARIANT too_large_${value}
    ENV LAZYZERO_THRESHOLD=${value}
    STDERR "liblazyzero: LAZYZERO_THRESHOLD=${value}: out of range; using \
${most}, the most")
endforeach()
program_test(options_several STDERR
"liblazyzero: LAZYZERO_CHECK=perhaps: expected 0 or 1; using the default
liblazyzero: LAZYZERO_NONSENSE: no such option; ignored (see man \
liblazyzero)
liblazyzero: LAZYZERO_THRESHOLD=1T1: expected ${bytes}; using the default
liblazyzero: LAZYZERO_=: no such option; ignored (see man \
liblazyzero)
liblazyzero: LAZYZERO_THRESHOLD=3K: out of range; using 32768, the least
${hello} threshold=32K ${others} verbose=1 check=0 ${more}")
program_test(counted)
script_test(stats/prom check_prom $<TARGET_FILE:lazyzero>)
needs(program/stats/prom host)
script_test(stats/report check_stats
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_counted>)
script_test(trace check_trace
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_counted>)
program_helper(profiled)
script_test(profile check_profile
  $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_profiled>)
needs(program/profile linux glibc wide)
# Their figures count what mremap moves.
needs(program/stats/report linux)
needs(program/trace linux)

program_test(errno_kept)
program_test(errno_kept VARIANT check ENV LAZYZERO_CHECK=1)
program_test(exit_handlers)
program_test(large_cycle)
foreach(name large_cycle errno_kept exit_handlers)
  script_test(${name}/no_proc check_no_proc
    $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_${name}>)
endforeach()
# jemalloc looks into /proc as it starts.
foreach(call malloc calloc free mallocx)
  script_test(first_call/no_proc_${call} check_no_proc
    $<TARGET_FILE:lazyzero> $<TARGET_FILE:program_first_call> ${call} 100)
endforeach()

add_library(deepbind_plugin MODULE deepbind_plugin.c)
target_compile_options(deepbind_plugin PRIVATE -fno-builtin
  -Wno-missing-prototypes)
program_test(deepbind ARGS $<TARGET_FILE:deepbind_plugin>)
add_dependencies(program_deepbind deepbind_plugin)

program_helper(active)
script_test(wrong_path check_wrong_path $<TARGET_FILE:program_active>)
# Weak references alone do not make the linker keep the library.
program_helper(secure -Wl,--no-as-needed lazyzero)
script_test(secure check_secure $<TARGET_FILE:program_secure>)

# The second time with room for the library's thread-local storage, for want of
# which glibc may refuse it anyway.
program_helper(dlopen_refused)
add_dependencies(program_dlopen_refused lazyzero)
foreach(variant plain with_room)
  set(name program/dlopen_refused/${variant})
  add_test(NAME ${name}
    COMMAND program_dlopen_refused $<TARGET_FILE:lazyzero>)
  set_tests_properties(${name} PROPERTIES TIMEOUT 60)
endforeach()
set_tests_properties(program/dlopen_refused/with_room PROPERTIES
  ENVIRONMENT GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536)
