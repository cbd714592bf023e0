# The packages Wayfold stands on, each behind one target; README says why each is there.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(absl REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS unit_test_framework)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(rocksdb REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
if(NOT WF_ASAN AND NOT WF_TSAN AND NOT WF_FUZZ) # they bring allocators of their own
  find_package(mimalloc REQUIRED)
endif()

# What `wayfold version` prints.
string(CONCAT wf_libraries "RocksDB ${rocksdb_VERSION},librdkafka ${rdkafka_VERSION},"
  "Boost ${Boost_VERSION},OpenSSL ${OPENSSL_VERSION},libsodium ${sodium_VERSION},"
  "simdjson ${simdjson_VERSION},fmt ${fmt_VERSION},xxHash ${xxhash_VERSION},"
  "CLI11 ${CLI11_VERSION}")
if(TARGET mimalloc)
  string(APPEND wf_libraries ",mimalloc ${mi_version}")
endif()

# In place of malloc for the whole process, so only executables link it; only src/malloc.cpp, which
# each of them gets, names its symbols.
add_library(wf_malloc INTERFACE)
if(TARGET mimalloc)
  target_sources(wf_malloc INTERFACE ${CMAKE_SOURCE_DIR}/src/malloc.cpp)
  target_link_libraries(wf_malloc INTERFACE mimalloc)
  target_link_options(wf_malloc INTERFACE -Wl,--no-as-needed)
endif()
add_library(wf_json INTERFACE)
target_link_libraries(wf_json INTERFACE PkgConfig::simdjson)
add_library(wf_crypto INTERFACE)
target_link_libraries(wf_crypto INTERFACE OpenSSL::Crypto PkgConfig::sodium PkgConfig::xxhash)
add_library(wf_time INTERFACE)
target_link_libraries(wf_time INTERFACE absl::time)
add_library(wf_rocksdb INTERFACE)
target_link_libraries(wf_rocksdb INTERFACE PkgConfig::rocksdb)
add_library(wf_kafka INTERFACE)
target_link_libraries(wf_kafka INTERFACE PkgConfig::rdkafka)
# Asio's and Beast's own code is compiled once, by gateway/asio_impl.cpp.
add_library(wf_http INTERFACE)
target_link_libraries(wf_http INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto fmt::fmt)
target_compile_definitions(wf_http INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
# S2 has no package file; absl::flat_hash_map is for rebuilds.
find_library(S2_LIBRARY s2 REQUIRED)
add_library(wf_s2 INTERFACE)
target_link_libraries(wf_s2 INTERFACE ${S2_LIBRARY} absl::strings absl::hash absl::flat_hash_map)
