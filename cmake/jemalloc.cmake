# SPDX-License-Identifier: MIT
# lazyzero_jemalloc: a static jemalloc whose public names start with je_ and
# whose system calls and fork handlers come to us (jemalloc.rename).

set(jemalloc_rename ${CMAKE_CURRENT_LIST_DIR}/jemalloc.rename)
set(jemalloc_renamed ${PROJECT_BINARY_DIR}/libje_renamed.a)
set(jemalloc_host ${LAZYZERO_JEMALLOC_HOST})
set(jemalloc_cc ${CMAKE_C_COMPILER})
set(jemalloc_arguments ${LAZYZERO_JEMALLOC_ARGUMENTS})
set(jemalloc_renamer "")
if(lazyzero_system STREQUAL "darwin")
  include(${CMAKE_CURRENT_LIST_DIR}/jemalloc-darwin.cmake)
endif()

# Gives `archive`: a jemalloc built from LAZYZERO_JEMALLOC_SOURCE.
function(lazyzero_jemalloc_from_source result)
  set(folder ${PROJECT_BINARY_DIR}/jemalloc)
  set(archive ${folder}/lib/libjemalloc_pic.a)
  if(NOT EXISTS "${LAZYZERO_JEMALLOC_SOURCE}")
    message(FATAL_ERROR
      "LAZYZERO_JEMALLOC=source needs -DLAZYZERO_JEMALLOC_SOURCE=PATH: the "
      "tarball of a jemalloc release (5.3.0 or later) or its unpacked folder.")
  endif()
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND}
      -DSOURCE=${LAZYZERO_JEMALLOC_SOURCE} -DFOLDER=${folder}
      "-DCC=${jemalloc_cc}" -DHOST=${jemalloc_host}
      "-DARGUMENTS=${jemalloc_arguments}"
      -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/build-jemalloc.cmake
    DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/build-jemalloc.cmake
    COMMENT "Building jemalloc from ${LAZYZERO_JEMALLOC_SOURCE}"
    USES_TERMINAL VERBATIM)
  set(${result} ${archive} PARENT_SCOPE)
endfunction()

if(LAZYZERO_JEMALLOC STREQUAL "source")
  lazyzero_jemalloc_from_source(jemalloc_archive)
else()
  find_library(LAZYZERO_JEMALLOC_ARCHIVE NAMES libjemalloc_pic.a)
  if(NOT LAZYZERO_JEMALLOC_ARCHIVE)
    message(FATAL_ERROR
      "No static jemalloc (libjemalloc_pic.a) found. There are two ways out. "
      "Install one: Debian and Ubuntu have it in libjemalloc-dev, most other "
      "systems in no package. Or build one along: download "
      "https://github.com/jemalloc/jemalloc/releases/download/5.3.0/jemalloc-5.3.0.tar.bz2 "
      "and configure with -DLAZYZERO_JEMALLOC=source "
      "-DLAZYZERO_JEMALLOC_SOURCE=jemalloc-5.3.0.tar.bz2.")
  endif()
  set(jemalloc_archive ${LAZYZERO_JEMALLOC_ARCHIVE})
endif()

# The C++ member would bring libstdc++ along; a build without it has none. And
# jemalloc has no constructor of its own: src/interpose/elf/libc.c says when it starts.
if(NOT jemalloc_renamer)
  find_program(CMAKE_OBJCOPY objcopy REQUIRED)
  set(jemalloc_renamer
    COMMAND ${CMAKE_COMMAND} -E copy ${jemalloc_archive} ${jemalloc_renamed}
    COMMAND ${CMAKE_AR} d ${jemalloc_renamed}
            jemalloc_cpp.pic.o jemalloc_cpp.o
    COMMAND ${CMAKE_OBJCOPY} --redefine-syms=${jemalloc_rename}
            --remove-section=.init_array --remove-section=.rel*.init_array
            --remove-section=.ctors --remove-section=.rel*.ctors
            ${jemalloc_renamed})
endif()
# backend_mutex.c is of ELF systems.
set(jemalloc_check ${CMAKE_CURRENT_LIST_DIR}/check-jemalloc.cmake)
if(NOT lazyzero_system STREQUAL "darwin")
  list(APPEND jemalloc_renamer COMMAND ${CMAKE_COMMAND}
    -DARCHIVE=${jemalloc_renamed} -DNM=${CMAKE_NM} -P ${jemalloc_check})
endif()
add_custom_command(OUTPUT ${jemalloc_renamed}
  ${jemalloc_renamer}
  DEPENDS ${jemalloc_archive} ${jemalloc_rename} ${jemalloc_check}
  COMMENT "Renaming the symbols of ${jemalloc_archive}"
  VERBATIM)
add_custom_target(lazyzero_jemalloc_rename DEPENDS ${jemalloc_renamed})

add_library(lazyzero_jemalloc STATIC IMPORTED GLOBAL)
set_target_properties(lazyzero_jemalloc PROPERTIES
  IMPORTED_LOCATION ${jemalloc_renamed})
add_dependencies(lazyzero_jemalloc lazyzero_jemalloc_rename)
