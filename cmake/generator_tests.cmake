# Tests of the generator and of what the schemas promise.
add_test(NAME gen_golden COMMAND ${CMAKE_SOURCE_DIR}/tests/golden/gen/check.py)
add_test(NAME schema_lock COMMAND ${CMAKE_SOURCE_DIR}/scripts/schema_lock.py)
add_test(NAME compile_fail
         COMMAND ${CMAKE_SOURCE_DIR}/tests/compile_fail/check.py
                 ${CMAKE_CXX_COMPILER} ${CMAKE_SOURCE_DIR})

# An independent validator, which scripts/deps test installs.
add_test(NAME test_venv COMMAND sh -c "test -e .cache/venv/ready || scripts/deps test"
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(test_venv PROPERTIES FIXTURES_SETUP test_venv)
add_test(NAME openapi COMMAND .cache/venv/bin/python3 -m openapi_spec_validator
         ${WF_GEN_DIR}/openapi.json WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(openapi PROPERTIES FIXTURES_REQUIRED test_venv)

set_tests_properties(gen_golden schema_lock PROPERTIES ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)

# Samples of every event there ever was, decoded and folded through the catalogue.
get_target_property(wf_projections_kind wf_projections TYPE)
if(wf_projections_kind STREQUAL STATIC_LIBRARY)
  wf_test(events_test SOURCES tests/golden/events_test.cpp tests/golden/config_test.cpp LIBS wf_gen)
  set_property(TEST events_test APPEND PROPERTY ENVIRONMENT WF_SOURCE_DIR=${CMAKE_SOURCE_DIR})
  # Where decisions and tables, which do not know each other, have to agree.
  wf_test(domain_test SOURCES tests/domain/slots_test.cpp LIBS wf_gen)
endif()
