// Fuzzes the bytes of a connection: whole and in pieces they are the same requests (or nobody could
// tell what a proxy before us smuggles in); then what the handlers read of a request's headers.
#include "gateway/request_parser.h"

#include <cstring>
#include <vector>

#include "base/catalogue.h"
#include "base/check.h"
#include "fuzz/input.h"
#include "gateway/command_request.h"
#include "gateway/position.h"

namespace wf::fuzz {
namespace {

using gateway::Request;
using gateway::RequestParser;
using gateway::Response;
using Step = RequestParser::Step;

constexpr std::uint32_t importer = 1U << 3U;

gateway::Limits limits() {
  gateway::Limits made;
  made.header_bytes_max = 1024;
  made.headers_max = 16;
  made.body_bytes_max = 512;
  return made;
}

void read_headers(const Request& request) {
  static const GatewayConfig config;
  for (const std::uint32_t roles : {0U, importer}) {
    const auto headers = gateway::command_headers(
        request, {{}, roles, {}}, importer, config, Instant{1'000'000'000'000'000});
    if (const auto* refused = std::get_if<Response>(&headers)) {
      WF_CHECK(refused->status >= 400 && refused->status < 500);
      continue;
    }
    const auto& good = std::get<gateway::CommandHeaders>(headers);
    WF_CHECK(good.wait.us >= 0 && good.wait <= Duration::millis(config.wait_ms_max));
    WF_CHECK(good.if_match >= -1);
  }
  if (const auto text = request.headers.get("Wayfold-Position")) {
    const auto position = gateway::decode_position(*text);
    if (!position) return;
    const auto again =
        gateway::decode_position(gateway::encode_position(position->log, position->offsets));
    WF_CHECK(again && again->log == position->log);
    WF_CHECK(gateway::covers(again->offsets, position->offsets));
  }
}

void read_body(const Request& request) {
  gateway::Match match;
  match.count = 1;
  match.parameters[0] = request.path;
  for (const CommandType& type : catalogue().commands) {
    if (type.method.empty()) continue;
    const auto body = gateway::command_body(request, type, match);
    if (const auto* refused = std::get_if<Response>(&body)) {
      WF_CHECK(refused->status >= 400 && refused->status < 500);
    } else {
      WF_CHECK(std::get<JsonDocument>(body).root().is_object());
    }
  }
}

std::string text_of(const Request& request) {
  std::string text = std::to_string(static_cast<int>(request.method));
  text.append(request.head ? " head " : " ").append(request.path).append("?").append(request.query);
  for (const gateway::Header& header : request.headers) {
    text.append("\n").append(header.name).append(": ").append(header.value);
  }
  return text.append("\n\n").append(request.body);
}

// The requests that a connection's bytes are, given in pieces of at most `piece`. That what follows
// them is refused may be seen only when more has come.
std::vector<std::string> requests_of(std::string_view bytes, std::size_t piece) {
  static const gateway::Limits bounds = limits();
  RequestParser parser(bounds);
  std::vector<std::string> seen;
  for (;;) {
    switch (parser.step()) {
      case Step::need_more: {
        if (bytes.empty()) return seen;
        const auto room = parser.room();
        const std::size_t size = std::min({room.size(), bytes.size(), piece});
        std::memcpy(room.data(), bytes.data(), size);
        parser.received(size);
        bytes.remove_prefix(size);
        break;
      }
      case Step::expects_continue:
        break;
      case Step::ready:
        read_headers(parser.request());
        if (piece > 1) read_body(parser.request());
        seen.push_back(text_of(parser.request()));
        if (!parser.keep_alive() || parser.upgrade()) return seen;
        parser.next();
        break;
      case Step::refused:
        WF_CHECK(parser.refusal().status >= 400);
        return seen;
    }
  }
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  const std::size_t piece = 1 + input.byte();
  const auto whole = wf::fuzz::requests_of(input.rest(), size + 1);
  WF_CHECK(wf::fuzz::requests_of(input.rest(), piece) == whole);
  return 0;
}
