"""Derive: write the files that follow from the code: `python -m tools.derive`, or `make derived`.

Schemas, OpenAPI, the types of uploads, and in README.md and docs/ what stands between
`<!-- derived: NAME -->` and `<!-- /derived -->`.

`--check` writes nothing and exits 1 when a file is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sandbox.contract import upload_schema
from sandbox.openapi import openapi
from sandbox.segment.definition import BOTH_RULES, DestinationDefinition, FieldType
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json
from sandbox.workspace.file_tables import workspace_schema
from tools.api_reference import toplyne_operations
from tools.markdown_tables import TABLES, fill
from tools.reference_parts import PARTS
from tools.workspace_reference import workspace_tables

ROOT: Final = Path(__file__).parents[1]
_SCHEMAS: Final = "fixtures/schemas"
_OPENAPI: Final = "fixtures/openapi.json"
_TYPES: Final = "sandbox/upload_types.py"


def derived_files(root: Path = ROOT, definition: DestinationDefinition = TOPLYNE) -> dict[str, str]:
    """Return every derived file by its path below `root`: schemas, OpenAPI, types, pages."""
    files = {
        f"{_SCHEMAS}/{_file_name(upload.endpoint.path)}.{rules}.json": _text(
            upload_schema(upload, rules, max_items=definition.max_items)
        )
        for upload in definition.uploads
        for rules in BOTH_RULES
    }
    files[f"{_SCHEMAS}/workspace.json"] = _text(workspace_schema(definition))
    files[_TYPES] = upload_types(definition)
    files[_OPENAPI] = _text(openapi(definition, rules="documented"))
    for page in (*root.glob("README.md"), *sorted((root / "docs").rglob("*.md"))):
        text = fill(page.read_text(encoding="utf-8"), tables(definition))
        files[page.relative_to(root).as_posix()] = text
    return files


def upload_types(definition: DestinationDefinition = TOPLYNE) -> str:
    """Return the module of the items an upload holds, as types."""
    lines = [
        '"""Upload types: what is known from uploads, in their keys. Derived: `make derived`."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import NotRequired, TypedDict",
        "",
        "from sandbox.values import Json",
    ]
    for action in definition.actions:
        name = action.endpoint.envelope.removesuffix("s").capitalize()
        lines += ["", "", f"class {name}(TypedDict):"]
        lines += [f'    """An item of {action.endpoint.path}."""', ""]
        for field in action.fields:
            kind = _PYTHON[field.type]
            lines.append(f"    {field.key}: {kind if field.required else f'NotRequired[{kind}]'}")
    return "\n".join(lines) + "\n"


_PYTHON: Final[dict[FieldType, str]] = {
    "string": "str",
    "datetime": "float | None",
    "object": "dict[str, Json]",
}


def tables(definition: DestinationDefinition = TOPLYNE) -> dict[str, Callable[[], str]]:
    """Return what makes each part a string can hold, by the part's name."""
    declared = {
        **TABLES,
        "toplyne-operations": toplyne_operations,
        "workspace-tables": workspace_tables,
    }
    return {name: partial(derive, definition) for name, derive in declared.items()} | dict(PARTS)


def stale_files(root: Path = ROOT, definition: DestinationDefinition = TOPLYNE) -> list[str]:
    """Return the paths of derived files that are missing, differ, or are derived no longer."""
    files = derived_files(root, definition)
    differing = [path for path, text in files.items() if _read(root / path) != text]
    left = (path.relative_to(root).as_posix() for path in (root / _SCHEMAS).glob("*.json"))
    return differing + sorted(path for path in left if path not in files)


def write_derived(root: Path = ROOT, definition: DestinationDefinition = TOPLYNE) -> list[str]:
    """Write what is stale, remove what is derived no longer, and return the paths."""
    files = derived_files(root, definition)
    stale = stale_files(root, definition)
    for path in stale:
        if path not in files:
            (root / path).unlink()
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path], encoding="utf-8", newline="\n")
    return stale


def main(arguments: list[str]) -> int:
    """Write the derived files; with --check only tell which are stale, and exit 1 if any is."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("derive takes nothing or --check\n")
        return 2
    check = bool(arguments)
    paths = stale_files() if check else write_derived()
    for path in paths:
        sys.stdout.write(f"{'stale' if check else 'written'}: {path}\n")
    return 1 if check and paths else 0


def _file_name(path: str) -> str:
    return path.strip("/").replace("/", "-")


def _text(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
