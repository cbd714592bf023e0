# What only `scripts/test --all` runs (label long): chaos, fuzzing, sanitizers, planted bugs. Each
# takes the machine to itself; fuzzing and sanitizers build trees of their own.
function(wf_long name)
  cmake_parse_arguments(arg "" "TIMEOUT" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS long TIMEOUT ${arg_TIMEOUT} PROCESSORS 2
                       RESOURCE_LOCK broker ENVIRONMENT WF_BUILD=${CMAKE_BINARY_DIR})
endfunction()

# Chaos (tests/chaos): whole deployments under load while everything that can fail does.
add_library(disk_faults SHARED tests/chaos/disk_faults.cpp)
target_link_libraries(disk_faults PRIVATE wf_options ${CMAKE_DL_LIBS})
set_target_properties(disk_faults PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
foreach(run embedded one_broker three_brokers)
  wf_long(chaos_${run} TIMEOUT 900
          COMMAND .cache/venv/bin/python3 -B -m pytest -q tests/chaos/test_chaos.py -k ${run})
endforeach()

wf_long(fuzz COMMAND scripts/fuzz TIMEOUT 1200)
wf_long(sanitize_asan COMMAND scripts/sanitize asan TIMEOUT 2400)
wf_long(simulation_mutants COMMAND tests/simulation/mutants/run TIMEOUT 2400)
