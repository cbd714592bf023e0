// The secrets file: JSON, a base64url member per key, written beside and moved into its place.
#include "gateway/secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/check.h"
#include "base/encoding.h"
#include "base/errno_code.h"
#include "base/json.h"

namespace wf::gateway {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t file_size_max = 64 * 1024;
constexpr std::size_t masters_max = 64;

struct File {
  explicit File(int opened) : fd(opened) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd;
};

tl::unexpected<Error> io_error(const std::string& path, std::string_view what) {
  const int why = errno;
  return fail(code_of_errno(why), fmt::format("{}: {}: {}", path, what, std::strerror(why)));
}

Result<std::string> read_private(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0 && errno == ENOENT) return fail(Code::not_found, path + " does not exist");
  if (file.fd < 0) return io_error(path, "open");
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return io_error(path, "stat");
  if ((status.st_mode & 077U) != 0) {
    return fail(Code::forbidden, path + " may be read by others than its owner: chmod 600");
  }
  std::string text(file_size_max, '\0');
  const ssize_t size = ::read(file.fd, text.data(), text.size());
  if (size < 0) return io_error(path, "read");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<Secret> secret_of(const std::optional<Json>& json) {
  if (!json || !json->is_string()) return std::nullopt;
  auto bytes = from_base64url(json->as_string());
  if (!bytes || bytes->size() != key_size) return std::nullopt;
  Secret secret(*bytes);
  wipe(*bytes);
  return secret;
}

std::optional<SecretBytes> parse(Json json) {
  if (!json.is_object()) return std::nullopt;
  auto signing = secret_of(json.find("signing"));
  auto pepper = secret_of(json.find("pepper"));
  auto fingerprint = secret_of(json.find("fingerprint"));
  auto refresh = secret_of(json.find("refresh"));
  const auto masters = json.find("masters");
  if (!signing || !pepper || !fingerprint || !refresh || !masters || !masters->is_array()) {
    return std::nullopt;
  }
  SecretBytes bytes{
      std::move(*signing), {}, std::move(*pepper), std::move(*fingerprint), std::move(*refresh)};
  for (const Json one : masters->elements()) {
    auto master = secret_of(one);
    if (!master) return std::nullopt;
    bytes.masters.push_back(std::move(*master));
  }
  if (bytes.masters.empty()) return std::nullopt;
  if (const auto log = json.find("log")) {
    const auto id = log->is_string() ? Uuid::parse(log->as_string()) : std::nullopt;
    if (!id) return std::nullopt;
    bytes.log = *id;
  }
  return bytes;
}

std::string text_of(const SecretBytes& bytes) {
  const auto member = [](const Secret& secret) { return to_base64url(secret.reveal()); };
  std::string masters;
  for (const Secret& master : bytes.masters) {
    masters += fmt::format("{}\"{}\"", masters.empty() ? "" : ", ", member(master));
  }
  return fmt::format(
      "{{\n{}  \"signing\": \"{}\",\n  \"masters\": [{}],\n  \"pepper\": \"{}\",\n"
      "  \"fingerprint\": \"{}\",\n  \"refresh\": \"{}\"\n}}\n",
      bytes.log.nil() ? "" : fmt::format("  \"log\": \"{}\",\n", bytes.log.text()),
      member(bytes.signing),
      masters,
      member(bytes.pepper),
      member(bytes.fingerprint),
      member(bytes.refresh));
}

Result<void> sync_directory(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const File directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY));
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) return io_error(path, "sync its directory");
  return {};
}

// A whole file beside `path`, on the disk; nobody else can open it.
Result<std::string> write_beside(const std::string& path, const SecretBytes& bytes) {
  std::string text = text_of(bytes);
  std::string beside = fmt::format("{}.{}", path, to_hex(random_bytes(8)));
  const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd < 0) return io_error(beside, "create");
  const ssize_t written = ::write(file.fd, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  wipe(text);
  if (!whole || ::fsync(file.fd) != 0) {
    ::unlink(beside.c_str());
    return io_error(beside, "write");
  }
  return beside;
}

}  // namespace

Secrets::Secrets(SecretBytes bytes)
    : signing(bytes.signing),
      pepper(bytes.pepper),
      fingerprint(bytes.fingerprint),
      refresh(bytes.refresh),
      cursors(fingerprint.mac("cursors").view()) {
  WF_CHECK(!bytes.masters.empty());
  const Ed25519PublicKey key = signing.public_key();
  kid = to_base64url(sha256({reinterpret_cast<const char*>(key.data()), key.size()}).view())
            .substr(0, 16);
  for (Secret& master : bytes.masters) {
    std::string id = to_hex(sha256(master.reveal()).view()).substr(0, 16);
    masters.push_back({std::move(id), std::move(master)});
  }
}

SecretBytes random_secrets() {
  SecretBytes bytes{Secret::random(key_size),
                    {},
                    Secret::random(key_size),
                    Secret::random(key_size),
                    Secret::random(key_size)};
  bytes.masters.push_back(Secret::random(key_size));
  return bytes;
}

Result<SecretBytes> load_secrets(const std::string& path) {
  auto text = read_private(path);
  if (!text) return tl::unexpected(text.error());
  const auto document = parse_json(*text);
  wipe(*text);
  std::optional<SecretBytes> bytes;
  if (document) bytes = parse(document->root());
  if (!bytes) return fail(Code::corrupt, path + " is not a whole secrets file");
  return std::move(*bytes);
}

Result<SecretBytes> load_or_make_secrets(const std::string& path, const Uuid& log) {
  auto loaded = load_secrets(path);
  if (loaded || loaded.error().code != Code::not_found) return loaded;
  SecretBytes made = random_secrets();
  made.log = log;
  const auto beside = write_beside(path, made);
  if (!beside) return tl::unexpected(beside.error());
  const bool linked = ::link(beside->c_str(), path.c_str()) == 0;  // fails if another was faster
  const int why = errno;
  ::unlink(beside->c_str());
  errno = why;
  if (!linked && errno != EEXIST) return io_error(path, "link");
  if (auto synced = sync_directory(path); !synced) return tl::unexpected(synced.error());
  return load_secrets(path);
}

Result<void> add_master_key(const std::string& path) {
  auto bytes = load_secrets(path);
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->masters.size() >= masters_max) {
    return fail(Code::full, fmt::format("{} holds {} master keys", path, masters_max));
  }
  bytes->masters.insert(bytes->masters.begin(), Secret::random(key_size));
  const auto beside = write_beside(path, *bytes);
  if (!beside) return tl::unexpected(beside.error());
  if (::rename(beside->c_str(), path.c_str()) != 0) return io_error(path, "rename");
  return sync_directory(path);
}

}  // namespace wf::gateway
