# SPDX-License-Identifier: MIT
# The library needs a C compiler and jemalloc, nothing else. This file looks for
# what the tests and the benchmarks need as well. What is missing leaves them out,
# with a notice. `scripts/test` fails if no test ran.

# macOS has its own tests, in C.
if(LAZYZERO_BENCH OR (LAZYZERO_TESTS AND LAZYZERO_CXX AND
                      NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin"))
  include(CheckLanguage)
  check_language(CXX)
  if(CMAKE_CXX_COMPILER)
    enable_language(CXX)
  else()
    message(NOTICE "No C++ compiler: leaving out the benchmarks, and the tests "
      "that are written in C++. Debian and Ubuntu: apt-get install g++.")
    set(LAZYZERO_BENCH OFF)
    set(LAZYZERO_CXX OFF)
  endif()
endif()

if(LAZYZERO_TESTS AND LAZYZERO_CRITERION AND
   NOT CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(CRITERION QUIET IMPORTED_TARGET criterion)
  endif()
  if(NOT CRITERION_FOUND)
    message(NOTICE "No pkg-config or no Criterion: leaving out the tests. Debian "
      "and Ubuntu: apt-get install pkg-config libcriterion-dev; or run them with "
      "a runner of our own: -DLAZYZERO_CRITERION=OFF.")
    set(LAZYZERO_TESTS OFF)
  endif()
endif()
