# What `cmake --install` puts where. Every path in what is installed is relative to the file that holds it, so the
# prefix can be moved.
set(pde_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pde)

if(NOT TARGET pde)
  return()
endif()

install(TARGETS pde EXPORT pdeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/pde.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/pde DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(PDE_MOVIE)  # is looked for beside the library
  install(TARGETS pde-movie LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

if(TARGET pde_fortran)
  install(TARGETS pde_fortran EXPORT pdeTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES $<TARGET_PROPERTY:pde_fortran,Fortran_MODULE_DIRECTORY>/pde.mod capi/fortran/pde.f90
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pde/fortran)
endif()

# ---- for find_package

install(EXPORT pdeTargets NAMESPACE pde:: DESTINATION ${pde_config_dir})
configure_package_config_file(cmake/pdeConfig.cmake.in pdeConfig.cmake INSTALL_DESTINATION ${pde_config_dir})
# A minor release may add names and none goes away, but before 1.0 we ask for the same minor one.
write_basic_package_version_file(pdeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pdeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/pdeConfigVersion.cmake
  DESTINATION ${pde_config_dir})

# ---- for pkg-config

# An absolute folder for libraries says nothing about where the prefix is: then that is written down as well.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR libdir_is_absolute)
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_INCLUDEDIR includedir_is_absolute)
if(libdir_is_absolute)
  set(PDE_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(PDE_PC_LIBDIR ${CMAKE_INSTALL_LIBDIR})
else()
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE up)
  set(PDE_PC_PREFIX "\${pcfiledir}/${up}")
  set(PDE_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(includedir_is_absolute)
  set(PDE_PC_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(PDE_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

configure_file(pkgconfig/pde.pc.in pde.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pde.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET pde_fortran)
  configure_file(pkgconfig/pde-fortran.pc.in pde-fortran.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pde-fortran.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
