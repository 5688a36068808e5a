"""Files: local paths and fsspec URLs, opened, listed and written alike."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from sandbox.inflating import InputError
from sandbox.replay.job import ReplayError

STANDARD_INPUT: Final = "-"
_STREAMED: Final = frozenset({"http", "https"})
"""Read from front to end: what such a server says of sizes is not trusted."""

_EXTRA: Final = "pip install 'toplyne-sandbox[archive]'"


def is_url(path: str) -> bool:
    """Tell whether the text is a URL for fsspec, not a local path."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


def filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's filesystem of a URL and the path in it; raises ReplayError without it."""
    scheme = url.partition("://")[0]
    options: dict[str, Any] = {}
    if scheme in _STREAMED:
        options = {"client_kwargs": {"auto_decompress": False}, "block_size": 0}
    if reason := unavailable([scheme]):
        raise ReplayError(reason)
    found: tuple[Any, str] = _fsspec().core.url_to_fs(url, **options)
    return found


def unavailable(schemes: Iterable[str]) -> str:
    """Return why URLs of one of the schemes cannot be opened here; empty where all can."""
    for scheme in schemes:
        try:
            _fsspec().get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            return f"{scheme}:// cannot be opened: {error}"
    return ""


def _fsspec() -> Any:
    try:
        return importlib.import_module("fsspec")
    except ImportError:
        raise ImportError(f"it needs fsspec, {_EXTRA}") from None


class Counted:
    """A source that is open for reading: counts its bytes, and fails in a sentence."""

    def __init__(self, stream: BinaryIO) -> None:
        """Start at no byte."""
        self._stream = stream
        self.count = 0

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; raises InputError where the source fails."""
        with _in_a_sentence():
            piece = self._stream.read(size)
        self.count += len(piece)
        return piece


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a filesystem of somebody else raises
        raise InputError(_why(error)) from None


@contextmanager
def opened(url: str, start: int = 0, content: bytes | None = None) -> Iterator[Counted]:
    """Open a source for reading from byte `start`; raises InputError where it cannot be read."""
    if content is not None:
        yield Counted(io.BytesIO(content))
        return
    if url == STANDARD_INPUT:
        yield Counted(sys.stdin.buffer)
        return
    with ExitStack() as stack:
        with _in_a_sentence():
            if is_url(url):
                fs, path = filesystem(url)
                stream = stack.enter_context(fs.open(path, "rb"))
            else:
                stream = stack.enter_context(Path(url).open("rb"))
            if start:
                stream.seek(start)
        yield Counted(stream)


def listed(source: str) -> list[tuple[str, str, int]]:
    """Return name, URL and size of every file a source stands for, in order.

    A source is a file, a folder, a pattern or a URL. A file whose name begins with a dot or an
    underscore is left out of folders and patterns: it is no data.
    """
    if is_url(source):
        return _listed_at(source)
    path = Path(source)
    if path.is_dir():
        found = [each for each in path.rglob("*") if each.is_file()]
    elif path.exists() or not any(sign in source for sign in "*?["):
        return [(source, os.path.realpath(source), path.stat().st_size)]
    else:
        root = Path(path.anchor or ".")
        found = [each for each in root.glob(str(path.relative_to(path.anchor))) if each.is_file()]
    kept = sorted(str(each) for each in found if each.name[0] not in "._")
    return [(each, os.path.realpath(each), Path(each).stat().st_size) for each in kept]


def _listed_at(url: str) -> list[tuple[str, str, int]]:
    fs, path = filesystem(url)
    scheme = url.partition("://")[0]
    if scheme in _STREAMED:
        return [(url, url, 0)]
    if any(sign in path for sign in "*?["):
        infos = fs.glob(path, detail=True)
    elif fs.isdir(path):
        infos = fs.find(path, detail=True)
    else:
        infos = {path: fs.info(path)}
    return [
        (address, address, int(info.get("size") or 0))
        for name, info in sorted(infos.items())
        if info["type"] == "file" and (len(infos) == 1 or name.rpartition("/")[2][:1] not in "._")
        for address in [fs.unstrip_protocol(name)]
    ]


def _why(error: Exception) -> str:
    """Return why a source cannot be read, without the URL, which may hold a secret."""
    if isinstance(error, ReplayError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    said = getattr(error, "strerror", None) or getattr(error, "message", None)
    status = f" {error.status}" if hasattr(error, "status") else ""
    return f"cannot be read: {said or type(error).__name__}{status}"
