# libFuzzer targets (tests/fuzz), each a binary fuzz_NAME. They link only what they enter: of the
# layers with RocksDB, librdkafka and sockets, the files that have none.
function(wf_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(fuzz_${name} tests/fuzz/${name}.cpp ${arg_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE tests)
  target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBS} wf_gen)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  wf_pch(fuzz_${name})
  add_dependencies(fuzz fuzz_${name})
endfunction()

add_custom_target(fuzz)
add_library(wf_fuzz_bodies STATIC EXCLUDE_FROM_ALL tests/fuzz/bodies.cpp)
target_include_directories(wf_fuzz_bodies PRIVATE tests)
target_compile_definitions(wf_fuzz_bodies PRIVATE WF_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(wf_fuzz_bodies PUBLIC wf_gen)
wf_pch(wf_fuzz_bodies)

# The parts of layers, compiled once more.
function(wf_fuzz_part name)
  cmake_parse_arguments(arg "" "" "FILES;LIBS" ${ARGN})
  add_library(wf_fuzz_${name} STATIC EXCLUDE_FROM_ALL ${arg_FILES})
  target_link_libraries(wf_fuzz_${name} PUBLIC wf_gen ${arg_LIBS})
  wf_pch(wf_fuzz_${name})
endfunction()

wf_fuzz_part(log FILES
  src/log/fence.cpp src/log/outcome_reader.cpp src/log/partition.cpp src/log/position.cpp
  src/log/record.cpp src/log/record_codec.cpp src/log/rocks_block.cpp)
wf_fuzz_part(storage LIBS wf_s2 FILES
  src/storage/edits.cpp src/storage/geo_index.cpp src/storage/keys.cpp
  src/storage/quarantine.cpp src/storage/row_fold.cpp src/storage/row_format.cpp)
wf_fuzz_part(gateway LIBS wf_fuzz_log Boost::headers absl::flat_hash_map absl::hash FILES
  src/gateway/call.cpp src/gateway/command_request.cpp src/gateway/http.cpp
  src/gateway/identifier.cpp src/gateway/key_payload.cpp src/gateway/key_ring.cpp
  src/gateway/list_query.cpp src/gateway/position.cpp src/gateway/query_string.cpp
  src/gateway/refresh_token.cpp src/gateway/request_parser.cpp src/gateway/router.cpp
  src/gateway/row_access.cpp src/gateway/row_json.cpp src/gateway/secrets.cpp
  src/gateway/token.cpp src/storage/page_cursor.cpp)

wf_fuzz(json LIBS wf_fuzz_bodies)
wf_fuzz(config)
wf_fuzz(record LIBS wf_fuzz_log)
wf_fuzz(kafka_message SOURCES src/log/kafka_message.cpp LIBS wf_fuzz_log wf_kafka)
wf_fuzz(fence LIBS wf_fuzz_log)
wf_fuzz(decide LIBS wf_fuzz_bodies)
wf_fuzz(fold LIBS wf_fuzz_bodies wf_fuzz_storage)
wf_fuzz(target LIBS wf_fuzz_bodies wf_fuzz_gateway)
wf_fuzz(request LIBS wf_fuzz_gateway)
wf_fuzz(credentials LIBS wf_fuzz_gateway)
