// Fuzzes what lies on the log's disk: record headers (their checksum made right), blocks and
// positions.
#include "log/record.h"

#include <vector>

#include "base/check.h"
#include "fuzz/checksum.h"
#include "fuzz/input.h"
#include "log/position.h"
#include "log/rocks_block.h"
#include "log/test_records.h"

namespace wf::fuzz {
namespace {

// A header that decodes is written so that it decodes to the same. Ours leave out what is not set;
// one that spells it out (a link of number 0) is shorter after that.
void header(std::string_view bytes) {
  Record record;
  if (!read_header(bytes, record)) return;
  std::string written;
  append_header(written, record);
  Record again;
  WF_CHECK(read_header(written, again).has_value());
  std::string once_more;
  append_header(once_more, again);
  WF_CHECK(once_more == written);
}

std::vector<Record> records_of(std::string_view block) {
  std::vector<Record> found;
  auto walk = rocks::BlockWalk::open(block, 0);
  while (walk && !walk->at_end()) {
    Record record;
    const auto next = walk->next(record);
    if (!next) break;
    if (*next) found.push_back(record);
  }
  return found;
}

// Any bytes as a block; what its records are packed into holds the same records.
void block(std::string_view bytes) {
  const auto odd = [](const Record& record) { return record.offset % 2 != 0; };
  const auto less = rocks::without(bytes, 0, odd);
  if (less) {
    for (const Record& record : records_of(*less)) WF_CHECK(!odd(record));
  }
  std::vector<Record> records = records_of(bytes);
  if (records.empty()) return;
  const std::string packed = rocks::pack(records);
  const std::vector<Record> again = records_of(packed);
  WF_CHECK(again.size() == records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    WF_CHECK(test::difference(records[i], again[i]).empty());
  }
}

// Lines' worth of bytes, each as one record's header, all in one block.
void packed(Input input) {
  std::vector<std::string> headers;
  std::vector<Record> records;
  while (!input.empty()) headers.push_back(with_checksum(input.line()));
  for (const std::string& bytes : headers) {
    Record record;
    if (!read_header(bytes, record)) continue;
    if (!record.link) record.link = {};
    records.push_back(record);
  }
  if (!records.empty()) block(rocks::pack(records));
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wf::fuzz::Input input(data, size);
  wf::fuzz::header(input.rest());
  wf::fuzz::header(wf::fuzz::with_checksum(input.rest()));
  wf::fuzz::block(input.rest());
  wf::fuzz::packed(input);
  if (const auto position = wf::position_of(input.rest())) {
    WF_CHECK(wf::position_of(wf::bytes_of(*position)) == position);
  }
  return 0;
}
