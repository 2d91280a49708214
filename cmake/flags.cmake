# How our own targets are compiled. Nothing of this reaches the programs that use the library.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

# A sanitizer sees only what was compiled for it, so these go to every target.
if(PDE_SANITIZE)
  add_compile_options(-fsanitize=${PDE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${PDE_SANITIZE})
endif()

#   pde_compile_as_ours(target...)
#
# Warnings, and arithmetic that gives the same bits with every compiler: no fused multiply-add, never -ffast-math.
function(pde_compile_as_ours)
  set(c_or_cxx $<COMPILE_LANGUAGE:C,CXX>)
  set(gnu $<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>>)
  # g++ 12 sees overlaps in std::string that are not there.
  set(gnu12 $<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>)
  # Sanitizers change what the optimiser sees, and with it what it warns of.
  set(strict 0)
  if(PDE_WARNINGS_AS_ERRORS AND NOT PDE_SANITIZE)
    set(strict 1)
  endif()
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE
      $<${c_or_cxx}:-Wall> $<${c_or_cxx}:-Wextra> $<${c_or_cxx}:-Wpedantic> $<${c_or_cxx}:-Wshadow>
      $<${c_or_cxx}:-Wconversion> $<${gnu12}:-Wno-restrict>
      $<$<COMPILE_LANGUAGE:Fortran>:-Wall> $<$<COMPILE_LANGUAGE:Fortran>:-Wextra>
      $<${strict}:-Werror>
      $<${gnu}:-Wno-error=maybe-uninitialized>  # a guess, another one in each version: worth reading, no reason to stop
      -ffp-contract=off -fno-semantic-interposition -ffunction-sections -fdata-sections)
    target_compile_definitions(${target} PRIVATE $<$<AND:$<CONFIG:Debug>,$<COMPILE_LANGUAGE:CXX>>:_GLIBCXX_ASSERTIONS>)
  endforeach()
endfunction()
