# What scripts/gen.py makes of schemas/, below ${CMAKE_BINARY_DIR}/gen: the library wf_gen, included
# as "gen/booking.h".
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(WF_GEN_DIR ${CMAKE_BINARY_DIR}/gen)

file(GLOB_RECURSE wf_schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/*.json)
file(GLOB wf_generator CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/scripts/gen.py
     ${CMAKE_SOURCE_DIR}/scripts/gen/*.py)
# Each table's code_hash covers its fold.
file(GLOB wf_folds CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/projections/*.cpp)
set(wf_gen_command ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1
    ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/gen.py
    --schemas ${CMAKE_SOURCE_DIR}/schemas --source ${CMAKE_SOURCE_DIR}/src)

# A new aggregate or table brings new files, so a changed schema configures again.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${wf_schemas} ${wf_generator})
execute_process(COMMAND ${wf_gen_command} --list-outputs OUTPUT_VARIABLE wf_outputs
                OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE wf_failed)
if(wf_failed)
  message(FATAL_ERROR "the schemas do not generate")
endif()
string(REPLACE "\n" ";" wf_outputs "${wf_outputs}")
list(TRANSFORM wf_outputs PREPEND ${WF_GEN_DIR}/)

# Files that did not change keep their time; the stamp says when the generator last ran.
add_custom_command(
  OUTPUT ${WF_GEN_DIR}/stamp BYPRODUCTS ${wf_outputs}
  COMMAND ${wf_gen_command} --out ${WF_GEN_DIR}
  COMMAND ${CMAKE_COMMAND} -E touch ${WF_GEN_DIR}/stamp
  DEPENDS ${wf_schemas} ${wf_generator} ${wf_folds}
  COMMENT "schemas → ${WF_GEN_DIR}")
add_custom_target(wf_generate DEPENDS ${WF_GEN_DIR}/stamp)

set(wf_gen_sources ${wf_outputs})
list(FILTER wf_gen_sources INCLUDE REGEX "\\.cpp$")
add_library(wf_gen STATIC ${wf_gen_sources})
add_dependencies(wf_gen wf_generate)
target_include_directories(wf_gen PUBLIC ${WF_GEN_DIR})
target_link_libraries(wf_gen PUBLIC wf_base)
wf_pch(wf_gen)
wf_unity(wf_gen 8)

# The generated adapters call what these layers define, and those use the generated structs:
# libraries in a circle, which the linker is told.
function(wf_gen_calls)
  foreach(layer ${ARGN})
    get_target_property(kind wf_${layer} TYPE)
    if(kind STREQUAL STATIC_LIBRARY)
      target_link_libraries(wf_gen INTERFACE wf_${layer})
      add_dependencies(wf_${layer} wf_generate)
    endif()
  endforeach()
endfunction()
