# Turns capi/symbols.txt into the linker's version script, so that the library exports what the list says and nothing else.
#
#   pde_export_symbols(target symbols_file)
#
# Each version in the list becomes a node that inherits from the one before: PDE_0.1 { ... }; PDE_0.2 { ... } PDE_0.1;
# The first node also hides every other name (local: *). The script is made at configure time, and again when the list
# changes; the target is linked again when the script changes.
#
# The file also runs as a script, for a look at the result: cmake -DSYMBOLS=list -DOUTPUT=script -P symbols.cmake

cmake_policy(VERSION 3.25)

function(pde_write_version_script symbols_file output)
  file(STRINGS "${symbols_file}" lines)
  set(versions "")
  set(names "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "#.*" "" line "${line}")
    string(STRIP "${line}" line)
    if(line STREQUAL "")
      continue()
    endif()
    if(NOT line MATCHES "^(pde_[a-z0-9_]+)[ \t]+([0-9]+\\.[0-9]+)$")
      message(FATAL_ERROR "${symbols_file}: \"${line}\" is not \"pde_name major.minor\"")
    endif()
    set(name "${CMAKE_MATCH_1}")
    set(version "${CMAKE_MATCH_2}")
    if(name IN_LIST names)
      message(FATAL_ERROR "${symbols_file}: ${name} is listed twice")
    endif()
    list(APPEND names "${name}")
    list(APPEND versions "${version}")
    list(APPEND names_of_${version} "${name}")
  endforeach()
  if(NOT names)
    message(FATAL_ERROR "${symbols_file} lists no symbols")
  endif()
  list(REMOVE_DUPLICATES versions)
  list(SORT versions COMPARE NATURAL)

  set(script "")
  set(inherited "")
  foreach(version IN LISTS versions)
    string(APPEND script "PDE_${version} {\n  global:\n")
    foreach(name IN LISTS names_of_${version})
      string(APPEND script "    ${name};\n")
    endforeach()
    if(inherited STREQUAL "")
      string(APPEND script "  local:\n    *;\n")
    endif()
    string(APPEND script "}${inherited};\n")
    set(inherited " PDE_${version}")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" CONTENT "${script}" @ONLY)  # leaves an unchanged file alone
endfunction()

function(pde_export_symbols target symbols_file)
  get_filename_component(symbols_file "${symbols_file}" ABSOLUTE)
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
  pde_write_version_script("${symbols_file}" "${script}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${symbols_file}")
  target_link_options(${target} PRIVATE "LINKER:--version-script=${script}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${script}")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  get_filename_component(SYMBOLS "${SYMBOLS}" ABSOLUTE)
  get_filename_component(OUTPUT "${OUTPUT}" ABSOLUTE)
  pde_write_version_script("${SYMBOLS}" "${OUTPUT}")
endif()
