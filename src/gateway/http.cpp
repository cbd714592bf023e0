// Header look-up, RFC 9457 problems and the serialisation of an answer's head.
#include "gateway/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/check.h"

namespace wf::gateway {
namespace {

struct Status {
  int code;
  std::string_view phrase;
};

constexpr std::array statuses{
    Status{200, "OK"},
    Status{201, "Created"},
    Status{202, "Accepted"},
    Status{204, "No Content"},
    Status{301, "Moved Permanently"},
    Status{302, "Found"},
    Status{303, "See Other"},
    Status{304, "Not Modified"},
    Status{307, "Temporary Redirect"},
    Status{308, "Permanent Redirect"},
    Status{400, "Bad Request"},
    Status{401, "Unauthorized"},
    Status{402, "Payment Required"},
    Status{403, "Forbidden"},
    Status{404, "Not Found"},
    Status{405, "Method Not Allowed"},
    Status{406, "Not Acceptable"},
    Status{408, "Request Timeout"},
    Status{409, "Conflict"},
    Status{410, "Gone"},
    Status{412, "Precondition Failed"},
    Status{413, "Content Too Large"},
    Status{415, "Unsupported Media Type"},
    Status{417, "Expectation Failed"},
    Status{422, "Unprocessable Content"},
    Status{426, "Upgrade Required"},
    Status{428, "Precondition Required"},
    Status{429, "Too Many Requests"},
    Status{431, "Request Header Fields Too Large"},
    Status{500, "Internal Server Error"},
    Status{501, "Not Implemented"},
    Status{502, "Bad Gateway"},
    Status{503, "Service Unavailable"},
    Status{504, "Gateway Timeout"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool control(char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; }

// Whether one of the member's parameters is q=0, q=0.0 …
bool weighs_nothing(std::string_view member) {
  for (std::size_t at = member.find(';'); at != std::string_view::npos; at = member.find(';')) {
    member.remove_prefix(at + 1);
    const std::string_view one = trimmed(member.substr(0, member.find(';')));
    if (one.size() < 3 || lower(one[0]) != 'q' || one[1] != '=' || one[2] != '0') continue;
    return one.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

// 1xx, 204 and 304 have no body and say no length (RFC 9110, 8.6).
bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return lower(x) == lower(y);
         });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Header& field : fields_) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> members_of(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> members;
  for (const Header& field : headers) {
    if (!equal_ignoring_case(field.name, name)) continue;
    std::string_view list = field.value;
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(','), list.size());
      const std::string_view one = trimmed(list.substr(0, end));
      if (!one.empty()) members.push_back(one);
      list.remove_prefix(std::min(end + 1, list.size()));
    }
  }
  return members;
}

bool lists(const Headers& headers, std::string_view name, std::string_view member) {
  const auto members = members_of(headers, name);
  return std::any_of(members.begin(), members.end(), [&](std::string_view one) {
    const std::size_t end = std::min(one.find(';'), one.size());
    return equal_ignoring_case(trimmed(one.substr(0, end)), member) && !weighs_nothing(one);
  });
}

void Response::add(std::string_view name, std::string_view value) {
  headers.append(name).append(": ");
  const auto at = static_cast<std::ptrdiff_t>(headers.size());
  headers.append(value).append("\r\n");
  std::replace_if(headers.begin() + at, headers.end() - 2, control, ' ');
}

std::string_view reason_phrase(int status) {
  const auto found = std::find_if(
      statuses.begin(), statuses.end(), [status](const Status& s) { return s.code == status; });
  return found == statuses.end() ? "Unknown" : found->phrase;
}

Response problem(int status, std::string_view code, std::string_view detail) {
  WF_CHECK(detail.find_first_of("\"\\\r\n\t") == detail.npos);
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body =
      fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"code":"{}","detail":"{}"}})",
                  reason_phrase(status),
                  status,
                  code,
                  detail);
  return response;
}

Response retry_later(std::string_view code, std::string_view detail) {
  Response response = problem(503, code, detail);
  response.add("Retry-After", "1");
  return response;
}

void append_head(std::string& out,
                 const Response& response,
                 std::string_view date,
                 bool keep_alive) {
  if (response.status == 200) {
    out.append("HTTP/1.1 200 OK\r\nDate: ");
  } else {
    out.append("HTTP/1.1 ").append(fmt::format_int(response.status).c_str()).append(" ");
    out.append(reason_phrase(response.status)).append("\r\nDate: ");
  }
  out.append(date);
  if (may_have_body(response.status)) {
    if (!response.content_type.empty()) {
      out.append("\r\nContent-Type: ").append(response.content_type);
    }
    if (!response.endless) {
      out.append("\r\nContent-Length: ").append(fmt::format_int(response.bytes().size()).c_str());
    }
  }
  out.append(keep_alive ? "\r\n" : "\r\nConnection: close\r\n");
  out.append(response.headers).append("\r\n");
}

std::string_view HttpDate::at(std::int64_t unix_seconds) {
  if (unix_seconds == second_) return text_;
  second_ = unix_seconds;
  const std::time_t time = unix_seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> buffer{};  // the C locale's names: nothing here calls setlocale
  const std::size_t size =
      std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  text_.assign(buffer.data(), size);
  return text_;
}

}  // namespace wf::gateway
