# SPDX-License-Identifier: MIT
# What `cmake --install`, the target `uninstall` and `cpack` make.
include(CMakePackageConfigHelpers)

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/lazyzero)
install(TARGETS lazyzero EXPORT lazyzero
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/lazyzero DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES doc/lazyzero.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
install(FILES doc/liblazyzero.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/liblazyzero
        RENAME copyright)

# find_package(lazyzero) gives lazyzero::lazyzero.
install(EXPORT lazyzero NAMESPACE lazyzero:: DESTINATION ${config}
        FILE lazyzero-config.cmake)
write_basic_package_version_file(lazyzero-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lazyzero-config-version.cmake
        DESTINATION ${config})

# Paths relative to the file, so that an installation may be moved.
file(RELATIVE_PATH up
  ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig
  ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/lazyzero.pc.in lazyzero.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/lazyzero.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(top_level)
  add_custom_target(uninstall
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
      -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME liblazyzero)
set(CPACK_PACKAGE_CONTACT "the liblazyzero authors <liblazyzero@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
include(CPack)
