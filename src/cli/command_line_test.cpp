// What is said to somebody who does not know yet what to type.
#include "cli/command_line.h"

#include "cli/engine_fixture.h"

namespace wf::cli::command_line_test {
namespace {

Action declare_greet(const Arguments&, Setup& setup) {
  return [&setup] {
    setup.out.line("hello");
    return Exit::ok;
  };
}

// `run` of the fixture, with the arguments as they are.
Ran typed(std::vector<std::string> arguments) {
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  Exit exit{};
  {
    Setup setup(0, fileno(out), fileno(err));
    const Subcommand table[] = {{"greet", "says hello", "  wayfold greet\n", declare_greet},
                                {"version", "says which", "", declare_greet}};
    exit = run_command_line(table, arguments, setup);
  }
  return {exit, take(out), take(err)};
}

BOOST_AUTO_TEST_SUITE(command_line_tests)

BOOST_AUTO_TEST_CASE(output_that_a_full_disk_cut_is_no_success) {
  std::FILE* out = std::fopen("/dev/full", "w");
  std::FILE* err = std::tmpfile();
  BOOST_REQUIRE(out != nullptr);
  {
    Setup setup(0, fileno(out), fileno(err));
    const Subcommand table[] = {{"greet", "says hello", "  wayfold greet\n", declare_greet}};
    const std::vector<std::string> arguments = {"greet"};
    BOOST_TEST((run_command_line(table, arguments, setup) == Exit::failed));
  }
  std::fclose(out);
  BOOST_TEST(take(err).find("the output was cut") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_is_given_however_it_is_asked_for) {
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"help"}, {"--help"}, {"-h"}}) {
    const Ran ran = typed(asked);
    BOOST_TEST((ran.exit == Exit::ok));
    BOOST_TEST(ran.out.find("says hello") != std::string::npos);
  }
  BOOST_TEST(typed({"help"}).out.find("70 the embedded log's disk") != std::string::npos);
  BOOST_TEST((typed({}).exit == Exit::usage));
  BOOST_TEST(typed({}).out.find("says hello") != std::string::npos);
  const Ran of_one = typed({"help", "greet"});
  BOOST_TEST((of_one.exit == Exit::ok));
  BOOST_TEST(of_one.out == typed({"greet", "--help"}).out);
  BOOST_TEST(of_one.out.find("wayfold greet\n") != std::string::npos);
  BOOST_TEST(typed({"--version"}).out == "hello\n");
}

BOOST_AUTO_TEST_CASE(what_is_typed_wrong_is_named_with_where_to_look) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"gret"}, {"help", "gret"}}) {
    const Ran ran = typed(wrong);
    BOOST_TEST((ran.exit == Exit::usage));
    BOOST_TEST(ran.err == "wayfold: no subcommand 'gret'; `wayfold help` lists them\n");
  }
  const Ran option = typed({"greet", "--loud"});
  BOOST_TEST((option.exit == Exit::usage));
  BOOST_TEST(option.err.ends_with("--loud; see `wayfold help greet`\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::command_line_test
