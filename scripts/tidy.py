#!/usr/bin/env python3
"""Style as a test: names each line that breaks one of Wayfold's habits, and what to do instead."""

import argparse
import ast
import re
import statistics
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parent.parent
COLUMNS_MAX = 100
LINES_MAX = 500
LINES_MEDIAN_MAX = 100
FUNCTION_LINES_MAX = 70

# Which layers (and "gen", the generated headers) a layer's files may include, itself besides.
LAYERS = {
    "base": set(),
    "commands": {"base", "gen"},
    "projections": {"base", "gen"},
    "storage": {"base"},
    "log": {"base", "storage"},
    "runtime": {"base", "gen", "storage", "log"},
    "adapters": {"base", "gen"},
    "gateway": {"base", "gen", "storage", "log"},
    "cli": {"base", "gen", "commands", "projections", "storage", "log", "runtime", "adapters",
            "gateway"},
}
# Aggregates do not know each other, nor do tables.
CLOSED_FOLDERS = ("commands", "projections")
# Single headers another layer may include against its row above: the public read side of runtime.
DOORS = {"gateway": {"runtime/reads.h"}}

# Which files alone may include a library whose types must not spread, or a private header of ours
# that shows them. In src/log all of rocks_*.h and kafka_*.h is private but rocks_log.h and
# kafka_log.h ([!l]), through which everyone opens a log.
ROCKS_HOMES = ("src/log/rocks*.cpp", "src/log/rocks_[!l]*.h", "src/log/memory_disk*.cpp",
               "src/storage/*.cpp", "src/storage/engine_db.h", "src/storage/rocks_logger.h",
               "src/storage/table_engine.h",
               "src/runtime/*store*.cpp", "tests/fuzz/record.cpp")
STORAGE_HOMES = ("src/storage/*",)
KAFKA_HOMES = ("src/log/kafka*.cpp", "src/log/kafka_[!l]*.h", "tests/*")
ASIO_HOMES = ("src/gateway/server*.cpp", "src/gateway/websocket*.cpp", "src/gateway/asio_impl*.cpp",
              "src/gateway/net.h", "src/gateway/loop.h", "src/gateway/session.h",
              "src/gateway/wire.h", "src/gateway/request_parser.cpp", "src/gateway/*test*",
              "src/cli/http_client*.cpp", "tests/*")
ANYWHERE = ("*",)
LIBRARY_HOMES = {
    "simdjson": ("src/base/json*",),
    "rocksdb/": ROCKS_HOMES,
    "log/rocks_": ROCKS_HOMES,
    "log/rocks_log.h": ANYWHERE,
    "storage/engine_db.h": STORAGE_HOMES,
    "storage/table_engine.h": STORAGE_HOMES,
    "librdkafka/": KAFKA_HOMES,
    "log/kafka_": KAFKA_HOMES,
    "log/kafka_log.h": ANYWHERE,
    "boost/beast": ASIO_HOMES,
    "boost/asio": ASIO_HOMES,
    "boost/asio/awaitable.hpp": ("src/gateway/*.h",),
    "gateway/net.h": ASIO_HOMES,
    "gateway/loop.h": ASIO_HOMES,
    "gateway/session.h": ASIO_HOMES,
    "gateway/wire.h": ASIO_HOMES,
}


class File:
    """A file as the rules see it; `code` is C++ with comments and the inside of strings blanked."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.name = path.rsplit("/", 1)[-1]
        self.text = text
        self.lines = text.splitlines()
        self.is_cpp = path.endswith((".h", ".cpp"))
        self.is_python = path.endswith(".py") or text.startswith("#!/usr/bin/env python3")
        self.is_script = self.is_python or text.startswith("#!")
        self.is_cmake = path.endswith(".cmake") or self.name == "CMakeLists.txt"
        self.is_source = self.is_cpp or self.is_script or self.is_cmake
        self.is_test = self.name.endswith("_test.cpp") or path.startswith("tests/")
        self.code = blank_cpp(text) if self.is_cpp else text

    def matches(self, *patterns: str) -> bool:
        return any(fnmatch(self.path, pattern) for pattern in patterns)


CPP_QUIET = re.compile(
    r'R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'
    r"|//[^\n]*|/\*.*?\*/"
    r'|(?<!#include )"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def blank_cpp(text: str) -> str:
    def blank(match):
        quiet = match.group()
        kept = re.sub(r"[^\n]", " ", quiet)
        return kept if quiet.startswith("/") else '"' + kept[1:-1] + '"'

    return CPP_QUIET.sub(blank, text)


Finding = tuple[int, str]  # line, what is wrong and what to do


@dataclass
class Rule:
    name: str
    check: Callable[[File], list[Finding]]
    bad: list[tuple[str, str]]  # path and text of files that must be found …
    good: list[tuple[str, str]]  # … and of files that must not: the self-test


def token(name, pattern, instead, applies, bad, good) -> Rule:
    """A rule that bans a regular expression in the files `applies` picks."""
    wanted = re.compile(pattern)

    def check(file: File) -> list[Finding]:
        if not applies(file):
            return []
        return [(number, f"{match.group().strip()}: {instead}")
                for number, line in enumerate(file.code.splitlines(), 1)
                for match in wanted.finditer(line)]

    return Rule(name, check, bad, good)


def cpp(file: File) -> bool:
    return file.is_cpp


def pure(file: File) -> bool:
    return file.is_cpp and file.matches("src/commands/*", "src/projections/*")


def check_columns(file: File) -> list[Finding]:
    if not file.is_source:
        return []
    return [(number, f"{len(line)} columns, at most {COLUMNS_MAX}")
            for number, line in enumerate(file.lines, 1)
            if len(line) > COLUMNS_MAX and "http" not in line]


def check_length(file: File) -> list[Finding]:
    if not file.is_source or len(file.lines) <= LINES_MAX:
        return []
    return [(LINES_MAX, f"{len(file.lines)} lines, at most {LINES_MAX}: split it by subject")]


def check_whitespace(file: File) -> list[Finding]:
    if not file.is_source:
        return []
    found = [(number, "space at the end of the line, or a tab")
             for number, line in enumerate(file.lines, 1) if line != line.rstrip() or "\t" in line]
    if not file.text.endswith("\n"):
        found.append((len(file.lines), "no newline at the end"))
    return found


def check_opening(file: File) -> list[Finding]:
    """A file opens with a sentence that says what it is (after `#!`)."""
    if not file.is_source:
        return []
    lines = file.lines[1:] if file.text.startswith("#!") else file.lines
    text = "\n".join(lines)
    marker = "//" if file.is_cpp else "#"
    opening = re.match(rf'((?:{marker} [^\n]*\n?)+)|"""(.*?)"""', text, re.DOTALL)
    if not opening or not re.search(r"\w.*[.:]", opening.group(), re.DOTALL):
        return [(1, f"open with one sentence saying what the file is ({marker} …)")]
    return []


def check_pragma(file: File) -> list[Finding]:
    if not file.path.endswith(".h") or "#pragma once" in file.lines:
        return []
    return [(1, "a header needs #pragma once")]


INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def includes(file: File):
    for number, line in enumerate(file.lines if file.is_cpp else [], 1):
        if match := INCLUDE.match(line):
            yield number, match.group(1) == '"', match.group(2)


def check_include_path(file: File) -> list[Finding]:
    def is_test_helper(target):
        return file.is_test and (ROOT / "tests" / target).is_file()

    return [(number, f'"{target}": include from src/, as "layer/file.h"')
            for number, ours, target in includes(file)
            if ours and ("/" not in target or target.startswith((".", "src/")))
            and not is_test_helper(target)]


def check_layers(file: File) -> list[Finding]:
    parts = file.path.split("/")
    if parts[0] != "src" or len(parts) < 3 or parts[1] not in LAYERS:
        return []
    layer, found = parts[1], []
    for number, ours, target in includes(file):
        to = target.split("/")
        if not ours or (to[0] not in LAYERS and to[0] != "gen") or to[0] in LAYERS[layer]:
            continue
        if target in DOORS.get(layer, ()):
            continue
        if to[0] != layer:
            found.append((number, f'"{target}": {layer} may not include {to[0]} (DESIGN.md 9)'))
        elif layer in CLOSED_FOLDERS and to[1:-1] != parts[2:-1]:
            found.append((number, f'"{target}": {layer} never include each other'))
    return found


def check_libraries(file: File) -> list[Finding]:
    found = []
    for number, _, target in includes(file):
        homes = [LIBRARY_HOMES[name] for name in LIBRARY_HOMES if target.startswith(name)]
        if homes and not any(file.matches(*patterns) for patterns in homes):
            allowed = ", ".join(dict.fromkeys(p for patterns in homes for p in patterns))
            found.append((number, f"{target} belongs to {allowed}"))
    return found


TYPE_HEAD = re.compile(r"\s*(?:template\s*<.*>\s*)?(?:namespace|class|struct|enum|union|extern)\b",
                       re.DOTALL)
NOT_CODE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*"  # preprocessor lines
                      r"|^[A-Z_0-9]+\(.*\)$|^[A-Z_0-9]+\(\)$", re.MULTILINE)  # suite macros


def function_spans(code: str):
    """First and last line of each outermost function, found by its braces.

    Relies on clang-format: an initializer's brace touches the word before it, a body's does not.
    """
    code = NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), code)
    stack, head_at = [], 0
    for match in re.finditer(r"[{};]", code):
        char, at = match.group(), match.start()
        if char == "{" and code[at - 1] not in " \n":
            stack.append(("initializer", at))
        elif char == "{":
            head = code[head_at:at]
            inside = any(kind == "function" for kind, _ in stack)
            is_function = not inside and ")" in head and not TYPE_HEAD.match(head)
            start = at - len(head.lstrip())
            stack.append(("function" if is_function else "block", start))
            head_at = at + 1
        elif char == "}" and stack:
            kind, start = stack.pop()
            if kind == "function":
                yield code.count("\n", 0, start) + 1, code.count("\n", 0, at) + 1
            if kind != "initializer":
                head_at = at + 1
        elif char == ";" and (not stack or stack[-1][0] != "initializer"):
            head_at = at + 1


def check_functions(file: File) -> list[Finding]:
    spans = []
    if file.is_cpp:
        spans = list(function_spans(file.code))
    elif file.is_python:
        spans = [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(file.text))
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [(start, f"a function of {end - start + 1} lines, at most {FUNCTION_LINES_MAX}")
            for start, end in spans if end - start + 1 > FUNCTION_LINES_MAX]


LONG_FUNCTION = "// A.\nint f(int a) {\n" + "  g();\n" * FUNCTION_LINES_MAX + "}\n"
SHORT_FUNCTIONS = "// A.\n" + "struct S {\n" + "  int f() { return 1; }\n" * 90 + "};\n"
LATER = "TO" + "DO|FIX" + "ME|XX" + "X"
# Registry hosts, put together here so that this file does not name one either.
HOSTS = "|".join(re.escape(".".join(parts)) for parts in (
    ("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"),
    ("repo1", "maven", "org"), ("repo", "maven", "apache", "org"), ("deb", "debian", "org"),
    ("security", "debian", "org"), ("crates", "io"), ("proxy", "golang", "org"),
    ("docker", "io"))) + r"|ftp\d?\.(?:\w+\.)?debian\.org"

RULES = [
    Rule("columns", check_columns,
         [("src/base/a.h", "// " + "a" * COLUMNS_MAX + ".\n")], [("docs/a.md", "a" * 200)]),
    Rule("length", check_length,
         [("src/base/a.h", "// A.\n" * (LINES_MAX + 1))],
         [("src/base/a.h", "// A.\n" * LINES_MAX)]),
    Rule("whitespace", check_whitespace,
         [("a.py", '"""A."""\nx = 1 \n'), ("a.h", "// A.\n\tint a;\n"), ("a.h", "// A.")],
         [("a.h", "// A.\nint a;\n")]),
    Rule("opening", check_opening,
         [("src/base/a.h", "#pragma once\n"), ("scripts/a", "#!/bin/sh\nset -e\n"),
          ("a.py", "import sys\n"), ("a.h", "// the a\n\nint a;\n")],
         [("src/base/a.h", "// What an A is\n// and does.\n"),
          ("scripts/a", "#!/bin/sh\n# Does.\n"),
          ("a.py", '#!/usr/bin/env python3\n"""Does."""\n')]),
    Rule("pragma", check_pragma,
         [("src/base/a.h", "// A.\n")], [("src/base/a.h", "// A.\n#pragma once\n"), ("a.cpp", "")]),
    Rule("include-path", check_include_path,
         [("src/base/a.cpp", '#include "b.h"\n'),
          ("src/base/a.cpp", '#include "../log/b.h"\n')],
         [("src/base/a.cpp", '#include "base/b.h"\n#include <vector>\n'),
          ("src/base/a_test.cpp", '#include "shared_data.h"\n')]),
    Rule("layers", check_layers,
         [("src/base/a.h", '#include "log/log.h"\n'),
          ("src/base/a.h", '#include "gen/booking.h"\n'),
          ("src/commands/a/a.cpp", '#include "commands/b/b.h"\n'),
          ("src/projections/a.cpp", '#include "projections/b.h"\n#include "commands/b/b.h"\n'),
          ("src/gateway/a.h", '#include "runtime/worker.h"\n'),
          ("src/storage/a.h", '#include "log/log.h"\n')],
         [("src/log/a.h", '#include "base/a.h"\n#include "storage/a.h"\n#include "log/b.h"\n'),
          ("src/commands/a/a.cpp", '#include "commands/a/tariff.h"\n#include "gen/a.h"\n'),
          ("src/gateway/a.h", '#include "gateway/b.h"\n#include "runtime/reads.h"\n'),
          ("src/cli/a.cpp", '#include "gateway/a.h"\n'),
          ("src/wayfold.cpp", '#include "cli/a.h"\n')]),
    Rule("libraries", check_libraries,
         [("src/log/a.cpp", "#include <rocksdb/db.h>\n"),
          ("src/log/rocks_log.h", '#include "log/rocks_db.h"\n'),
          ("src/cli/run.cpp", '#include "log/kafka_client.h"\n'),
          ("src/runtime/projector.cpp", '#include "storage/engine_db.h"\n'),
          ("src/gateway/routes.cpp", '#include "gateway/session.h"\n'),
          ("src/storage/a.h", "#include <rocksdb/db.h>"),
          ("src/log/rocks_log.cpp", "#include <librdkafka/rdkafka.h>\n"),
          ("src/log/record.cpp", "#include <simdjson.h>\n"),
          ("src/gateway/routes.cpp", "#include <boost/beast/http.hpp>\n"),
          ("src/gateway/routes.cpp", "#include <boost/asio/awaitable.hpp>\n")],
         [("src/log/rocks_log.cpp", "#include <rocksdb/db.h>\n"),
          ("src/log/kafka_log.cpp", "#include <librdkafka/rdkafka.h>\n"),
          ("src/log/rocks_reader.h", '#include "log/rocks_core.h"\n#include "log/rocks_log.h"\n'),
          ("src/cli/run.cpp", '#include "log/kafka_log.h"\n'),
          ("src/base/json.cpp", "#include <simdjson.h>\n"),
          ("src/gateway/server.cpp", "#include <boost/beast/http.hpp>\n"),
          ("src/gateway/route.h", "#include <boost/asio/awaitable.hpp>\n")]),
    Rule("functions", check_functions,
         [("a.cpp", LONG_FUNCTION),
          ("a.cpp", LONG_FUNCTION.replace("f(int a)", "C::C() : a_{1}, b_{2}")),
          ("a.py", "def f():\n" + "    g()\n" * FUNCTION_LINES_MAX)],
         [("a.h", SHORT_FUNCTIONS), ("a.cpp", "namespace a {\n" + SHORT_FUNCTIONS + "}\n"),
          ("a.cpp", "constexpr int a[] = {\n" + "  1,\n" * 90 + "};\n"),
          ("a.cpp", "BOOST_AUTO_TEST_SUITE(a)\nnamespace {\n" + SHORT_FUNCTIONS + "}\n")]),
    token("using-namespace-std", r"\busing\s+namespace\s+std\s*;", "name what you use", cpp,
          [("a.cpp", "using namespace std;\n")], [("a.cpp", "using namespace std::literals;\n")]),
    token("using-namespace", r"\busing\s+namespace\b", "not in a header: name what you use",
          lambda f: f.path.endswith(".h"),
          [("a.h", "using namespace wf;\n")], [("a.h", "using std::string;\n")]),
    token("shared-from-this", r"\w*shared_from_this\w*", "let one owner hold it", cpp,
          [("a.h", "class A : std::enable_shared_from_this<A> {\n")],
          [("a.h", "// shared_from_this\n")]),
    token("stdout", r"\bstd::(cout|cerr)\b", "log, or print in src/cli",
          lambda f: cpp(f) and not f.matches("src/cli/*", "src/wayfold.cpp"),
          [("src/log/a.cpp", "std::cout << a;\n")], [("src/cli/a.cpp", "std::cout << a;\n")]),
    token("assert", r"(?<!\w)assert\s*\(", "WF_CHECK, which stays in release", cpp,
          [("a.cpp", "assert(a);\n")], [("a.cpp", "static_assert(a);\nBOOST_assert(a);\n")]),
    token("later", rf"\b({LATER})\b", "do it, or say it in an issue", lambda f: f.is_source,
          [("a.py", "# TO" + "DO: more\n"), ("a.cmake", "# FIX" + "ME\n")],
          [("a.cpp", "int todo;\n")]),
    token("sleeping-test", r"\bsleep_(for|until)\b", "wait for the condition, or step the clock",
          lambda f: cpp(f) and f.is_test,
          [("src/log/a_test.cpp", "std::this_thread::sleep_for(1ms);\n")],
          [("src/runtime/loop.cpp", "std::this_thread::sleep_for(1ms);\n")]),
    token("skipped-test", r"unit_test::disabled\b|\bDISABLED\s+(TRUE|ON)\b", "fix it or delete it",
          lambda f: f.is_cpp or f.is_cmake,
          [("a_test.cpp", "BOOST_AUTO_TEST_CASE(a, *boost::unit_test::disabled())\n")],
          [("a.h", "")]),
    token("catch-all", r"\bcatch\s*\(\s*\.\.\.\s*\)", "catch what you can handle", cpp,
          [("a.cpp", "} catch (...) {\n")], [("a.cpp", "} catch (const std::exception& e) {\n")]),
    token("floating", r"\b(float|double)\b", "integers with their unit; Money for money", pure,
          [("src/commands/a/a.cpp", "double fee;\n"), ("src/projections/a.cpp", "float f;\n")],
          [("src/storage/a.cpp", "double d;\n"), ("src/commands/a/a.cpp", "// may double\n")]),
    token("impure", r"_clock::now\b|#include <(thread|mutex|fstream|iostream|filesystem|future)>",
          "the domain is pure: time and input come by argument", pure,
          [("src/commands/a/a.cpp", "auto t = std::chrono::system_clock::now();\n"),
           ("src/projections/a.cpp", "#include <fstream>\n")],
          [("src/runtime/loop.cpp", "std::chrono::steady_clock::now();\n")]),
    token("detach", r"\.detach\s*\(\s*\)", "join what you start", cpp,
          [("a.cpp", "thread.detach();\n")], [("a.cpp", "thread.join();\n")]),
    token("slow-include", r"#include <boost/test/included/.*", "<boost/test/unit_test.hpp>", cpp,
          [("a.cpp", "#include <boost/test/included/unit_test.hpp>\n")],
          [("a.cpp", "#include <boost/test/unit_test.hpp>\n")]),
    token("registry-host", HOSTS, "registries are the package managers' business", lambda f: True,
          [("README.md", "see https://py" + "pi.org/p\n"),
           ("scripts/a", "#!/bin/sh\n# ftp.de.deb" + "ian.org\n")],
          [("README.md", "pip, npm, apt\n")]),
]

SKIPPED = {"build", "var", "__pycache__", "expected"}  # expected: what the generator makes
TEXT_ENDINGS = (".h", ".cpp", ".py", ".cmake", ".txt", ".json", ".md", ".yml", ".yaml", ".toml")


def project_files() -> list[File]:
    found = []
    pending = [ROOT]
    while pending:
        for path in pending.pop().iterdir():
            if path.is_symlink() or path.name in SKIPPED:
                continue
            if path.is_dir():
                if not path.name.startswith(".") or path.name == ".ci":
                    pending.append(path)
            elif path.name.endswith(TEXT_ENDINGS) or path.parent.name in ("scripts", ".ci"):
                relative = str(path.relative_to(ROOT))
                found.append(File(relative, path.read_text(errors="replace")))
    return sorted(found, key=lambda file: file.path)


def self_test() -> int:
    failures = 0
    for rule in RULES:
        for samples, expected in ((rule.bad, True), (rule.good, False)):
            for path, text in samples:
                if bool(rule.check(File(path, text))) != expected:
                    failures += 1
                    verb = "misses" if expected else "wrongly finds"
                    print(f"tidy: rule {rule.name} {verb} {path}: {text[:80]!r}")
    print(f"tidy: {len(RULES)} rules tested, {failures} failures")
    return 1 if failures else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/tidy.py", description=__doc__)
    parser.add_argument("--self-test", action="store_true", help="test the rules themselves")
    if parser.parse_args().self_test:
        return self_test()
    files = project_files()
    count = 0
    for file in files:
        for rule in RULES:
            for line, message in rule.check(file):
                count += 1
                print(f"{file.path}:{line}: {message} [{rule.name}]")
    lengths = [len(file.lines) for file in files if file.is_source]
    print(f"tidy: {len(lengths)} source files, {sum(lengths)} lines, median "
          f"{statistics.median(lengths):.0f} (wanted: at most {LINES_MEDIAN_MAX}), "
          f"{count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
