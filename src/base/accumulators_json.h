// How accumulators stand in a stored row. For generated code.
#pragma once
#include <string>

#include "base/accumulators.h"
#include "base/codec.h"
#include "base/json_cursor.h"
#include "base/json_write.h"

namespace wf {

inline void read_json(JsonCursor& in, std::int64_t& out) { out = in.int64(); }
inline void read_json(JsonCursor& in, bool& out) { out = in.boolean(); }
inline void read_json(JsonCursor& in, std::string& out) { in.string(out); }
inline void read_json(JsonCursor& in, Instant& out) { out = in.instant(); }
inline void read_json(JsonCursor& in, Money& out) { out = in.money(); }
inline void read_json(JsonCursor& in, Point& out) { out = in.point(); }
template <class Tag>
void read_json(JsonCursor& in, Id<Tag>& out) {
  out.value = in.uuid();
}

inline void write_json(std::string& out, std::int64_t value) { append_int(out, value); }
inline void write_json(std::string& out, bool value) { append_bool(out, value); }
inline void write_json(std::string& out, const std::string& value) {
  append_json_string(out, value);
}
inline void write_json(std::string& out, Instant value) { append_instant(out, value); }
inline void write_json(std::string& out, const Money& value) { append_money(out, value); }
inline void write_json(std::string& out, const Point& value) { append_point(out, value); }
template <class Tag>
void write_json(std::string& out, const Id<Tag>& value) {
  append_uuid(out, value.value);
}

template <class T>
void read_json(JsonCursor& in, std::optional<T>& out) {
  if (!in.take_null()) read_json(in, out.emplace());
}
template <class T>
void write_json(std::string& out, const std::optional<T>& value) {
  if (value) {
    write_json(out, *value);
  } else {
    out += "null";
  }
}

inline void read_json(JsonCursor& in, Count& out) { out.count = in.int64(); }
inline void write_json(std::string& out, const Count& part) { append_int(out, part.count); }

template <class T>
void read_json(JsonCursor& in, Sum<T>& out) {
  read_json(in, out.sum);
}
template <class T>
void write_json(std::string& out, const Sum<T>& part) {
  write_json(out, part.sum);
}

template <class T>
void read_json(JsonCursor& in, Max<T>& out) {
  read_json(in, out.value);
}
template <class T>
void write_json(std::string& out, const Max<T>& part) {
  write_json(out, part.value);
}

template <class T>
void read_json(JsonCursor& in, Min<T>& out) {
  read_json(in, out.value);
}
template <class T>
void write_json(std::string& out, const Min<T>& part) {
  write_json(out, part.value);
}

template <class T>
void read_json(JsonCursor& in, Set<T>& out) {
  in.begin_array();
  while (in.next_element()) {
    T one{};
    read_json(in, one);
    out.values.insert(out.values.end(), std::move(one));
  }
}
template <class T>
void write_json(std::string& out, const Set<T>& part) {
  out += '[';
  for (const T& one : part.values) {
    write_json(out, one);
    out += ',';
  }
  close_json(out, ']');
}

template <class T>
void read_json(JsonCursor& in, Latest<T>& out) {  // [value, at, event]
  in.begin_array();
  if (!in.next_element()) return in.fail();
  read_json(in, out.value);
  if (!in.next_element()) return in.fail();
  out.at = in.instant();
  if (!in.next_element()) return in.fail();
  out.event = in.uuid();
  if (in.next_element()) in.fail();
}
template <class T>
void write_json(std::string& out, const Latest<T>& part) {
  out += '[';
  write_json(out, part.value);
  out += ',';
  append_instant(out, part.at);
  out += ',';
  append_uuid(out, part.event);
  out += ']';
}

}  // namespace wf
