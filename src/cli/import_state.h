// What an import has done so far, in a file that a later run of the same import goes on from.
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/uuid.h"

namespace wf::cli {

// How one line was answered.
struct ImportAnswer {
  int status = 0;
  std::string id = {};        // of what it created; empty: none
  std::string code = {};      // of a refusal; empty: accepted
  std::string detail = {};    // of a refusal, for people
  std::string position = {};  // Wayfold-Position: what a table must have read to know of it

  bool accepted() const { return code.empty(); }
};

// One thread at a time. A crash loses the last few answers at most; their lines are sent again,
// with the same keys, and get the same answers.
class ImportState {
 public:
  // Goes on with the file at `path` if it is of the same input, and of the same import unless
  // `import` is nil, else Code::mismatch. Of a new file, or with an empty path (nothing is kept),
  // the import is `import`, or if that is nil one that only this input has.
  static Result<ImportState> open(const std::string& path,
                                  const std::string& input,
                                  const Uuid& import);

  const Uuid& import() const { return import_; }

  // Those of earlier runs that were not taken.
  const std::map<std::uint64_t, ImportAnswer>& answers() const { return answers_; }
  std::optional<ImportAnswer> take(std::uint64_t line);
  // Into the file only: there may be tens of millions.
  void add(std::uint64_t line, const ImportAnswer& answer);
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Uuid import_;
  std::map<std::uint64_t, ImportAnswer> answers_;  // by line, from 1
  std::unique_ptr<std::FILE, Close> file_;
};

// Names an input by its size, its first and its last MiB. Code::not_found if it cannot be read.
Result<std::string> input_name(const std::string& path);

}  // namespace wf::cli
