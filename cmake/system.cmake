# SPDX-License-Identifier: MIT
# The only place where CMake asks which system this is. Gives
#
#   lazyzero_system        linux, darwin, windows, or posix: another one
#   lazyzero_os_sources    how the contract in os/os.h is kept (LAZYZERO_OS)
#   lazyzero_backend_sources  who serves small requests (LAZYZERO_BACKEND)
#   lazyzero_backend_is_system  1 where it is the system's own allocator, else 0
#   lazyzero_system_heap   the header that says how to call that one
#   lazyzero_waits         whether the program's waits are heard (front/idle.h)
#   lazyzero_interpose     how names are exported or replaced
#   lazyzero_library       how they are linked: a file in src
#   lazyzero_own_calls     functions of libc's that the library does without, by
#                          lazyzero_own_calls_source
#   lazyzero_export_marks  which marks of src/interpose/exports.list hold here

if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(system linux)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  set(system darwin)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Windows")
  set(system windows)
else()
  set(system posix)
endif()
set(lazyzero_system ${system})
set(LAZYZERO_OS ${system} CACHE STRING
    "What the library may ask of the system: posix (nothing else), or more")
set_property(CACHE LAZYZERO_OS PROPERTY STRINGS posix linux darwin windows)

# Each function of the contract once (test/lint/contract). What Linux alone has,
# lacks.c says so for all others, and posix/lacks_*.c for those with POSIX: of that,
# macOS has only what is in lacks_all.c.
set(os_common os/posix/memory.c os/posix/next.c os/posix/process.c
  os/posix/file.c os/posix/share.c)
set(os_elf os/posix/map.c os/posix/start.c)
set(os_lacks os/lacks.c os/posix/lacks_memory.c os/posix/lacks_process.c
  os/posix/lacks_file.c)
set(os_posix ${os_common} ${os_elf} ${os_lacks} os/posix/sleep.c
  os/posix/lacks_all.c os/posix/lacks_stack.c os/posix/lacks_code.c)
set(os_linux ${os_common} ${os_elf} os/linux/memory.c os/linux/process.c
  os/linux/file.c os/linux/space.c os/linux/maps.c os/linux/available.c
  os/linux/hugetlb.c os/linux/mincore.c os/linux/numa.c
  os/linux/pages.c os/linux/proc.c os/linux/sleep.c os/linux/thread.c
  os/linux/code.c)
set(os_darwin ${os_common} ${os_lacks} os/darwin/memory.c os/darwin/process.c
  os/darwin/query.c os/posix/lacks_stack.c os/posix/lacks_code.c)
set(os_windows os/windows/memory.c os/windows/query.c os/windows/process.c
  os/windows/file.c os/windows/heap.c os/windows/lacks.c os/lacks.c
  os/posix/lacks_stack.c os/posix/lacks_code.c)
# Call stacks, by the unwinder that comes with the compiler: gcc's, or LLVM's, which
# zig links by its name. Neither's header has _Unwind_Find_FDE.
set(lazyzero_unwinder "")
if(LAZYZERO_OS STREQUAL "linux")
  include(CheckCSourceCompiles)
  set(source "
    #include <unwind.h>
    const void *_Unwind_Find_FDE(void *pc, void *bases);
    static _Unwind_Reason_Code take(struct _Unwind_Context *c, void *data)
    { int before; *(_Unwind_Ptr *)data += _Unwind_GetIPInfo(c, &before);
      return _URC_NO_REASON; }
    int main(void) { void *bases[3]; _Unwind_Ptr sum = 0;
      _Unwind_Backtrace(take, &sum);
      return sum != 0 && _Unwind_Find_FDE((void *)sum, bases); }")
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-libgcc)
  check_c_source_compiles("${source}" LAZYZERO_HAS_UNWINDER)
  if(NOT LAZYZERO_HAS_UNWINDER)
    set(CMAKE_REQUIRED_LIBRARIES unwind)
    check_c_source_compiles("${source}" LAZYZERO_HAS_LLVM_UNWINDER)
    unset(CMAKE_REQUIRED_LIBRARIES)
  endif()
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(LAZYZERO_HAS_LLVM_UNWINDER)
    set(lazyzero_unwinder unwind)
  endif()
  if(LAZYZERO_HAS_UNWINDER OR LAZYZERO_HAS_LLVM_UNWINDER)
    list(APPEND os_linux os/linux/stack.c)
  else()
    list(APPEND os_linux os/posix/lacks_stack.c)
    message(NOTICE "No unwinder: LAZYZERO_TRACE_SITES shows no call stacks.")
  endif()
endif()
set(lazyzero_os_sources ${os_${LAZYZERO_OS}})
if(NOT lazyzero_os_sources)
  message(FATAL_ERROR
    "LAZYZERO_OS=${LAZYZERO_OS}: expected posix, linux, darwin or windows.")
endif()

# The names are libc's, whatever the library may ask of the system.
if(system STREQUAL "darwin")
  set(lazyzero_interpose interpose/darwin/names.c
    interpose/darwin/type.c interpose/darwin/zone.c)
  set(lazyzero_library interpose/darwin/library.cmake)
  set(lazyzero_export_marks darwin)
elseif(system STREQUAL "windows")
  set(lazyzero_interpose interpose/windows/library.c)
  set(lazyzero_library interpose/windows/library.cmake)
  set(lazyzero_export_marks windows)
else()
  set(lazyzero_interpose interpose/elf/libc.c
    interpose/elf/cxx.c interpose/elf/new.c interpose/elf/jemalloc.c
    interpose/elf/memset.c)
  set(lazyzero_library interpose/elf/library.cmake)
  set(lazyzero_export_marks elf)
  if(system STREQUAL "linux")
    list(APPEND lazyzero_interpose interpose/elf/mapping.c
      interpose/elf/advice.c interpose/elf/wait.c interpose/elf/wait_block.c
      interpose/elf/wait_sleep.c)
    list(APPEND lazyzero_export_marks linux)
  endif()
  if(LAZYZERO_OS STREQUAL "linux")
    set(lazyzero_own_calls_source os/linux/call.c)
    set(lazyzero_own_calls syscall mmap munmap mremap madvise mprotect munlock prctl
      ioctl open close readlink fstat sysconf secure_getenv memset)
  endif()
  include(CheckSymbolExists)
  check_symbol_exists(__GLIBC__ features.h LAZYZERO_LIBC_IS_GLIBC)
  if(LAZYZERO_LIBC_IS_GLIBC)
    list(APPEND lazyzero_interpose interpose/elf/glibc.c)
    list(APPEND lazyzero_export_marks glibc)
  endif()
endif()

list(APPEND lazyzero_interpose interpose/prefixed.c)
if(system STREQUAL "windows")
  set(lazyzero_waits front/idle_none.c)
else()
  set(lazyzero_waits front/idle.c)
endif()

# Where a preloaded library replaces the names of libc for itself too (ELF),
# only jemalloc can serve. On macOS small requests stay libmalloc's, unless one
# asks for jemalloc.
if(system STREQUAL "darwin")
  set(backends system jemalloc)
elseif(system STREQUAL "windows")
  set(backends system)
else()
  set(backends jemalloc)
endif()
list(GET backends 0 backend)
set(LAZYZERO_BACKEND ${backend} CACHE STRING
    "Who serves small requests: jemalloc, or on macOS and Windows the system")
set_property(CACHE LAZYZERO_BACKEND PROPERTY STRINGS ${backends})
if(NOT LAZYZERO_BACKEND IN_LIST backends)
  list(JOIN backends " or " backends)
  message(FATAL_ERROR "LAZYZERO_BACKEND=${LAZYZERO_BACKEND}: expected "
    "${backends} on ${CMAKE_SYSTEM_NAME}.")
endif()
if(LAZYZERO_BACKEND STREQUAL "system")
  set(lazyzero_backend_sources heap/backend_system.c)
  set(lazyzero_backend_is_system 1)
  set(lazyzero_system_heap os/${system}/heap.h)
else()
  set(lazyzero_backend_sources heap/backend.c heap/backend_math.c)
  if(system STREQUAL "darwin")
    list(APPEND lazyzero_backend_sources heap/backend_mutex_none.c)
  else()
    list(APPEND lazyzero_backend_sources heap/backend_mutex.c)
  endif()
  set(lazyzero_backend_is_system 0)
endif()
