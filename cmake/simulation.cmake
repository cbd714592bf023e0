# The simulator (tests/simulation): 500 seeds as a test, and the bugs planted in copies of the tree.
file(GLOB simulation_sources CONFIGURE_DEPENDS tests/simulation/*.cpp)
add_executable(simulator ${simulation_sources})
target_include_directories(simulator PRIVATE tests)
target_link_libraries(simulator PRIVATE wf_runtime wf_gateway wf_gen CLI11::CLI11)
wf_pch(simulator)
add_test(NAME simulation COMMAND simulator --seeds 500)
set_tests_properties(simulation PROPERTIES LABELS simulation PROCESSORS 2 TIMEOUT 600)
# Each of lessons.cpp is a test of its own.
file(STRINGS tests/simulation/lessons.cpp lessons REGEX "^ +{\"[a-z_]+\",")
foreach(line ${lessons})
  string(REGEX REPLACE "^ +{\"([a-z_]+)\",.*" "\\1" lesson "${line}")
  add_test(NAME lesson_${lesson} COMMAND simulator --lesson ${lesson} --seeds 12)
  set_tests_properties(lesson_${lesson} PROPERTIES LABELS simulation PROCESSORS 2 TIMEOUT 300)
endforeach()
# Not part of a plain scripts/test: --all.
add_test(NAME simulation_mutants COMMAND ${CMAKE_SOURCE_DIR}/tests/simulation/mutants/run)
set_tests_properties(simulation_mutants PROPERTIES LABELS mutants PROCESSORS 2 TIMEOUT 1800)
