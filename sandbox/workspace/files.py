"""Files: a workspace from a string or a file, or the error that says all that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sandbox.workspace.documents import Document, Format, read_document
from sandbox.workspace.file_reading import check_workspace
from sandbox.workspace.model import InvalidWorkspace, Workspace

MAX_FILE: Final = 64 * 1024 * 1024
"""The most bytes of a file or a folder that is read whole."""


def parse_workspace(text: str, file_format: Format = "toml", *, file: str = "") -> Workspace:
    """Return the workspace of a string; raises InvalidWorkspace with all that is wrong with it.

    `file` is the name used in the message.
    """
    checked = check_workspace(text, file_format)
    if checked.workspace is None:
        raise InvalidWorkspace(checked.problems, file=file)
    return checked.workspace


def load_workspace(path: str | Path) -> Workspace:
    """Return the workspace of a file: .toml or .json, or a file or folder of Segment's own.

    Raises InvalidWorkspace with all that is wrong with it, ValueError for another ending or a file
    that is not UTF-8, and OSError where the file cannot be read.
    """
    if is_segments(path):
        from sandbox.workspace.public_api import import_workspace  # noqa: PLC0415 - not our files

        return import_workspace(read_segment_files(path)).workspace
    text, file_format = read_file(path)
    return parse_workspace(text, file_format, file=str(path))


def is_segments(path: str | Path) -> bool:
    """Return whether a file is one that `import_workspace` reads, and not a workspace."""
    file = Path(path)
    if file.is_dir() or file.suffix.lower() == ".tf":
        return True
    if file.suffix.lower() != ".json" or file.stat().st_size > MAX_FILE:
        return False
    from sandbox.workspace.segment_files import parts_of_file  # noqa: PLC0415 - as above

    text = _decoded(file)
    document = read_document(text.removeprefix("\ufeff"), "json")
    value = document.value if isinstance(document, Document) else None
    if isinstance(value, dict) and value.keys() & {"sources", "destinations"}:
        return False
    return value is not None and next(parts_of_file(text, str(path)), None) is not None


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
        raise ValueError(f"{str(path)!r} holds {size:,} bytes; at most {MAX_FILE:,} are read.")
    return [(str(each), _decoded(each)) for each in files]


def read_file(path: str | Path) -> tuple[str, Format]:
    """Return the text of a workspace file and its format; raises as `load_workspace` does."""
    file = Path(path)
    formats: dict[str, Format] = {".toml": "toml", ".json": "json"}
    file_format = formats.get(file.suffix.lower())
    if file_format is None:
        raise ValueError(f"{str(path)!r} must end in .toml or .json, to tell how it is written.")
    return _decoded(file), file_format


def _decoded(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(file)!r} is not UTF-8 at byte {error.start}.") from None
