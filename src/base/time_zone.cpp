// Local time by IANA zone; the only file that includes Abseil's time.
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"

namespace wf {
namespace {

const absl::TimeZone& zone_of(const void* zone) {
  return *static_cast<const absl::TimeZone*>(zone);
}

// A caller's text may name any file below the zone database: only names IANA could give are looked
// up, and not what a machine holds beside them: its local time, or zones with leap seconds.
bool plausible(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/') return false;
  if (name.find("//") != name.npos) return false;  // another spelling of a name
  for (const std::string_view other : {"localtime", "posixrules", "Factory"}) {
    if (name == other) return false;
  }
  if (name.starts_with("right/") || name.starts_with("posix/")) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '/' && c != '_' && c != '-' && c != '+') return false;
  }
  return true;
}

// Abseil remembers every name it was asked for, for ever: it is asked only for what is there.
bool is_there(std::string_view name) {
  const char* const elsewhere = std::getenv("TZDIR");  // as Abseil does
  const bool given = elsewhere != nullptr && *elsewhere != '\0';
  const std::filesystem::path database(given ? elsewhere : "/usr/share/zoneinfo");
  std::error_code error;
  return std::filesystem::is_regular_file(database / name, error);
}

int iso_weekday(absl::Weekday day) { return static_cast<int>(day) + 1; }  // both start on Monday

}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<absl::TimeZone>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto at = known.find(name); at != known.end()) return TimeZone(at->second.get());
  absl::TimeZone zone;
  if (!plausible(name) || !is_there(name)) return std::nullopt;
  if (!absl::LoadTimeZone(std::string(name), &zone)) return std::nullopt;
  const auto at = known.emplace(name, std::make_unique<absl::TimeZone>(zone)).first;
  return TimeZone(at->second.get());
}

LocalTime TimeZone::local(Instant at) const {
  const absl::CivilSecond civil = zone_of(zone_).At(absl::FromUnixMicros(at.us)).cs;
  return {static_cast<int>(civil.year()),
          civil.month(),
          civil.day(),
          iso_weekday(absl::GetWeekday(civil)),
          civil.hour() * 60 + civil.minute()};
}

Instant TimeZone::instant(int year, int month, int day, int minute) const {
  const absl::CivilSecond civil(year, month, day, 0, minute, 0);
  const absl::TimeZone::TimeInfo info = zone_of(zone_).At(civil);
  const bool gap = info.kind == absl::TimeZone::TimeInfo::SKIPPED;
  return {absl::ToUnixMicros(gap ? info.trans : info.pre)};
}

}  // namespace wf
