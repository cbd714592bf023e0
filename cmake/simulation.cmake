# The simulator (tests/simulation): 500 seeds as a test; cmake/long.cmake plants bugs for it.
file(GLOB simulation_sources CONFIGURE_DEPENDS tests/simulation/*.cpp)
add_executable(simulator ${simulation_sources})
target_include_directories(simulator PRIVATE tests)
target_link_libraries(simulator PRIVATE wf_runtime wf_gateway wf_gen CLI11::CLI11)
wf_pch(simulator)
wf_unity(simulator 8)
add_test(NAME simulation COMMAND simulator --seeds 500)
set_tests_properties(simulation PROPERTIES LABELS simulation PROCESSORS 2 TIMEOUT 600)
# Seeds that cannot be run are not green.
add_test(NAME simulation_cannot_run
         COMMAND sh -c "'$<TARGET_FILE:simulator>' --seeds 2 --directory CMakeLists.txt/x
                        test $? = 2" WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(simulation_cannot_run PROPERTIES LABELS simulation TIMEOUT 60)
# Each of lessons.cpp is a test of its own.
file(STRINGS tests/simulation/lessons.cpp lessons REGEX "^ +{\"[a-z_]+\",")
foreach(line ${lessons})
  string(REGEX REPLACE "^ +{\"([a-z_]+)\",.*" "\\1" lesson "${line}")
  add_test(NAME lesson_${lesson} COMMAND simulator --lesson ${lesson} --seeds 12)
  set_tests_properties(lesson_${lesson} PROPERTIES LABELS simulation PROCESSORS 2 TIMEOUT 300)
endforeach()
