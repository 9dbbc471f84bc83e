# SPDX-License-Identifier: MIT
# cmake -DARCHIVE= -DNM= -P: does what src/heap/backend_mutex.c knows of jemalloc's
# inside hold in this archive, whose names are changed already? Without these two
# functions the child of a fork could wait for ever for a lock of jemalloc's.

execute_process(COMMAND ${NM} ${ARCHIVE} OUTPUT_VARIABLE names
  RESULT_VARIABLE status ERROR_VARIABLE errors)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${NM} cannot read ${ARCHIVE}: ${errors}")
endif()
file(STRINGS ${ARCHIVE} version REGEX "^[0-9]+\\.[0-9]+\\.[0-9]+-[0-9]+-g"
     LIMIT_COUNT 1)
string(REGEX REPLACE "-.*" "" version "${version}")
if(NOT version)
  set(version unknown)
endif()
foreach(name je_malloc_mutex_init je_malloc_mutex_postfork_child)
  if(NOT names MATCHES "[0-9a-f] [Tt] _?${name}\n")
    file(REMOVE ${ARCHIVE})
    message(FATAL_ERROR "This jemalloc (version ${version}) has no ${name}, "
      "which src/heap/backend_mutex.c needs for fork. Build with jemalloc 5.3.0 or "
      "5.3.1: -DLAZYZERO_JEMALLOC=source -DLAZYZERO_JEMALLOC_SOURCE=PATH.")
  endif()
endforeach()
if(NOT version MATCHES "^5\\.3\\.[01]$")
  message(NOTICE "jemalloc ${version}: the library is tested with 5.3.0 and "
    "5.3.1. Run the tests, of fork above all.")
endif()
