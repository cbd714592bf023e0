// The record header's bytes: version, kind, presence bits, the fields that are set, a checksum.
//
//   u8 version | u8 kind | u32 presence bits, little-endian | fields in order of their bits |
//   u32 low half of XXH3-64 of all before
//
// Ids take 16 bytes, numbers are varints (signed ones zigzag), instants other than `at` count from
// `at`. A bit's meaning never changes and is never reused: a new field takes a new bit.
#include <xxhash.h>

#include <cstring>

#include "log/record.h"

namespace wf {
namespace {

constexpr char record_version = 1;
constexpr std::size_t fixed_bytes = 6;  // version, kind, presence bits
constexpr std::size_t checksum_bytes = 4;
constexpr std::uint32_t known_bits = (1U << 24U) - 1;

std::uint64_t zigzag(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return (bits << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
}

std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>((bits >> 1U) ^ (~(bits & 1U) + 1));
}

// The differences of instants wrap around, so that any two can be told apart.
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

void put_u32(char* out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

std::uint32_t get_u32(const char* in) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(in[i])) << (8 * i);
  }
  return value;
}

bool known(std::uint8_t kind) {
  switch (static_cast<Kind>(kind)) {
    case Kind::command:
    case Kind::wake:
    case Kind::import_ended:
    case Kind::event:
    case Kind::send:
    case Kind::rejected:
    case Kind::nothing:
    case Kind::duplicate:
    case Kind::gap:
    case Kind::expired:
    case Kind::opened:
    case Kind::resumed:
    case Kind::trying:
    case Kind::log_id:
    case Kind::fact:
    case Kind::key:
    case Kind::forgotten:
      return true;
  }
  return false;
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  std::uint32_t bits() const { return bits_; }

  void id(unsigned bit, const Uuid& value) {
    if (value.nil()) return;
    mark(bit);
    out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
  }
  void number(unsigned bit, std::int64_t value, std::int64_t unset) {
    if (value == unset) return;
    mark(bit);
    varint(zigzag(value));
  }
  template <class Unsigned>
  void count(unsigned bit, Unsigned value) {
    if (value == 0) return;
    mark(bit);
    varint(value);
  }
  void instant(unsigned bit, Instant value, Instant from) {
    if (value == Instant{}) return;
    mark(bit);
    varint(zigzag(minus(value.us, from.us)));
  }
  void text(unsigned bit, std::string_view value) {
    if (value.empty()) return;
    mark(bit);
    varint(value.size());
    out_.append(value);
  }
  void link(unsigned bit, const Link& value) {
    if (!value) return;
    mark(bit);
    varint(value.topic.size());
    out_.append(value.topic);
    varint(value.partition);
    varint(value.n);
  }

 private:
  void mark(unsigned bit) { bits_ |= 1U << bit; }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_.push_back(static_cast<char>(value | 0x80U));
    out_.push_back(static_cast<char>(value));
  }

  std::string& out_;
  std::uint32_t bits_ = 0;
};

// Never reads past the end; after the first field that does not fit, ok() is false for good.
class Parser {
 public:
  Parser(std::string_view fields, std::uint32_t bits) : rest_(fields), bits_(bits) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  void id(unsigned bit, Uuid& value) {
    value = Uuid{};
    if (!has(bit)) return;
    const std::string_view bytes = take(value.bytes.size());
    if (ok_) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
  }
  void number(unsigned bit, std::int64_t& value, std::int64_t unset) {
    value = has(bit) ? unzigzag(varint()) : unset;
  }
  template <class Unsigned>
  void count(unsigned bit, Unsigned& value) {
    const std::uint64_t read = has(bit) ? varint() : 0;
    value = static_cast<Unsigned>(read);
    if (value != read) ok_ = false;
  }
  void instant(unsigned bit, Instant& value, Instant from) {
    value = has(bit) ? Instant{plus(unzigzag(varint()), from.us)} : Instant{};
  }
  void text(unsigned bit, std::string_view& value) {
    value = has(bit) ? take(varint()) : std::string_view{};
  }
  void link(unsigned bit, Link& value) {
    value = Link{};
    if (!has(bit)) return;
    value.topic = take(varint());
    const std::uint64_t partition = varint();
    value.partition = static_cast<std::uint32_t>(partition);
    if (value.partition != partition) ok_ = false;
    value.n = varint();
  }

 private:
  bool has(unsigned bit) const { return (bits_ & (1U << bit)) != 0; }
  std::string_view take(std::uint64_t bytes) {
    if (bytes > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string_view rest_;
  std::uint32_t bits_;
  bool ok_ = true;
};

// The one list of fields, for both ways. `at` comes before what is counted from it.
template <class Coder, class AnyRecord>
void each_field(Coder& coder, AnyRecord& record) {
  coder.id(0, record.id);
  coder.id(1, record.stream);
  coder.instant(2, record.at, Instant{});
  coder.id(3, record.correlation);
  coder.id(4, record.causation);
  coder.id(5, record.principal.value);
  coder.count(6, record.roles);
  coder.instant(7, record.expires, record.at);
  coder.instant(8, record.occurred_at, record.at);
  coder.id(9, record.import);
  coder.id(10, record.body);
  coder.number(11, record.if_match, -1);
  coder.count(12, record.hop);
  coder.link(13, record.link);
  coder.number(14, record.epoch, -1);
  coder.number(15, record.cause, -1);
  coder.count(16, record.index);
  coder.count(17, record.count);
  coder.number(18, record.next, -1);
  coder.count(19, record.version);
  coder.instant(20, record.appended, record.at);
  coder.instant(21, record.commanded, record.at);
  coder.id(22, record.origin);
  coder.text(23, record.origin_type);
}

}  // namespace

void append_header(std::string& out, const Record& record) {
  const std::size_t start = out.size();
  out.push_back(record_version);
  out.push_back(static_cast<char>(record.kind));
  out.append(4, '\0');
  Writer writer(out);
  each_field(writer, record);
  put_u32(out.data() + start + 2, writer.bits());
  const std::uint32_t sum = checksum(std::string_view(out).substr(start));
  out.append(checksum_bytes, '\0');
  put_u32(out.data() + out.size() - checksum_bytes, sum);
}

Result<void> read_header(std::string_view bytes, Record& record) {
  if (bytes.empty()) return fail(Code::corrupt, "record header: empty");
  if (bytes[0] != record_version) {
    return fail(Code::corrupt, "record header: a format version this build does not know");
  }
  if (bytes.size() < fixed_bytes + checksum_bytes) {
    return fail(Code::corrupt, "record header: too short");
  }
  const std::size_t body = bytes.size() - checksum_bytes;
  if (get_u32(bytes.data() + body) != checksum(bytes.substr(0, body))) {
    return fail(Code::corrupt, "record header: its checksum does not match");
  }
  const auto kind = static_cast<std::uint8_t>(bytes[1]);
  const std::uint32_t bits = get_u32(bytes.data() + 2);
  if (!known(kind) || (bits & ~known_bits) != 0) {
    return fail(Code::corrupt, "record header: a kind or field this build does not know");
  }
  record.kind = static_cast<Kind>(kind);
  Parser parser(bytes.substr(fixed_bytes, body - fixed_bytes), bits);
  each_field(parser, record);
  if (!parser.ok() || !parser.at_end()) {
    return fail(Code::corrupt, "record header: a field does not fit");
  }
  return {};
}

}  // namespace wf
