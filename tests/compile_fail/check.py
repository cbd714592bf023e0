#!/usr/bin/env python3
"""What must not build does not, and says why by name: check.py COMPILER SOURCE_DIR."""

import subprocess
import sys
import tempfile
from pathlib import Path

MISSING = "undefined reference to `wf::lamp::"
# the mistake, where it shows, what is said of it
MISTAKES = [
    ("MISSING_EVOLVE", "link", MISSING + "evolve(wf::lamp::State, wf::lamp::Lit const&)'"),
    (
        "MISSING_DECIDE",
        "link",
        MISSING + "decide(wf::lamp::State const&, wf::lamp::Dim const&, wf::Context const&)'",
    ),
    (
        "MISSING_REFUSED",
        "link",
        MISSING + "decide(wf::lamp::State const&, wf::Refused const&, wf::Context const&)'",
    ),
    ("EXTRA_EVOLVE", "compile", "no previous declaration for"),
    ("COMMAND_FOR_EVENT", "compile", "Dim"),
]


def main():
    compiler, root = sys.argv[1], Path(sys.argv[2])
    expected = root / "tests/golden/gen/expected"
    flags = [
        "-std=c++20",
        "-O0",
        "-Wall",
        "-Wextra",
        "-Wmissing-declarations",
        "-Werror",
        f"-I{root}/src",
        f"-I{expected}",
    ]
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)

        def run(*arguments):
            made = subprocess.run(
                [compiler, *map(str, arguments)],
                capture_output=True,
                text=True,
                check=False,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            )
            return made.returncode, made.stderr

        def build(*defines):
            """(compiled, the compiler's words, the linker's): the rest of wf is not linked."""
            code, said = run(
                *flags, *defines, "-c", root / "tests/compile_fail/lamp.cpp", "-o", work / "lamp.o"
            )
            linked = (
                ""
                if code
                else run(
                    "-shared",
                    "-Wl,--no-undefined",
                    work / "adapter.o",
                    work / "lamp.o",
                    "-o",
                    work / "out",
                )[1]
            )
            return code == 0, said, linked

        code, said = run(*flags, "-fPIC", "-c", expected / "gen/lamp.cpp", "-o", work / "adapter.o")
        flags.append("-fPIC")
        good, words, linked = build()
        if code or not good or MISSING + "evolve" in linked or MISSING + "decide" in linked:
            faults.append(f"the lamp without a mistake does not build:\n{said}{words}{linked}")
        for define, where, message in MISTAKES:
            good, words, linked = build(f"-D{define}")
            text = linked if where == "link" else words
            if (where == "compile") == good or message not in text:
                faults.append(f"{define}: expected '{message}' when it {where}s, got:\n{text}")
    print("\n".join(faults) or f"compile_fail: {len(MISTAKES)} mistakes refused, each by its name")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
