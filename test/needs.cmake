# SPDX-License-Identifier: MIT
# What a test needs that not every build has, in one word each. A test that
# needs what is missing stays in the list: ctest calls it "Disabled", and
# scripts/test says how many were left out for which word.
# README.md explains the words.

set(test_has "")
if(LAZYZERO_OS STREQUAL "linux")
  list(APPEND test_has linux)
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Windows")
  list(APPEND test_has posix)
endif()
if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
  list(APPEND test_has native)
  if(LAZYZERO_OS STREQUAL "linux")
    list(APPEND test_has kernel)
  endif()
endif()
if(NOT CMAKE_CROSSCOMPILING)
  list(APPEND test_has host)
endif()
if(LAZYZERO_OS STREQUAL "linux" AND
   (NOT CMAKE_CROSSCOMPILING_EMULATOR OR CMAKE_SIZEOF_VOID_P EQUAL 8))
  list(APPEND test_has pagemap)
endif()
if(NOT LAZYZERO_SANITIZE)
  list(APPEND test_has unsanitized)
endif()
if(NOT LAZYZERO_DEBUG)
  list(APPEND test_has unread)
endif()
if(LAZYZERO_CXX)
  list(APPEND test_has cxx)
endif()
if(LAZYZERO_LIBC_IS_GLIBC)
  list(APPEND test_has glibc)
endif()
if(CMAKE_SIZEOF_VOID_P EQUAL 8)
  list(APPEND test_has wide)
endif()

# lacks(variable word...): the first of the words that this build has not.
function(lacks variable)
  set(${variable} "" PARENT_SCOPE)
  foreach(word IN LISTS ARGN)
    if(NOT word IN_LIST test_has)
      set(${variable} ${word} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

file(WRITE ${PROJECT_BINARY_DIR}/left-out "")

# needs(test word...): what these say.
function(needs test)
  lacks(word ${ARGN})
  if(word)
    set_tests_properties(${test} PROPERTIES DISABLED TRUE)
    left_out(${word} ${test})
  endif()
endfunction()

# left_out(word what): for what is not even built.
function(left_out word what)
  file(APPEND ${PROJECT_BINARY_DIR}/left-out "${word} ${what}\n")
endfunction()

# NEEDS_LINUX for one test in a file (needs.h).
foreach(word IN ITEMS linux posix kernel pagemap unsanitized unread glibc)
  string(TOUPPER "TEST_HAS_${word}" definition)
  if(word IN_LIST test_has)
    target_compile_definitions(test_framework INTERFACE ${definition}=1)
  else()
    target_compile_definitions(test_framework INTERFACE ${definition}=0)
  endif()
endforeach()
