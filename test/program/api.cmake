# SPDX-License-Identifier: MIT
# The public API: linked, weak with and without the preload, C, C++ and Python.

# One source, twice a language: linked, and weak.
configure_file(api.c ${CMAKE_CURRENT_BINARY_DIR}/api_cxx.cpp COPYONLY)
set(languages c)
if(LAZYZERO_CXX)
  list(APPEND languages cxx)
endif()
foreach(language IN LISTS languages)
  set(source api.c)
  if(language STREQUAL "cxx")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/api_cxx.cpp)
  endif()
  foreach(how linked weak)
    set(target program_api_${language}_${how})
    add_executable(${target} ${source})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(${target} PRIVATE -fno-builtin)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    add_test(NAME program/api/${language}_${how} COMMAND ${target})
    set_tests_properties(program/api/${language}_${how} PROPERTIES TIMEOUT 60)
  endforeach()
  target_link_libraries(program_api_${language}_linked PRIVATE lazyzero)
  target_compile_definitions(program_api_${language}_weak PRIVATE LAZYZERO_WEAK)
  set_tests_properties(program/api/${language}_weak PROPERTIES
    ENVIRONMENT LD_PRELOAD=$<TARGET_FILE:lazyzero>)
  # Without the library: the names are not there, and the program says 77.
  add_test(NAME program/api/${language}_absent COMMAND
    sh -c "$<TARGET_FILE:program_api_${language}_weak>; test $? -eq 77")
  needs(program/api/${language}_absent native)
endforeach()

# malloc's relatives under names of their own.
program_test(prefixed LIBS lazyzero)
program_test(prefixed VARIANT check ENV LAZYZERO_CHECK=1 LIBS lazyzero)

script_test(api/python check_api_python $<TARGET_FILE:lazyzero>)
script_test(install check_install ${CMAKE_BINARY_DIR} ${CMAKE_C_COMPILER})
set_tests_properties(program/install PROPERTIES RUN_SERIAL ON)
needs(program/api/python host)
needs(program/install host)
if(LAZYZERO_JEMALLOC_ARCHIVE)
  script_test(tools check_tools ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
    ${LAZYZERO_JEMALLOC_ARCHIVE})
  needs(program/tools host)
  script_test(jemalloc check_jemalloc ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
    ${CMAKE_NM})
  needs(program/jemalloc host)
endif()
