# Checks that the first C listing of the README is the program beside this file, to the letter.
file(READ "${README}" readme)
file(READ "${PROGRAM}" program)
string(FIND "${readme}" "```c\n${program}```\n" found)
if(found EQUAL -1)
  message(FATAL_ERROR "The C program in ${README} differs from ${PROGRAM}")
endif()
