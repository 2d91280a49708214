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
  add_compile_options(
    $<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${PDE_SANITIZE}> $<$<COMPILE_LANGUAGE:C,CXX>:-fno-sanitize-recover=all>
    $<$<COMPILE_LANGUAGE:C,CXX>:-fno-omit-frame-pointer> -O1 -g1)
  add_link_options(-fsanitize=${PDE_SANITIZE})
endif()

#   pde_compile_as_ours(target...)
#
# Warnings, and arithmetic that gives the same bits with every compiler: no fused multiply-add, never -ffast-math.
function(pde_compile_as_ours)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion>
      $<$<COMPILE_LANGUAGE:Fortran>:-Wall -Wextra>
      $<$<AND:$<BOOL:${PDE_WARNINGS_AS_ERRORS}>,$<COMPILE_LANGUAGE:C,CXX,Fortran>>:-Werror>
      -ffp-contract=off -fno-semantic-interposition)
    target_compile_definitions(${target} PRIVATE $<$<AND:$<CONFIG:Debug>,$<COMPILE_LANGUAGE:CXX>>:_GLIBCXX_ASSERTIONS>)
  endforeach()
endfunction()
