# wf_layer(NAME [UNITY] [USES layers…] [LIBS targets…]): one static library of src/NAME, and one
# test binary of its *_test.cpp. Files are found by name, so a new file or folder needs no CMake
# edit. UNITY is for layers that are not written anew every day: from nothing they are built sooner,
# after an edit later.
function(wf_layer name)
  cmake_parse_arguments(arg "UNITY" "" "USES;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*_test.cpp)
  if(tests)
    list(REMOVE_ITEM sources ${tests})
  endif()
  list(TRANSFORM arg_USES PREPEND wf_)
  if(NOT sources)  # a layer of headers only
    add_library(wf_${name} INTERFACE)
    target_include_directories(wf_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(wf_${name} INTERFACE wf_options Threads::Threads ${arg_USES} ${arg_LIBS})
    return()
  endif()
  add_library(wf_${name} STATIC ${sources})
  target_include_directories(wf_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(wf_${name} PUBLIC wf_options Threads::Threads ${arg_USES} ${arg_LIBS})
  wf_pch(wf_${name})
  if(arg_UNITY)
    wf_unity(wf_${name} 8)
  endif()
  if(tests)
    wf_test(${name}_test SOURCES ${tests} LIBS wf_${name})
    if(arg_UNITY)
      wf_unity(${name}_test 4)  # one edit, one such compilation: seconds
    endif()
  endif()
endfunction()

# One precompiled header for everything, and another for tests (TEST), which has Boost.Test too.
# WF_PCH=OFF shows missing includes.
function(wf_pch target)
  if(NOT WF_PCH)
    return()
  endif()
  cmake_parse_arguments(arg "TEST" "" "" ${ARGN})
  set(pch wf_pch)
  if(arg_TEST)
    set(pch wf_test_pch)
  endif()
  if(NOT TARGET ${pch})
    file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
    add_library(${pch} STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
    target_link_libraries(${pch} PRIVATE wf_options Threads::Threads fmt::fmt absl::flat_hash_map
      $<$<BOOL:${arg_TEST}>:wf_test_main>)
    target_precompile_headers(${pch} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h
      $<$<BOOL:${arg_TEST}>:<boost/test/unit_test.hpp$<ANGLE-R>>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# `files` at a time are one compilation, so that what they all include is read once; so names in
# their anonymous namespaces must differ: a test's are in a namespace of the file's name.
# WF_UNITY=OFF compiles each alone.
function(wf_unity target files)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD ${WF_UNITY} UNITY_BUILD_BATCH_SIZE ${files})
  if(WF_UNITY)  # gcc takes what is included for headers
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# A test binary: Boost.Test with the shared main of tests/main.cpp, known to ctest by its own name,
# and of label `unit`. The target unit_tests builds all of them.
function(wf_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;LABELS;ARGS" ${ARGN})
  if(NOT TARGET wf_test_main)
    add_library(wf_test_main STATIC ${CMAKE_SOURCE_DIR}/tests/main.cpp)
    target_link_libraries(wf_test_main PUBLIC wf_options Boost::unit_test_framework)
    target_compile_definitions(wf_test_main PUBLIC BOOST_TEST_DYN_LINK)
    add_custom_target(unit_tests)
    if(WF_TSAN)
      add_library(wf_c11_threads OBJECT ${CMAKE_SOURCE_DIR}/tests/support/c11_threads.c)
      target_link_libraries(wf_c11_threads PRIVATE wf_options)
    endif()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE wf_test_main ${arg_LIBS}
                        $<TARGET_NAME_IF_EXISTS:wf_c11_threads>)
  wf_pch(${name} TEST)
  add_dependencies(unit_tests ${name})
  add_test(NAME ${name} COMMAND ${name} --log_level=test_suite --color_output=no ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES LABELS "unit;${arg_LABELS}")
  if("broker" IN_LIST arg_LABELS)  # two JVMs and a test each are too much for two cores
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK broker)
  endif()
  # Shared data: $WAYFOLD_DATA if given, else ../shared/data beside the project.
  if(NOT DEFINED ENV{WAYFOLD_DATA} AND EXISTS ${CMAKE_SOURCE_DIR}/../shared/data)
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT WAYFOLD_DATA=${CMAKE_SOURCE_DIR}/../shared/data)
  endif()
endfunction()

# Suites of a test binary once more, as a test of its own and of label `conformance`, beside a real
# Kafka broker.
function(wf_broker_test name)
  cmake_parse_arguments(arg "" "BINARY;SUITES" "" ${ARGN})
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/conformance/with_kafka
           $<TARGET_FILE:${arg_BINARY}> --log_level=test_suite --color_output=no
           --run_test=${arg_SUITES})
  set_tests_properties(${name} PROPERTIES LABELS "conformance;broker" RESOURCE_LOCK broker)
endfunction()
