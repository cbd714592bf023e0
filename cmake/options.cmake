# Compiler flags shared by every layer, and the switches the presets set.
option(WF_ASAN "address and undefined behaviour sanitizers" OFF)
option(WF_TSAN "thread sanitizer" OFF)
option(WF_COVERAGE "gcov counters" OFF)
option(WF_FUZZ "libFuzzer targets (tests/fuzz), with both sanitizers; needs clang" OFF)
option(WF_PCH "one precompiled header of what most files include" ON)
# Not with clang: its -Wshadow warns of names in another file's anonymous namespace. So the builds
# of the sanitizers show what a file forgets to include.
string(COMPARE EQUAL "${CMAKE_CXX_COMPILER_ID}" GNU wf_gcc)
option(WF_UNITY "several files of a library at a time are one compilation" ${wf_gcc})

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_NOHASHDIR=1
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
endif()

add_library(wf_options INTERFACE)
target_compile_options(wf_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-declarations -Wswitch-enum -Werror
  -fno-omit-frame-pointer)
if(wf_gcc)  # a third of the time to link, a tenth less to compile
  target_link_options(wf_options INTERFACE -fuse-ld=gold)
  target_compile_options(wf_options INTERFACE --param=ggc-min-heapsize=1048576)  # KiB
endif()
if(WF_ASAN)
  target_compile_options(wf_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-sanitize=function) # clang 14 cannot assemble it for coroutines
  target_link_options(wf_options INTERFACE -fsanitize=address,undefined)
endif()
if(WF_TSAN)
  target_compile_options(wf_options INTERFACE -fsanitize=thread)
  target_link_options(wf_options INTERFACE -fsanitize=thread)
  target_compile_definitions(wf_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang) # no part of gcc's -Wpedantic; OpenAPI is a long text
  target_compile_options(wf_options INTERFACE -Wno-overlength-strings)
endif()
if(WF_FUZZ)
  target_compile_options(wf_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(wf_options INTERFACE -fsanitize=address,undefined)
endif()
if(WF_COVERAGE)
  target_compile_options(wf_options INTERFACE --coverage)
  target_link_options(wf_options INTERFACE --coverage)
endif()
