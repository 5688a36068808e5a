"""Files: a workspace from a text or a file, or the error that says all that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from sandbox.workspace.documents import Format
from sandbox.workspace.file_reading import check_workspace
from sandbox.workspace.model import InvalidWorkspace, Workspace


def parse_workspace(text: str, file_format: Format = "toml", *, file: str = "") -> Workspace:
    """Return the workspace of a text; raises InvalidWorkspace with all that is wrong with it.

    `file` is the name used in the message.
    """
    checked = check_workspace(text, file_format)
    if checked.workspace is None:
        raise InvalidWorkspace(checked.problems, file=file)
    return checked.workspace


def load_workspace(path: str | Path) -> Workspace:
    """Return the workspace of a file whose name ends in .toml or .json.

    Raises InvalidWorkspace with all that is wrong with it, ValueError for another ending or a file
    that is no UTF-8, and OSError where the file cannot be read.
    """
    text, file_format = read_file(path)
    return parse_workspace(text, file_format, file=str(path))


def read_file(path: str | Path) -> tuple[str, Format]:
    """Return the text of a workspace file and its format; raises as `load_workspace` does."""
    file = Path(path)
    formats: dict[str, Format] = {".toml": "toml", ".json": "json"}
    file_format = formats.get(file.suffix.lower())
    if file_format is None:
        raise ValueError(f"{str(path)!r} must end in .toml or .json, to tell how it is written.")
    try:
        return file.read_text(encoding="utf-8"), file_format
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} is not UTF-8 at byte {error.start}.") from None
