"""Reading: read a workspace from a file or its text, or report all its problems."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sandbox.destination import PRESETS, Mapping
from sandbox.inflating import InputTooLarge, Readable, all_of, byte_pieces
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.tenant_names import RIGHT_NAME, is_tenant_name
from sandbox.values import Path as ValuePath
from sandbox.values import Problem, members
from sandbox.workspace.documents import Document, Format, read_document
from sandbox.workspace.file_tables import read_tables
from sandbox.workspace.model import (
    ConnectedDestination,
    InvalidWorkspace,
    Source,
    Workspace,
    problems_between,
    problems_of_mapping,
)

MAX_FILE: Final = 64 * 1024 * 1024
"""The most bytes of a file or a folder that is read whole."""

MAX_DESTINATIONS: Final = 500
"""The most destinations of a file; each delivers in its own threads."""
MAX_TRIGGERS: Final = 1_000_000
"""The most characters of all triggers of a file together."""

_RIGHT: Final = members(PRESETS[0], "name", "action", "trigger")


_NO_SOURCE: Final[dict[str, Any]] = {"name": None, "write_key": None}
_NO_DESTINATION: Final[dict[str, Any]] = {"name": None, "source": None, "api_key": None}
"""Placeholders for missing parts, until all problems are found."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: a workspace or problems, and warnings."""

    workspace: Workspace | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def check_workspace(text: str, file_format: Format = "toml") -> Checked:
    """Return the workspace of a string, or all its problems, each with its line.

    Raises ValueError for a format that is neither `toml` nor `json`.
    """
    document = read_document(text.removeprefix("\ufeff"), file_format)
    if isinstance(document, Problem):
        return Checked(None, (document,))
    return check_document(document)


def check_document(document: Document) -> Checked:
    """Return the workspace of a document, or all its problems.

    A disabled destination may lack its API key and an enabled mapping.
    """
    problems, known = read_tables(document.value)
    problems, warnings = [*document.problems, *problems], list[Problem]()
    if excess := tuple(too_much(known)):
        return Checked(None, document.located(excess))
    sources = None
    if "sources" in known:
        sources = [Source(**_NO_SOURCE | each) for each in known["sources"]]
    destinations = []
    for number, each in enumerate(known.get("destinations", ())):
        if "mappings" in each:  # otherwise the presets, as when connecting in Segment
            entries = enumerate(each["mappings"])
            at = ("destinations", number, "mappings")
            each["mappings"] = tuple(_mapping(e, (*at, n), problems, warnings) for n, e in entries)
        if not is_tenant_name(name := each.get("name", "?")):
            said = f"is {name!r:.100}, which `serve` cannot have. Expected {RIGHT_NAME}."
            warnings.append(Problem(("destinations", number, "name"), said))
        destinations.append(ConnectedDestination(**_NO_DESTINATION | each))
    problems += problems_between(sources, destinations)
    located = document.located(warnings)
    if problems or sources is None:
        wrong = sorted(document.located(problems), key=lambda problem: problem.line)
        return Checked(None, tuple(wrong), located)
    finished = (replace(each, api_key=each.api_key or "") for each in destinations)
    return Checked(Workspace(sources=tuple(sources), destinations=tuple(finished)), (), located)


def too_much(value: dict[str, Any]) -> Iterator[Problem]:
    """Yield what exceeds the limits of the mock in a workspace's value."""
    destinations = value.get("destinations", ())
    if len(destinations) > MAX_DESTINATIONS:
        message = f"are {len(destinations):,}. A workspace has at most {MAX_DESTINATIONS}."
        yield Problem(("destinations",), message)
    mappings = chain.from_iterable(each.get("mappings", ()) for each in destinations)
    size = sum(len(str(each.get("trigger", ""))) for each in mappings)
    if size > MAX_TRIGGERS:
        message = f"have triggers of {size:,} characters. The limit is {MAX_TRIGGERS:,}."
        yield Problem(("destinations",), message)


def _mapping(
    entry: dict[str, Any], path: ValuePath, problems: list[Problem], warnings: list[Problem]
) -> Mapping | None:
    """Return the mapping of an entry, None if it is invalid; its problems go to `problems`."""
    values = {**entry}
    for key in ("fields", "segment"):
        if isinstance(text := entry.get(key), str):
            try:
                values[key] = parse_json(text, finite=True)
            except InvalidJson as error:
                said = f"is a string, so it must be JSON, but it is {error}."
                problems.append(Problem((*path, key), said))
                del values[key]
    kept = values.pop("segment", None)
    try:
        # a missing or wrong part, already reported, is replaced, so that the others are checked
        mapping = Mapping(**{**_RIGHT, **values}, kept=kept if isinstance(kept, dict) else {})
    except InvalidMapping as error:
        trigger = values.get("trigger", PRESETS[0].trigger)
        problems += (p.under(*path) for p in problems_of_mapping(error, trigger=trigger))
        return None
    if "action" in entry:
        warnings += (warning.under(*path) for warning in mapping.warnings)
    return mapping


def parse_workspace(text: str, file_format: Format = "toml", *, file: str = "") -> Workspace:
    """Return the workspace of a string; raises InvalidWorkspace with all its problems.

    `file` is the name of the file for the message.
    """
    checked = check_workspace(text, file_format)
    if checked.workspace is None:
        raise InvalidWorkspace(checked.problems, file=file)
    return checked.workspace


def load_workspace(path: str | Path) -> Workspace:
    """Return the workspace of a .toml or .json file, or of a file or folder from Segment.

    Raises InvalidWorkspace with all its problems, ValueError for another ending or a file that is
    not UTF-8, and OSError if the file cannot be read.
    """
    if is_segments(path):
        from sandbox.workspace.public_api import import_workspace  # noqa: PLC0415 - not our files

        return import_workspace(read_segment_files(path)).workspace
    text, file_format = read_file(path)
    return parse_workspace(text, file_format, file=str(path))


def is_segments(path: str | Path) -> bool:
    """Return whether a file is not a workspace, but one that `import_workspace` reads."""
    file = Path(path)
    if file.is_dir() or file.suffix.lower() == ".tf":
        return True
    if file.suffix.lower() != ".json":
        return False
    from sandbox.workspace.segment_files import parts_of_value  # noqa: PLC0415 - as above

    try:
        value = parse_json(_decoded(file).removeprefix("\ufeff"), finite=True)
    except InvalidJson:
        return False
    is_ours = isinstance(value, dict) and value.keys() & {"sources", "destinations"}
    return not is_ours and any(parts_of_value(value))


def read_segment_files(path: str | Path) -> list[tuple[str, str]]:
    """Return the name and the text of a file, or of each `.tf` and `.json` file in a folder.

    Raises ValueError for a folder without any, or for too many bytes.
    """
    file = Path(path)
    files = [file]
    if file.is_dir():
        files = sorted(f for f in file.rglob("*") if f.suffix in {".tf", ".json"} and f.is_file())
        if not files:
            raise ValueError(f"{str(path)!r} is a folder without .tf or .json files.")
    size = sum(each.stat().st_size for each in files)
    if size > MAX_FILE:
        raise ValueError(f"{str(path)!r} has {size:,} bytes. The limit is {MAX_FILE:,}.")
    return [(str(each), _decoded(each)) for each in files]


def read_file(path: str | Path) -> tuple[str, Format]:
    """Return the text of a workspace file and its format; raises as `load_workspace` does."""
    file_format = format_of(path)
    return _decoded(Path(path)), file_format


def format_of(path: str | Path) -> Format:
    """Return the format of a workspace file by its name; raises ValueError for another ending."""
    ending = Path(path).suffix.lower()
    if ending not in {".toml", ".json"}:
        raise ValueError(f"{str(path)!r} does not end in .toml or .json, so its format is unknown.")
    return "toml" if ending == ".toml" else "json"


def _decoded(file: Path) -> str:
    with file.open("rb") as opened:
        return decoded(opened, repr(str(file)))


def decoded(stream: Readable, name: str) -> str:
    """Return the text of a stream, each line with a line feed at its end.

    Raises ValueError, with the name, if it is not UTF-8 or larger than MAX_FILE bytes.
    """
    try:
        text = all_of(byte_pieces(stream), most=MAX_FILE).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 at byte {error.start}.") from None
    except InputTooLarge as error:
        raise ValueError(f"{name} {error}.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
