# SPDX-License-Identifier: MIT
# The library is always a shared one: a static malloc replacement is another thing.
vcpkg_check_linkage(ONLY_DYNAMIC_LIBRARY)

vcpkg_download_distfile(archive
  URLS "@HOME@/releases/download/v${VERSION}/liblazyzero-${VERSION}.tar.gz"
  FILENAME "liblazyzero-${VERSION}.tar.gz"
  SKIP_SHA512)
vcpkg_extract_source_archive(source ARCHIVE "${archive}")
file(SHA256 "${archive}" sum)
if(NOT sum STREQUAL "@SOURCE_SUM@")
  message(FATAL_ERROR "${archive}: another sum than that of the release")
endif()

# What the machine happens to have does not change what is built.
set(options -DLAZYZERO_TESTS=OFF -DLAZYZERO_BENCH=OFF -DLAZYZERO_LIBDW=OFF
  -DLAZYZERO_PROBES=OFF)
if(VCPKG_TARGET_IS_LINUX)
  vcpkg_download_distfile(jemalloc
    URLS "https://github.com/jemalloc/jemalloc/releases/download/@JEMALLOC_VERSION@/jemalloc-@JEMALLOC_VERSION@.tar.bz2"
    FILENAME "jemalloc-@JEMALLOC_VERSION@.tar.bz2"
    SKIP_SHA512)
  file(SHA256 "${jemalloc}" sum)
  if(NOT sum STREQUAL "@JEMALLOC_SUM@")
    message(FATAL_ERROR "${jemalloc}: another sum than that of the release")
  endif()
  list(APPEND options -DLAZYZERO_JEMALLOC=source
    "-DLAZYZERO_JEMALLOC_SOURCE=${jemalloc}")
endif()

vcpkg_cmake_configure(SOURCE_PATH "${source}" OPTIONS ${options})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME lazyzero CONFIG_PATH lib/cmake/lazyzero)
vcpkg_fixup_pkgconfig()
vcpkg_copy_tools(TOOL_NAMES lazyzero AUTO_CLEAN)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include"
  "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
