# SPDX-License-Identifier: MIT
# Runs at the end of `cmake --install`, with ROOT_FILE, LIBRARY_FOLDER,
# LIBRARY_LINK and SYSTEM set by install.cmake.

file(WRITE ${ROOT_FILE} "$ENV{DESTDIR}")

# A package is being made, or there is no cache: the dynamic linker of macOS wants
# the whole path anyway.
if(NOT "$ENV{DESTDIR}" STREQUAL "" OR NOT SYSTEM STREQUAL "linux")
  return()
endif()
get_filename_component(folder ${LIBRARY_FOLDER} ABSOLUTE
                       BASE_DIR ${CMAKE_INSTALL_PREFIX})
set(library ${folder}/${LIBRARY_LINK})
find_program(ldconfig ldconfig PATHS /sbin /usr/sbin)
if(ldconfig)
  # Only root may write the cache.
  execute_process(COMMAND ${ldconfig} RESULT_VARIABLE status
                  OUTPUT_QUIET ERROR_QUIET)
  execute_process(COMMAND ${ldconfig} -p OUTPUT_VARIABLE cache ERROR_QUIET)
  string(FIND "${cache}" "=> ${library}\n" found)
  if(found GREATER -1)
    message(STATUS "The dynamic linker finds it: LD_PRELOAD=${LIBRARY_LINK}")
    return()
  endif()
endif()
message(STATUS "Preload it by its path: LD_PRELOAD=${library}")
message(STATUS "(By its name alone once the dynamic linker's cache has its "
  "folder: run ldconfig as root.)")
