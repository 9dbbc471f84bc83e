# SPDX-License-Identifier: MIT
# The library on ELF systems: its names are found before libc's.

list(JOIN exports ";\n    " exports)
file(CONFIGURE OUTPUT exports.map @ONLY
     CONTENT "{\n  global:\n    @exports@;\n  local: *;\n};\n")

# The exported names have their prototypes elsewhere, or nowhere.
set_source_files_properties(${lazyzero_interpose} ${lazyzero_own_calls_source}
  PROPERTIES COMPILE_OPTIONS
  "-fno-builtin;-Wno-missing-prototypes")
set_property(SOURCE interpose/elf/cxx.c APPEND PROPERTY
  COMPILE_OPTIONS -fexceptions)
# See heap/backend_mutex.c.
target_link_options(lazyzero_core INTERFACE -Wl,--wrap=je_malloc_mutex_init)
target_sources(lazyzero PRIVATE ${lazyzero_own_calls_source})
foreach(function IN LISTS lazyzero_own_calls)
  target_link_options(lazyzero PRIVATE -Wl,--wrap=${function})
endforeach()
# Another jemalloc may want more of libm than backend_math.c has.
target_link_libraries(lazyzero PRIVATE lazyzero_jemalloc
  -Wl,--push-state,--as-needed m -Wl,--pop-state ${CMAKE_DL_LIBS})
target_link_options(lazyzero PRIVATE
  -static-libgcc -Wl,--no-undefined -Wl,-z,relro -Wl,-z,now
  # Our constructor before any other's; and no dlopen, which cannot give the
  # initial-exec thread-local storage that a malloc needs.
  -Wl,-z,initfirst -Wl,-z,nodlopen
  -Wl,--version-script=${CMAKE_CURRENT_BINARY_DIR}/exports.map)
set_target_properties(lazyzero PROPERTIES
  LINK_DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/exports.map)
