// Parts of a row whose value does not depend on the order of events. Values; add() may throw, which
// parks the row.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "base/context.h"
#include "base/money.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

struct Count {
  std::int64_t count = 0;

  void add() { ++count; }
  bool operator==(const Count&) const = default;
};

inline void add_to(std::int64_t& sum, std::int64_t value) {
  if (__builtin_add_overflow(sum, value, &sum)) throw std::overflow_error("a sum beyond 64 bits");
}

// For one number made of several.
inline void take_from(std::int64_t& sum, std::int64_t value) {
  if (__builtin_sub_overflow(sum, value, &sum)) throw std::overflow_error("a sum beyond 64 bits");
}

// Of one currency: a sum has none (XXX) until the first amount brings it.
inline void add_to(Money& sum, const Money& value) {
  if (sum.currency == Money{}.currency) sum.currency = value.currency;
  if (sum.currency != value.currency) throw std::domain_error("a sum of two currencies");
  add_to(sum.minor, value.minor);
}

template <class T>
struct Sum {
  T sum{};

  void add(const T& value) { add_to(sum, value); }
  bool operator==(const Sum&) const = default;
};

template <class T>
struct Max {
  std::optional<T> value;

  void add(const T& one) {
    if (!value || *value < one) value = one;
  }
  bool operator==(const Max&) const = default;
};

template <class T>
struct Min {
  std::optional<T> value;

  void add(const T& one) {
    if (!value || one < *value) value = one;
  }
  bool operator==(const Min&) const = default;
};

template <class T>
struct Set {
  std::set<T> values;

  void add(const T& one) { values.insert(one); }
  bool operator==(const Set&) const = default;
};

// The value of the event latest by time; among those of one time, of the one with the highest id.
template <class T>
struct Latest {
  std::optional<T> value;
  Instant at;
  Uuid event;

  void add(const T& one, const Meta& meta) {
    if (value && (meta.at < at || (meta.at == at && meta.id < event))) return;
    value = one;
    at = meta.at;
    event = meta.id;
  }
  bool operator==(const Latest&) const = default;
};

// "2026-11-21": how a key part `day:FIELD` names a UTC day.
inline std::string utc_day(Instant at) { return at.text().substr(0, 10); }

}  // namespace wf
