// `wayfold version`: which build this is, and of which libraries.
#include <sstream>

#include "base/catalogue.h"
#include "base/json_write.h"
#include "cli/commands.h"

namespace wf::cli {
namespace {

// "NAME VERSION,NAME VERSION…", as CMake found them.
std::vector<std::string> libraries() {
  std::vector<std::string> all;
  std::istringstream in(WF_LIBRARIES);
  for (std::string one; std::getline(in, one, ',');) all.push_back(one);
  return all;
}

Exit print_version(Setup& setup) {
  std::string& out = setup.out.text();
  if (!setup.json) {
    out += "wayfold " WF_VERSION "\nbuild   ";
    out.append(catalogue().build).push_back('\n');
    for (const std::string& library : libraries()) {
      setup.out.line("with    " + library);
    }
    return Exit::ok;
  }
  out += R"({"version":")" WF_VERSION R"(","build":)";
  append_json_string(out, catalogue().build);
  out += R"(,"libraries":{)";
  bool first = true;
  for (const std::string& library : libraries()) {
    if (!std::exchange(first, false)) out += ',';
    const auto space = library.find(' ');
    append_json_string(out, library.substr(0, space));
    out += ':';
    append_json_string(out, library.substr(space + 1));
  }
  setup.out.line("}}");
  return Exit::ok;
}

}  // namespace

Action declare_version(const Arguments&, Setup& setup) {
  return [&setup] { return print_version(setup); };
}

}  // namespace wf::cli
