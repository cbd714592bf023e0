#!/usr/bin/env python3
"""Turns schemas/ into C++ (schemas/README.md): gen.py --schemas schemas --out build/dev/gen"""

import argparse
import hashlib
import sys
from pathlib import Path

from gen import aggregate_adapter, aggregates, catalogue, config, openapi, tables
from gen.model import Schemas
from gen.schema import SchemaError


def outputs(schemas, source):
    """Path below the output folder → text."""
    files = {
        "gen/common.h": aggregates.common_header(schemas),
        "gen/common_json.h": aggregates.json_header(schemas.common, "the shared types"),
        "gen/common_json.cpp": aggregates.common_code(schemas),
        "gen/types.h": catalogue.types_header(schemas),
        "gen/types.cpp": catalogue.types_code(schemas),
    }
    for one in schemas.aggregates:
        files[f"gen/{one.name}.h"] = aggregates.header(one)
        files[f"gen/{one.name}_json.h"] = aggregates.codec_header(one)
        files[f"gen/{one.name}_json.cpp"] = aggregates.codec_code(one)
        files[f"gen/{one.name}.cpp"] = aggregate_adapter.code(one)
    for one in schemas.tables:
        files[f"gen/tables/{one.name}.h"] = tables.header(one)
        files[f"gen/tables/{one.name}.cpp"] = tables.code(schemas, one, source)
    for one in schemas.configs:
        files[f"gen/{one.path.stem}.h"] = config.header(one)
        files[f"gen/{one.path.stem}.cpp"] = config.code(one)
    text = openapi.text(schemas)
    files["gen/catalogue.cpp"] = catalogue.code(schemas, build_hash(schemas), text)
    files = {
        path: "\n".join(lines).replace("\n\n\n", "\n\n") + "\n" for path, lines in files.items()
    }
    files["openapi.json"] = text + "\n"
    return files


def build_hash(schemas):
    """Names what a writer's build knows: the schemas and this generator."""
    digest = hashlib.sha256()
    for path in sorted(schemas.modules):
        digest.update(schemas.modules[path].text.encode())
    for path in sorted(Path(__file__).parent.glob("gen/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def write(folder, files):
    """Only what differs, so that a build compiles only what changed."""
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--schemas", type=Path, required=True)
    arguments.add_argument("--out", type=Path)
    arguments.add_argument(
        "--source", type=Path, default=Path("src"), help="where projections/TABLE.cpp are"
    )
    arguments.add_argument(
        "--list-outputs",
        action="store_true",
        help="print the files it would write, relative to --out",
    )
    options = arguments.parse_args()
    try:
        files = outputs(Schemas(options.schemas), options.source)
    except SchemaError as error:
        sys.exit(f"gen.py: {error}")
    if options.list_outputs:
        print("\n".join(sorted(files)))
    else:
        write(options.out, files)


if __name__ == "__main__":
    main()
