# SPDX-License-Identifier: MIT
# Programs in C++: operator new and delete, exceptions, containers.

add_library(plugin_cxx MODULE plugin/cxx_plugin.cpp)
add_library(plugin_cxx_static MODULE plugin/cxx_plugin.cpp)
target_link_options(plugin_cxx_static PRIVATE
  -static-libstdc++ -static-libgcc)

program_test(cancel_new SOURCE cancel_new.cpp)
program_test(cxx_program SOURCE cxx_program.cpp)
program_test(cxx_bad_alloc SOURCE cxx_bad_alloc.cpp VARIANT huge ARGS huge
  NEEDS wide)
program_test(cxx_bad_alloc SOURCE cxx_bad_alloc.cpp VARIANT limit ARGS limit)
program_test(cxx_bad_alloc SOURCE cxx_bad_alloc.cpp VARIANT infallible ARGS huge
  ENV MALLOC_CONF=experimental_infallible_new:true STATUS 134
  STDERR "liblazyzero: operator new(4611686018427387903): out of memory, and \
experimental_infallible_new is set; stopping" NEEDS wide)
program_test(cxx_own_malloc SOURCE cxx_own_malloc.cpp)
program_test(cxx_replaced_base SOURCE cxx_replaced_base.cpp)
program_test(cxx_replaced_array_only SOURCE cxx_replaced_array_only.cpp)
program_test(cxx_replaced_throws SOURCE cxx_replaced_throws.cpp)
program_test(cxx_replaced_new_only SOURCE cxx_replaced_new_only.cpp)

# The same, built in the ways that bind operator new and delete otherwise.
program_test(cxx_replaced_base_no_pie SOURCE cxx_replaced_base.cpp)
program_test(cxx_replaced_base_unoptimised SOURCE cxx_replaced_base.cpp)
program_test(cxx_replaced_base_static SOURCE cxx_replaced_base.cpp)
program_test(cxx_no_pie_address SOURCE cxx_no_pie_address.cpp)
foreach(name cxx_replaced_base_no_pie cxx_no_pie_address)
  set_target_properties(program_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(program_${name} PRIVATE -fno-pie)
  target_link_options(program_${name} PRIVATE -no-pie)
endforeach()
target_compile_options(program_cxx_replaced_base_unoptimised PRIVATE -O0)
target_link_options(program_cxx_replaced_base_static PRIVATE
  -static-libstdc++ -static-libgcc)
# C++17, sized delete included; what replaces the plain forms only does so on
# purpose.
foreach(name program_cancel_new program_cxx_program program_cxx_bad_alloc
             program_cxx_own_malloc
             program_cxx_replaced_base program_cxx_replaced_base_no_pie
             program_cxx_replaced_base_unoptimised
             program_cxx_replaced_base_static program_cxx_replaced_array_only
             program_cxx_replaced_throws program_cxx_no_pie_address
             plugin_cxx plugin_cxx_static)
  set_target_properties(${name} PROPERTIES
    CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
  target_compile_options(${name} PRIVATE -fsized-deallocation
    $<$<CXX_COMPILER_ID:GNU>:-Wno-sized-deallocation>)
endforeach()

# The C++ runtime comes with the extension: as a library, or inside it.
foreach(runtime cxx cxx_static)
  set(plugin $<TARGET_FILE:plugin_${runtime}>)
  program_test(cxx_plugin VARIANT ${runtime} ARGS ${plugin} NEEDS wide)
  add_test(NAME program/cxx_plugin_python/${runtime} COMMAND
    ${CMAKE_CURRENT_SOURCE_DIR}/plugin/run_python
    ${CMAKE_CURRENT_SOURCE_DIR}/check_run $<TARGET_FILE:lazyzero>
    ${CMAKE_CURRENT_SOURCE_DIR}/plugin/cxx_plugin.py ${plugin})
  set_tests_properties(program/cxx_plugin_python/${runtime} PROPERTIES
    TIMEOUT 120 SKIP_RETURN_CODE 77)
  needs(program/cxx_plugin_python/${runtime} host)
endforeach()

program_test(dirty_vector SOURCE dirty_vector.cpp ARGS cost NEEDS linux)
program_test(dirty_vector SOURCE dirty_vector.cpp VARIANT off
             ENV LAZYZERO_MEMSET=0)
# As programs are built: the compiler knows what is a memset.
target_compile_options(program_dirty_vector PRIVATE -fbuiltin -O2)
