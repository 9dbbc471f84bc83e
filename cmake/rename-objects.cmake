# SPDX-License-Identifier: MIT
# cmake -DFOLDER= -DRENAME= -DARCHIVE= -DOBJCOPY= -DAR= -P: ARCHIVE of FOLDER's
# *.pic.o, with the names of RENAME changed.

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "'${ARGV}' failed:\n${errors}")
  endif()
endfunction()

set(renamed ${ARCHIVE}.objects)
file(REMOVE_RECURSE ${renamed} ${ARCHIVE})
file(MAKE_DIRECTORY ${renamed})
file(GLOB objects RELATIVE ${FOLDER} ${FOLDER}/*.pic.o)
if(NOT objects)
  message(FATAL_ERROR "no objects in ${FOLDER}")
endif()
foreach(object IN LISTS objects)
  run(${OBJCOPY} --redefine-syms=${RENAME} ${FOLDER}/${object}
      ${renamed}/${object})
endforeach()
list(TRANSFORM objects PREPEND ${renamed}/)
run(${AR} rcs ${ARCHIVE} ${objects})
