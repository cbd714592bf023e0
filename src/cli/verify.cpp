// `wayfold verify`: a table's stored digest, its rows, and a refold of the log at the same place.
#include "storage/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "base/encoding.h"
#include "base/json_write.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "cli/stop_signal.h"
#include "cli/table_copy.h"
#include "cli/table_names.h"
#include "cli/tool_log.h"
#include "runtime/rebuild.h"

namespace wf::cli {
namespace {

struct Proof {
  Totals stored;
  Totals scanned;
  Totals refolded;
  std::string key;    // of the first row that differs, hex; empty: none
  std::string why;    // empty: all three are equal
  std::string store;  // what the store serves for that key
  std::string log;    // what the log says it should be
};

class Verifier {
 public:
  Verifier(Setup& setup, const ProcessConfig& process, Log& log, const ScratchDir& scratch)
      : setup_(setup), process_(process), log_(log), scratch_(scratch) {}

  Result<std::shared_ptr<TableStore>> open(const TableType& type) const {
    return open_table_copy(process_, type, resources_, log_.id(), scratch_);
  }

  Result<Proof> verify(const TableType& type, const TableStore& store) {
    const auto scanned = scan(store);
    if (!scanned) return tl::unexpected(scanned.error());
    const auto refolded = refold(type, store);
    if (!refolded) return tl::unexpected(refolded.error());
    Proof proof;
    proof.stored = scanned->stored;
    proof.scanned = scanned->scanned;
    proof.refolded = (*refolded)->totals();
    if (scanned->key) proof.key = to_hex(*scanned->key);
    proof.why = scanned->damage;
    const auto difference = compare(store, **refolded);
    if (!difference) return tl::unexpected(difference.error());
    if (*difference) {
      proof.key = to_hex((*difference)->key);
      proof.why = "the store and the log disagree on a row";
      proof.store = (*difference)->a;
      proof.log = (*difference)->b;
    } else if (proof.why.empty() && proof.stored != proof.refolded) {
      proof.why = "the digests differ although every row is equal";
    }
    return proof;
  }

 private:
  // What the log says, up to where the store stands.
  Result<std::shared_ptr<TableStore>> refold(const TableType& type, const TableStore& store) {
    const std::string name(type.info().name);
    auto home = TableHome::open(scratch_.path() / ("refold-" + name), type, resources_, log_.id());
    if (!home) return tl::unexpected(home.error());
    RebuildOptions options;
    options.slots = slots_in(log_, "events");
    options.until = store.positions();
    if (options.until.empty()) return (*home)->live();  // it has folded nothing yet
    RebuildProgress progress;
    auto done = std::async(std::launch::async,
                           [&] { return rebuild(log_, catalogue(), **home, options, progress); });
    Progress bar(setup_.err, "refold " + name);
    while (done.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) {
      bar.update(progress.records, progress.total, progress.events);
      if (stop_requested()) progress.cancel = true;
    }
    return done.get();
  }

  Setup& setup_;
  const ProcessConfig& process_;
  Log& log_;
  const ScratchDir& scratch_;
  Resources resources_{tool_resources()};
};

// A row's JSON, or the words that say why there is none.
void append_row(std::string& out, const std::string& row) {
  if (row.empty()) {
    out += "null";
  } else if (row.starts_with('{')) {
    out += row;
  } else {
    append_json_string(out, row);
  }
}

void print(Setup& setup, const TableType& type, const Proof& proof) {
  std::string& out = setup.out.text();
  if (!setup.json) {
    fmt::format_to(std::back_inserter(out),
                   "{:<16} {} rows, {} quarantined  {}\n",
                   type.info().name,
                   proof.stored.rows,
                   proof.stored.quarantined,
                   proof.why.empty() ? "ok " + proof.stored.digest.text() : "DIFFERS");
    if (!proof.why.empty()) {
      fmt::format_to(std::back_inserter(out),
                     "  stored   {}\n  scanned  {}\n  refolded {}\n  {}\n  row {}\n"
                     "  store {}\n  log   {}\n",
                     proof.stored.digest.text(),
                     proof.scanned.digest.text(),
                     proof.refolded.digest.text(),
                     proof.why,
                     proof.key,
                     proof.store,
                     proof.log);
    }
    setup.out.flush();
    return;
  }
  fmt::format_to(std::back_inserter(out),
                 R"({{"table":"{}","ok":{},"rows":{},"quarantined":{},"stored":"{}",)"
                 R"("scanned":"{}","refolded":"{}")",
                 type.info().name,
                 proof.why.empty(),
                 proof.stored.rows,
                 proof.stored.quarantined,
                 proof.stored.digest.text(),
                 proof.scanned.digest.text(),
                 proof.refolded.digest.text());
  if (!proof.why.empty()) {
    fmt::format_to(std::back_inserter(out), R"(,"row":"{}","why":)", proof.key);
    append_json_string(out, proof.why);
    append_row(out += R"(,"store":)", proof.store);
    append_row(out += R"(,"log":)", proof.log);
  }
  setup.out.line("}");
}

Exit verify(Setup& setup, const std::vector<std::string>& names) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto tables = tables_named(names);
  if (!tables) return setup.fail(tables.error());
  const auto log = open_tool_log(*process);
  if (!log) return setup.fail(log.error());
  const auto scratch = ScratchDir::make(*process);
  if (!scratch) return setup.fail(scratch.error());
  Verifier verifier(setup, *process, **log, *scratch);
  Exit worst = Exit::ok;
  bool none = true;
  for (const TableType* table : *tables) {
    const auto store = verifier.open(*table);
    const bool missing = !store && store.error().code == Code::not_found;
    if (missing && names.empty()) continue;  // a node may have some tables only
    none = false;
    const auto proof =
        store.and_then([&](const auto& opened) { return verifier.verify(*table, *opened); });
    if (stop_requested()) return Exit::interrupted;
    if (!proof) {
      const Error why = of_own_files(proof.error(), *process, *table, *scratch);
      worst = std::max(
          worst, setup.fail({why.code, fmt::format("{}: {}", table->info().name, why.detail)}));
      continue;
    }
    print(setup, *table, *proof);
    if (!proof->why.empty()) worst = std::max(worst, Exit::found);
  }
  if (none) return setup.fail({Code::not_found, "no table has a store below " + process->var});
  return worst;
}

}  // namespace

Action declare_verify(const Arguments& takes, Setup& setup) {
  auto names = std::make_shared<std::vector<std::string>>();
  takes.option("TABLE", *names, "tables to prove; default: all that this node has");
  return [&setup, names] { return verify(setup, *names); };
}

}  // namespace wf::cli
