# SPDX-License-Identifier: MIT
# The library on Windows: a DLL, and a static library of one object, in which only
# the exported names are left. Both are without mingw's own DLLs.

list(JOIN exports "\n  " exports)
file(CONFIGURE OUTPUT exports.def @ONLY CONTENT "EXPORTS\n  @exports@\n")
target_sources(lazyzero PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/exports.def)
target_link_options(lazyzero PRIVATE -static)
set_target_properties(lazyzero PROPERTIES PREFIX ""
  RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
  ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

# The formats are checked where printf has them all; and PE has no visibility.
target_compile_options(lazyzero_core PUBLIC -D_POSIX
  -include ${CMAKE_CURRENT_SOURCE_DIR}/os/windows/names.h
  -Wno-attributes -Wno-format -Wno-format-extra-args)
target_compile_options(lazyzero PRIVATE -fno-builtin)

find_program(CMAKE_OBJCOPY x86_64-w64-mingw32-objcopy REQUIRED)
set(object ${CMAKE_CURRENT_BINARY_DIR}/lazyzero.obj)
add_custom_command(OUTPUT ${object}
  COMMAND ${CMAKE_LINKER} -r -o ${object}
    $<TARGET_OBJECTS:lazyzero_core> $<TARGET_OBJECTS:lazyzero>
  COMMAND ${CMAKE_OBJCOPY}
    --keep-global-symbols=${CMAKE_CURRENT_BINARY_DIR}/exports.names ${object}
  DEPENDS $<TARGET_OBJECTS:lazyzero_core> $<TARGET_OBJECTS:lazyzero>
    ${CMAKE_CURRENT_BINARY_DIR}/exports.names
  COMMAND_EXPAND_LISTS VERBATIM)
add_library(lazyzero_static STATIC ${object})
add_dependencies(lazyzero_static lazyzero_core lazyzero)
set_target_properties(lazyzero_static PROPERTIES
  OUTPUT_NAME lazyzero LINKER_LANGUAGE C
  ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
target_include_directories(lazyzero_static INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(lazyzero_static INTERFACE Threads::Threads)
install(TARGETS lazyzero_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
