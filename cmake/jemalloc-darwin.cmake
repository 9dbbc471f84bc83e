# SPDX-License-Identifier: MIT
# What jemalloc.cmake does otherwise on macOS.
#
# Only a jemalloc of our own build will do. It must tell a pointer of its own from
# one of libmalloc's, both of which come to our free; a ready one (Homebrew's,
# say) cannot, and has a malloc zone that would make itself the default one.

if(NOT LAZYZERO_JEMALLOC STREQUAL "source")
  message(FATAL_ERROR
    "LAZYZERO_BACKEND=jemalloc on macOS needs a jemalloc from source "
    "(LAZYZERO_JEMALLOC=source and LAZYZERO_JEMALLOC_SOURCE=PATH, the tarball of "
    "a release): a ready one, such as Homebrew's, registers a malloc zone of its "
    "own and takes every pointer for its own.")
endif()

set(architecture ${CMAKE_OSX_ARCHITECTURES})
list(LENGTH architecture count)
if(count EQUAL 0)
  set(architecture ${CMAKE_SYSTEM_PROCESSOR})
elseif(count GREATER 1)
  message(FATAL_ERROR
    "LAZYZERO_BACKEND=jemalloc builds one of ${CMAKE_OSX_ARCHITECTURES} at a "
    "time: build each in a folder of its own and join them with lipo -create.")
endif()
if(architecture MATCHES "arm64|aarch64")
  set(jemalloc_host aarch64-apple-darwin)
  set(page 14)
else()
  set(jemalloc_host x86_64-apple-darwin)
  set(page 12)
endif()

# configure runs nothing of what it builds, and so must be told. Hidden, which it
# sees to on ELF only: its names would be the library's. No zone:
# interpose_darwin_zone.c has one.
set(jemalloc_arguments --disable-zone-allocator --without-export
  --with-lg-page=${page} --with-lg-hugepage=21
  CPPFLAGS=-DJEMALLOC_FORCE_IVSALLOC EXTRA_CFLAGS=-fvisibility=hidden)
if(CMAKE_CROSSCOMPILING)
  list(APPEND jemalloc_arguments
    AR=${CMAKE_AR} RANLIB=${CMAKE_RANLIB} NM=${CMAKE_NM})
endif()
if(CMAKE_OSX_ARCHITECTURES)
  string(APPEND jemalloc_cc " -arch ${architecture}")
endif()
if(CMAKE_OSX_DEPLOYMENT_TARGET)
  string(APPEND jemalloc_cc " -mmacosx-version-min=${CMAKE_OSX_DEPLOYMENT_TARGET}")
endif()

# Mach-O's names begin with an underscore. Apple has no objcopy.
file(STRINGS ${jemalloc_rename} lines)
list(TRANSFORM lines REPLACE "^([^ ]+) (.+)$" "_\\1 _\\2\n")
set(jemalloc_rename ${PROJECT_BINARY_DIR}/jemalloc.rename)
string(CONCAT lines ${lines})
file(CONFIGURE OUTPUT ${jemalloc_rename} @ONLY CONTENT "@lines@")
find_program(LAZYZERO_OBJCOPY
  NAMES llvm-objcopy llvm-objcopy-19 llvm-objcopy-16 llvm-objcopy-14
  HINTS /opt/homebrew/opt/llvm/bin /usr/local/opt/llvm/bin)
if(NOT LAZYZERO_OBJCOPY)
  message(FATAL_ERROR
    "LAZYZERO_BACKEND=jemalloc on macOS needs llvm-objcopy: brew install llvm, "
    "or configure with -DLAZYZERO_OBJCOPY=PATH.")
endif()
# Object by object: the archive that llvm-objcopy 14 writes, zig cannot read.
set(jemalloc_renamer COMMAND ${CMAKE_COMMAND}
  -DOBJCOPY=${LAZYZERO_OBJCOPY} -DAR=${CMAKE_AR} -DRENAME=${jemalloc_rename}
  -DFOLDER=${PROJECT_BINARY_DIR}/jemalloc/src -DARCHIVE=${jemalloc_renamed}
  -P ${CMAKE_CURRENT_LIST_DIR}/rename-objects.cmake)
