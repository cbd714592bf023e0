# Acceptance tests: pytest modules that drive the real binary over HTTP. One module is one test of
# ctest's, or two: NAME on the embedded log and NAME_kafka beside a broker of its own.
function(wf_acceptance path)
  cmake_parse_arguments(arg "KAFKA;ONLY_KAFKA" "TIMEOUT" "" ${ARGN})
  get_filename_component(name ${path} NAME_WE)
  string(REGEX REPLACE "^test_" "acceptance_" name ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  set(logs embedded)
  if(arg_KAFKA)
    list(APPEND logs kafka)
  elseif(arg_ONLY_KAFKA)
    set(logs kafka)
  endif()
  foreach(log ${logs})
    set(labels acceptance)
    set(test ${name})
    if(log STREQUAL kafka)
      list(APPEND labels broker)
      set(test ${name}_kafka)
    endif()
    add_test(NAME ${test}
             COMMAND ${CMAKE_SOURCE_DIR}/.cache/venv/bin/python3 -B -m pytest -q --log=${log}
                     ${CMAKE_SOURCE_DIR}/tests/acceptance/${path})
    set_tests_properties(${test} PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT}
                         ENVIRONMENT WF_BUILD=${CMAKE_BINARY_DIR})
    if(log STREQUAL kafka)
      set_tests_properties(${test} PROPERTIES RESOURCE_LOCK broker)
    endif()
  endforeach()
endfunction()

wf_acceptance(real_input/test_recompute.py)
