# SPDX-License-Identifier: MIT
# The library on macOS: dyld replaces the names in its __interpose table.

list(TRANSFORM exports PREPEND "_")
list(JOIN exports "\n" exports)
file(CONFIGURE OUTPUT exports.txt @ONLY CONTENT "@exports@\n")

# The weak names are newer than the oldest system, and dyld's business.
set_source_files_properties(${lazyzero_interpose} PROPERTIES COMPILE_OPTIONS
  "-fno-builtin;-Wno-unguarded-availability-new")
include(CheckLinkerFlag)
set(exported -Wl,-exported_symbols_list,${CMAKE_CURRENT_BINARY_DIR}/exports.txt)
check_linker_flag(C "${exported}" LAZYZERO_HAS_EXPORTED_SYMBOLS_LIST)
if(LAZYZERO_HAS_EXPORTED_SYMBOLS_LIST)
  target_link_options(lazyzero PRIVATE "${exported}")
endif()
set_target_properties(lazyzero PROPERTIES
  INSTALL_NAME_DIR @rpath BUILD_WITH_INSTALL_NAME_DIR ON
  LINK_DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/exports.txt)
if(LAZYZERO_BACKEND STREQUAL "jemalloc")
  target_link_libraries(lazyzero PRIVATE lazyzero_jemalloc)
endif()
