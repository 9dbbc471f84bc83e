# SPDX-License-Identifier: MIT
# cmake -DSOURCE= -DFOLDER= -DCC= [-DHOST=] [-DARGUMENTS=] -P: builds
# FOLDER/lib/libjemalloc_pic.a from SOURCE, a tarball or a folder; ARGUMENTS is a
# list of more for its configure. Options as PORTING in src/README.md says.

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE status OUTPUT_FILE ${FOLDER}/build.log
    ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "'${ARGV}' failed in ${FOLDER}:\n${errors}")
  endif()
endfunction()

file(REMOVE_RECURSE ${FOLDER} ${FOLDER}.unpacked)
if(IS_DIRECTORY ${SOURCE})
  file(COPY ${SOURCE}/ DESTINATION ${FOLDER})
else()
  file(ARCHIVE_EXTRACT INPUT ${SOURCE} DESTINATION ${FOLDER}.unpacked)
  file(GLOB unpacked ${FOLDER}.unpacked/*)
  file(RENAME ${unpacked} ${FOLDER})
endif()

if(NOT EXISTS ${FOLDER}/configure)
  run(autoconf)
endif()
set(arguments --with-jemalloc-prefix=je_ --with-private-namespace=lz_
  --disable-cxx --disable-shared --enable-static --disable-prof)
# The repository's own archive has no file of that name, but is named so.
if(NOT EXISTS ${FOLDER}/VERSION)
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${SOURCE}")
  if(NOT version)
    set(version 5.3.0)
  endif()
  list(APPEND arguments --with-version=${version}-0-g0)
endif()
if(HOST)
  list(APPEND arguments --host=${HOST})
endif()
run(./configure CC=${CC} ${arguments} ${ARGUMENTS})
run(make -j2 lib/libjemalloc_pic.a)
