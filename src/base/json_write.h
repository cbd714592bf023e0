// Pieces of JSON text appended to a string, for generated encoders. Any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

// Quoted; escapes only what RFC 8259 and RFC 8785 must have escaped. `text` is UTF-8.
void append_json_string(std::string& out, std::string_view text);
void append_int(std::string& out, std::int64_t value);
void append_bool(std::string& out, bool value);
void append_uuid(std::string& out, const Uuid& id);     // quoted
void append_instant(std::string& out, Instant at);      // quoted
void append_point(std::string& out, const Point& at);   // [lon,lat], exact: at most seven decimals
void append_money(std::string& out, const Money& sum);  // {"minor":1250,"currency":"EUR"}

}  // namespace wf
