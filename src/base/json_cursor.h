// A quick pull reader for JSON that Wayfold itself wrote: log records, states, rows. Clients'
// bodies: base/json.h.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

// Reads one text front to back. Any text is safe, but it is less strict than RFC 8259: UTF-8 is not
// checked, and what skip() and raw() step over is only balanced. The first thing that does not fit
// makes ok() false for good; from then on reads give zero values and loops end, so a codec checks
// finished() once, at its end. One thread; the text must outlive the cursor.
//
//   cursor.begin_object();
//   for (std::string_view key; cursor.next_key(key);) {
//     if (key == "minor") sum = cursor.int64();
//     else cursor.skip();
//   }
//   if (!cursor.finished()) return fail(Code::corrupt, …);
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  void begin_object() { begin('{'); }
  // False at the object's end. The key is valid until the next call of any function.
  bool next_key(std::string_view& key);
  void begin_array() { begin('['); }
  bool next_element();

  bool take_null();  // takes a null if one is next
  bool boolean();
  std::int64_t int64();  // no fraction, no exponent
  void string(std::string& out);
  std::string_view string_view();  // valid until the next call of any function
  Uuid uuid();
  Instant instant();
  Point point();
  Money money();
  std::string_view raw();  // the next value's text as it stands
  void skip() { raw(); }

  void fail();  // for a codec that finds a value it cannot take
  bool ok() const { return ok_; }
  // Nothing failed and nothing but white space is left.
  bool finished();

 private:
  void begin(char open);
  void skip_space();
  bool peek(char c);
  bool take(char c);
  bool take_word(std::string_view word);
  std::optional<std::int32_t> exponent_e7(std::int32_t degrees_max);
  std::int32_t degrees_e7(std::int32_t degrees_max);
  void unescape();
  void unescape_unicode();
  unsigned hex4();

  const char* at_;
  const char* end_;
  bool first_ = false;  // just after an opening bracket: no comma is due
  bool ok_ = true;
  std::string scratch_;  // a string that had escapes
};

}  // namespace wf
