# Chaos (tests/chaos): whole deployments under load while everything that can fail does.
add_library(disk_faults SHARED tests/chaos/disk_faults.cpp)
target_link_libraries(disk_faults PRIVATE wf_options ${CMAKE_DL_LIBS})
set_target_properties(disk_faults PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
foreach(run embedded one_broker three_brokers)
  add_test(NAME chaos_${run}
           COMMAND ${CMAKE_SOURCE_DIR}/.cache/venv/bin/python3 -B -m pytest -q
                   ${CMAKE_SOURCE_DIR}/tests/chaos/test_chaos.py -k ${run})
  set_tests_properties(chaos_${run} PROPERTIES LABELS chaos TIMEOUT 900 PROCESSORS 2
                       RESOURCE_LOCK broker ENVIRONMENT WF_BUILD=${CMAKE_BINARY_DIR})
endforeach()
