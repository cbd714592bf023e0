// RFC 3339 text of instants in both directions, and the wall clock.
#include "base/time.h"

#include <array>
#include <chrono>

namespace wf {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_day = 86'400 * us_per_second;

struct Date {
  int year;
  int month;
  int day;
};

Date date_of(std::int64_t days) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(days)}}};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day()))};
}

// Nothing if there is no such day.
std::optional<std::int64_t> days_of(const Date& date) {
  const std::chrono::year_month_day day{std::chrono::year{date.year},
                                        std::chrono::month{static_cast<unsigned>(date.month)},
                                        std::chrono::day{static_cast<unsigned>(date.day)}};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days{day}.time_since_epoch().count();
}

template <int width>
void put_digits(char* out, std::int64_t value) {
  auto left = static_cast<std::uint32_t>(value);  // dividing it costs half of what 64 bits do
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + left % 10);
    left /= 10;
  }
}

// Takes fixed pieces off the front of a text; failing once is failing for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  int digits(int width) {
    int value = 0;
    for (int i = 0; i < width; ++i) {
      if (!next_is_digit()) return fail();
      value = value * 10 + (*at_++ - '0');
    }
    return value;
  }
  // One of the two characters, or a failure.
  char one_of(char a, char b) {
    if (at_ == end_ || (*at_ != a && *at_ != b)) {
      fail();
      return '\0';
    }
    return *at_++;
  }
  void expect(char c) { one_of(c, c); }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // The digits after the point, cut to microseconds.
  std::int64_t fraction() {
    if (!next_is_digit()) return fail();
    std::int64_t us = 0;
    std::int64_t scale = us_per_second / 10;
    for (; next_is_digit(); ++at_, scale /= 10) us += (*at_ - '0') * scale;
    return us;
  }
  bool finished() const { return ok_ && at_ == end_; }

 private:
  bool next_is_digit() const { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
  int fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

// The offset's distance from UTC in seconds; 86,400 or more is out of range.
std::int64_t scan_offset(Scanner& scan) {
  constexpr std::int64_t out_of_range = 86'400;
  if (scan.take('Z') || scan.take('z')) return 0;
  const char sign = scan.one_of('+', '-');
  const int hours = scan.digits(2);
  scan.expect(':');
  const int minutes = scan.digits(2);
  if (hours > 23 || minutes > 59) return out_of_range;
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return sign == '-' ? -seconds : seconds;
}

// RFC 3339 allows second 60 only where a leap second can be: 23:59:60 UTC.
bool leap_second_fits(std::int64_t us_after) {
  return us_after % us_per_day < us_per_second && us_after % us_per_day >= 0;
}

}  // namespace

void Instant::append_to(std::string& out) const {
  std::int64_t days = us / us_per_day;
  std::int64_t rest = us % us_per_day;
  if (rest < 0) {
    rest += us_per_day;
    --days;
  }
  const Date date = date_of(days);
  const std::int64_t second = rest / us_per_second;
  std::array<char, 27> text;
  char* const at = text.data();
  put_digits<4>(at, date.year);
  at[4] = '-';
  put_digits<2>(at + 5, date.month);
  at[7] = '-';
  put_digits<2>(at + 8, date.day);
  at[10] = 'T';
  put_digits<2>(at + 11, second / 3600);
  at[13] = ':';
  put_digits<2>(at + 14, second / 60 % 60);
  at[16] = ':';
  put_digits<2>(at + 17, second % 60);
  std::size_t size = 19;
  if (const std::int64_t fraction = rest % us_per_second; fraction != 0) {
    at[19] = '.';
    put_digits<6>(at + 20, fraction);
    size = 26;
    while (at[size - 1] == '0') --size;
  }
  at[size++] = 'Z';
  out.append(at, size);
}

std::string Instant::text() const {
  std::string out;
  append_to(out);
  return out;
}

std::optional<Instant> Instant::parse(std::string_view text) {
  Scanner scan(text);
  const int year = scan.digits(4);
  scan.expect('-');
  const int month = scan.digits(2);
  scan.expect('-');
  const int day = scan.digits(2);
  scan.one_of('T', 't');
  const int hour = scan.digits(2);
  scan.expect(':');
  const int minute = scan.digits(2);
  scan.expect(':');
  const int second = scan.digits(2);
  const std::int64_t fraction = scan.take('.') ? scan.fraction() : 0;
  const std::int64_t offset = scan_offset(scan);
  if (!scan.finished() || year < 1 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  if (offset >= 86'400) return std::nullopt;
  const auto days = days_of({year, month, day});
  if (!days) return std::nullopt;
  const Instant at{*days * us_per_day +
                   (hour * 3600 + minute * 60 + second - offset) * us_per_second + fraction};
  if (at.us < Instant::us_min || at.us > Instant::us_max) return std::nullopt;  // by its offset
  if (second == 60 && !leap_second_fits(at.us)) return std::nullopt;
  return at;
}

Instant wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

}  // namespace wf
