# SPDX-License-Identifier: MIT
# The only place where CMake asks which system this is. Gives
#
#   lazyzero_system        linux, darwin, or posix: another one
#   lazyzero_os_sources    how the contract in os.h is kept (LAZYZERO_OS)
#   lazyzero_backend_sources  who serves small requests (LAZYZERO_BACKEND)
#   lazyzero_backend_is_system  1 where it is the system's own allocator, else 0
#   lazyzero_interpose     how names are exported or replaced
#   lazyzero_library       how they are linked: a file in src
#   lazyzero_own_calls     functions of libc's that the library does without, by
#                          lazyzero_own_calls_source
#   lazyzero_export_marks  which marks of src/exports.list hold here

if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(system linux)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  set(system darwin)
else()
  set(system posix)
endif()
set(lazyzero_system ${system})
set(LAZYZERO_OS ${system} CACHE STRING
    "What the library may ask of the system: posix (nothing else), or more")
set_property(CACHE LAZYZERO_OS PROPERTY STRINGS posix linux darwin)

set(os_posix os_posix.c os_posix_file.c os_posix_lacks.c os_posix_share.c
  os_posix_sleep.c
  os_posix_thread.c)
set(os_linux ${os_posix} os_linux.c os_linux_limit.c os_linux_maps.c
  os_linux_memory.c os_linux_pages.c os_linux_proc.c os_linux_thread.c)
set(os_darwin os_posix.c os_posix_file.c os_posix_lacks.c os_posix_share.c
  os_posix_thread.c
  os_darwin.c os_darwin_query.c)
set(lazyzero_os_sources ${os_${LAZYZERO_OS}})
if(NOT lazyzero_os_sources)
  message(FATAL_ERROR
    "LAZYZERO_OS=${LAZYZERO_OS}: expected posix, linux or darwin.")
endif()

# The names are libc's, whatever the library may ask of the system.
if(system STREQUAL "darwin")
  set(lazyzero_interpose interpose_darwin.c interpose_darwin_type.c
    interpose_darwin_zone.c)
  set(lazyzero_library library-darwin.cmake)
  set(lazyzero_export_marks darwin)
else()
  set(lazyzero_interpose interpose_libc.c interpose_cxx.c
    interpose_new.c interpose_jemalloc.c interpose_memset.c)
  set(lazyzero_library library-elf.cmake)
  set(lazyzero_export_marks elf)
  if(system STREQUAL "linux")
    list(APPEND lazyzero_interpose interpose_mapping.c interpose_advice.c
      interpose_wait.c interpose_wait_block.c interpose_wait_sleep.c)
    list(APPEND lazyzero_export_marks linux)
  endif()
  if(LAZYZERO_OS STREQUAL "linux")
    set(lazyzero_own_calls_source os_linux_call.c)
    set(lazyzero_own_calls syscall mmap munmap mremap madvise mprotect prctl
      ioctl open close readlink fstat sysconf secure_getenv)
  endif()
  include(CheckSymbolExists)
  check_symbol_exists(__GLIBC__ features.h LAZYZERO_LIBC_IS_GLIBC)
  if(LAZYZERO_LIBC_IS_GLIBC)
    list(APPEND lazyzero_interpose interpose_glibc.c)
    list(APPEND lazyzero_export_marks glibc)
  endif()
endif()

# Where a preloaded library replaces the names of libc for itself too (ELF),
# only jemalloc can serve. On macOS small requests stay libmalloc's, unless one
# asks for jemalloc.
if(system STREQUAL "darwin")
  set(backends system jemalloc)
else()
  set(backends jemalloc)
endif()
list(GET backends 0 backend)
set(LAZYZERO_BACKEND ${backend} CACHE STRING
    "Who serves small requests: jemalloc, or on macOS the system")
set_property(CACHE LAZYZERO_BACKEND PROPERTY STRINGS ${backends})
if(NOT LAZYZERO_BACKEND IN_LIST backends)
  list(JOIN backends " or " backends)
  message(FATAL_ERROR "LAZYZERO_BACKEND=${LAZYZERO_BACKEND}: expected "
    "${backends} on ${CMAKE_SYSTEM_NAME}.")
endif()
if(LAZYZERO_BACKEND STREQUAL "system")
  set(lazyzero_backend_sources backend_system.c)
  set(lazyzero_backend_is_system 1)
else()
  set(lazyzero_backend_sources backend.c backend_math.c)
  if(NOT system STREQUAL "darwin")
    list(APPEND lazyzero_backend_sources backend_mutex.c)
  endif()
  set(lazyzero_backend_is_system 0)
endif()
