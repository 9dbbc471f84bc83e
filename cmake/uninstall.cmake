# SPDX-License-Identifier: MIT
# cmake -DBUILD= -P: removes what the last `cmake --install` of that build put
# there, from where it put it. After an installation with DESTDIR, as packages are
# made, that is below that folder: the system's own files belong to its package
# manager.

set(manifest ${BUILD}/install_manifest.txt)
if(NOT EXISTS ${manifest})
  message(FATAL_ERROR "Nothing was installed from here: no ${manifest}.")
endif()
set(root "")
if(EXISTS ${BUILD}/install_root.txt)
  file(READ ${BUILD}/install_root.txt root)
endif()
file(STRINGS ${manifest} files)
foreach(file IN LISTS files)
  set(file "${root}${file}")
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
