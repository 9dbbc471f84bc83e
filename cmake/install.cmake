# SPDX-License-Identifier: MIT
# What `cmake --install` and the target `uninstall` do. For packages of a
# distribution see scripts/package.
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

# Written down for `uninstall`: below which root (DESTDIR) the files are. And the
# dynamic linker learns of the library, or we say how to name it.
if(top_level)
  install(CODE "set(ROOT_FILE \"${CMAKE_BINARY_DIR}/install_root.txt\")
set(LIBRARY_FOLDER \"${CMAKE_INSTALL_LIBDIR}\")
set(LIBRARY_NAME \"$<TARGET_FILE_NAME:lazyzero>\")
set(LIBRARY_LINK \"$<TARGET_LINKER_FILE_NAME:lazyzero>\")
set(SYSTEM \"${lazyzero_system}\")
include(\"${CMAKE_CURRENT_LIST_DIR}/installed.cmake\")")
  add_custom_target(uninstall
    COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR}
      -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
endif()
