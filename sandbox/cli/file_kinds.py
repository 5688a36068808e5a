"""File kinds: what a file is by its beginning, so that a command can name one it does not take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias

import click

from sandbox.segment.errors import InvalidMapping

Taken: TypeAlias = Literal["events", "workspace", "recording", "mappings", ""]

_WANTED: Final[dict[Taken, tuple[str, str]]] = {
    "events": ("events", "`map`, `send`, `explain`, `recovery` and `replay` take it."),
    "workspace": ("a workspace file", "`--workspace`, `lint` and `workspace check` take it."),
    "recording": ("a recording of calls", "`drift` and `replay` take it."),
    "mappings": (
        "mappings of Segment's own",
        "`--workspace`, `lint` and `workspace import` take it.",
    ),
}
"""What commands take, in words, and which commands."""
_HEAD_BYTES: Final = 4096
_OF_SEGMENT: Final = (
    r'(\{\s*"data"\s*:\s*\{\s*"(subscription|destination)|\[\s*\{\s*"(subscribe|partnerAction)")'
)
_OF_EVENTS: Final = (
    r'((batch|messageId|userId|anonymousId)"|type"\s*:\s*"(track|identify|group|page)")'
)


class _Kind(NamedTuple):
    begins: str
    name: str
    taken: Taken = ""


_KINDS: Final = (
    _Kind(r"\x89PNG", "a PNG image"),
    _Kind(r"\xff\xd8\xff", "a JPEG image"),
    _Kind(r"%PDF-", "a PDF document"),
    _Kind(r"PK\x03\x04", "a ZIP archive"),
    _Kind(r"SQLite format 3\0", "an SQLite database"),
    _Kind(r"\s*<(!doctype|html|\?xml)", "an HTML or XML document"),
    _Kind(r"([^\n]*\n)*?\[\[(sources|destinations)", "a workspace file", "workspace"),
    _Kind(r'([^\n]*\n)*?(resource|data|terraform|provider) ["{]', "a Terraform file", "mappings"),
    _Kind(r'\s*\{\s*"(sources|destinations)"\s*:', "a workspace file", "workspace"),
    _Kind(r'\s*\{\s*"log"\s*:', "a HAR file", "recording"),
    _Kind(r'\s*\{\s*"(request|startedDateTime)"\s*:', "a recording of calls", "recording"),
    _Kind(r'\s*\{\s*"openapi"\s*:', "an OpenAPI document"),
    _Kind(r'\s*\{\s*"\$schema"\s*:', "a JSON Schema"),
    _Kind(r'\s*\{\s*"(terraform_version|format_version)"\s*:', "Terraform's state", "mappings"),
    _Kind(rf"\s*{_OF_SEGMENT}", "mappings of Segment's own", "mappings"),
    _Kind(rf'\s*\[?\s*\{{[^{{}}\[\]\0]*?"{_OF_EVENTS}', "a file of events", "events"),
)  # fmt: skip
"""The first that fits says what a file is; a file of no kind is left to who reads it."""


def refuse_others(file: str | Path, *takes: Taken) -> None:
    """Raise UsageError for a file that surely is something else than the command takes."""
    head = b""
    with suppress(OSError), Path(file).open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    kind = next((k for k in _KINDS if re.match(k.begins.encode("latin-1"), head)), None)
    if kind is None or kind.taken in takes:
        return
    wanted = " or ".join(_WANTED[each][0] for each in takes)
    hint = f" {_WANTED[kind.taken][1]}" if kind.taken else ""
    raise click.UsageError(f"{str(file)!r} is {kind.name}, not {wanted}.{hint}")


@contextmanager
def file_errors(file: str | Path, *takes: Taken) -> Iterator[None]:
    """Turn what goes wrong with a file into UsageError with a sentence."""
    if takes:
        refuse_others(file, *takes)
    try:
        yield
    except FileNotFoundError:
        raise click.UsageError(f"there is no file {str(file)!r}.") from None
    except FileExistsError:
        raise click.UsageError(f"{str(file)!r} exists; --force writes over it.") from None
    except OSError as error:
        raise click.UsageError(f"{str(file)!r} cannot be used: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{str(file)!r} is not UTF-8 at byte {error.start}.") from None
    except InvalidMapping as error:
        raise click.UsageError(f"the workspace cannot be used:\n{error}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
