// The outcomes decided in one batch: records whose texts live beside them until they are appended.
// One thread.
#pragma once
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace wf {

class Outcomes {
 public:
  // Keeps a text for as long as the batch lives.
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  void begin() { first_ = records_.size(); }
  Record& add(const Record& record) { return records_.emplace_back(record); }
  std::span<Record> current() { return std::span(records_).subspan(first_); }
  // Drops what came after the first `keep`.
  void cancel(std::size_t keep) { records_.resize(first_ + keep); }

  // Gives every record of the outcome its index and the count.
  void end() {
    const auto count = static_cast<std::uint32_t>(records_.size() - first_);
    for (std::uint32_t i = 0; i < count; ++i) {
      bytes_ += records_[first_ + i].payload.size();
      records_[first_ + i].index = i;
      records_[first_ + i].count = count;
    }
    ++outcomes_;
  }

  const std::vector<Record>& records() const { return records_; }
  std::size_t outcomes() const { return outcomes_; }
  std::size_t bytes() const { return bytes_; }  // of the payloads of ended outcomes

 private:
  std::deque<std::string> texts_;
  std::vector<Record> records_;
  std::size_t first_ = 0;
  std::size_t outcomes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace wf
