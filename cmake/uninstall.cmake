# SPDX-License-Identifier: MIT
# cmake -DMANIFEST= -P: removes what the last `cmake --install` put there.

if(NOT EXISTS ${MANIFEST})
  message(FATAL_ERROR "Nothing was installed from here: no ${MANIFEST}.")
endif()
file(STRINGS ${MANIFEST} files)
foreach(file IN LISTS files)
  set(file "$ENV{DESTDIR}${file}")
  if(EXISTS ${file} OR IS_SYMLINK ${file})
    message(STATUS "Removing ${file}")
    file(REMOVE ${file})
  endif()
  # The folders of its own, once they are empty.
  get_filename_component(folder ${file} DIRECTORY)
  file(GLOB rest ${folder}/*)
  if(folder MATCHES "lazyzero$" AND NOT rest)
    file(REMOVE_RECURSE ${folder})
  endif()
endforeach()
