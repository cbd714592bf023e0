// Changes of a store: keys and values as views into blocks of bytes.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace wf {

struct Edit {
  std::string_view key;
  std::string_view value;
  bool erase = false;  // the key goes
};

// Bytes that stay where they are as long as it lives, or what it was moved to.
class Blocks {
 public:
  Blocks() = default;
  Blocks(Blocks&& other) noexcept { *this = std::move(other); }
  Blocks& operator=(Blocks&& other) noexcept;  // the other one is empty then

  std::string_view keep(std::string_view bytes);
  std::size_t bytes() const { return bytes_; }  // in memory

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;  // what is left of the last one
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

// What a batch changes; its edits point into its blocks.
struct Changes {
  std::vector<Edit> rows;    // in the order they were sealed
  std::vector<Edit> others;  // index entries, quarantine records and the like, in any order
  Blocks blocks;

  void put_row(std::string_view key, std::string_view value) {
    rows.push_back({blocks.keep(key), blocks.keep(value)});
  }
  void put(std::string_view key, std::string_view value) {
    others.push_back({blocks.keep(key), blocks.keep(value)});
  }
  void erase(std::string_view key) { others.push_back({blocks.keep(key), {}, true}); }
};

void sort_by_key(std::span<Edit> edits);

}  // namespace wf
