"""Storage: list, open and write local paths and fsspec URLs in the same way."""

import importlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from sandbox.inflating import InputError

STANDARD_INPUT: Final = "-"
INSTALL: Final = "pip install 'toplyne-sandbox[archive]'"

_STREAMED: Final = frozenset({"http", "https"})
"""Read from start to end, because the sizes such a server states are not trusted."""

_STREAMING: Final = {"client_kwargs": {"auto_decompress": False}, "block_size": 0}

_NO_CREDENTIALS: Final = (
    "needs credentials, which were not found; set AWS_PROFILE for s3://,"
    " GOOGLE_APPLICATION_CREDENTIALS for gs:// or AZURE_STORAGE_CONNECTION_STRING for az://"
)


class ReplayError(Exception):
    """Raised if a replay cannot go on; the message says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A source, or its lines from byte `start` up to byte `stop`.

    `content` is the content of a source that is already in memory.
    """

    name: str
    url: str
    size: int
    start: int = 0
    stop: int | None = None
    first_line: int = 1
    content: bytes | None = None


class _Local:
    """Local files, with the methods of an fsspec filesystem that this module uses."""

    open = staticmethod(io.open)
    makedirs = staticmethod(os.makedirs)
    exists = staticmethod(os.path.exists)
    isdir = staticmethod(os.path.isdir)

    @staticmethod
    def rm(path: str, **_: bool) -> None:
        shutil.rmtree(path)

    @staticmethod
    def info(path: str | Path) -> dict[str, Any]:
        file = Path(path)
        if file.is_file():
            return {"type": "file", "size": file.stat().st_size}
        # to open a link to nothing says why it cannot be read
        return {"type": "other" if file.exists() else "file"}

    def find(self, path: str, **_: bool) -> dict[str, Any]:
        """Return all files in a folder, also in linked ones."""
        return self._named(Path(path), ("**", "*"))

    def glob(self, path: str, **_: bool) -> dict[str, Any]:
        """Return the files that a pattern names."""
        root = Path(Path(path).anchor)
        return self._named(root, Path(path).relative_to(root).parts)

    def _named(self, folder: Path, pattern: tuple[str, ...]) -> dict[str, Any]:
        """Return the files that are named so in a folder, or else those that match the pattern.

        `**` stands for a folder and all folders in it, linked ones too, each once. A folder that
        cannot be listed stands as a file, because to open it says why.
        """
        at = pattern.index("**") if "**" in pattern else len(pattern)
        exact = Path(folder, *pattern[:at])
        is_one = not at or (pattern[:at] != ("*",) and exact.exists())
        named = [exact] if is_one else [*folder.glob(str(Path(*pattern[:at])))]
        if at == len(pattern):
            return {str(each): self.info(each) for each in named if not each.is_dir()}

        found: dict[str, Any] = {}

        def keep(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                found[error.filename] = {"type": "file"}

        for top in filter(os.path.isdir, named) if at else named:
            known = set[str]()
            for path, below, _ in os.walk(top, followlinks=True, onerror=keep):
                address = os.path.realpath(path)
                if address in known:
                    below.clear()  # a link to a folder around it, or a second link
                else:
                    known.add(address)
                    found |= self._named(Path(path), pattern[at + 1 :] or ("*",))
        return found


def is_url(path: str) -> bool:
    """Return whether a string is a URL for fsspec, not a local path."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.replace("+", "").isalnum()


def _filesystem(url: str) -> tuple[Any, str]:
    """Return the filesystem of a path or URL, and the path in it; raises ReplayError if missing."""
    if not is_url(url):
        return _Local(), url
    scheme = url.partition("://")[0]
    if reason := unavailable([scheme]):
        raise ReplayError(reason)
    options = _STREAMING if scheme in _STREAMED else {}
    found: tuple[Any, str] = importlib.import_module("fsspec").core.url_to_fs(url, **options)
    return found


def unavailable(schemes: Iterable[str]) -> str:
    """Return why URLs of one of the schemes cannot be opened here, "" if all can."""
    for scheme in schemes:
        if find_spec("fsspec") is None:
            return f"{scheme}:// cannot be opened: it needs fsspec, {INSTALL}"
        try:
            importlib.import_module("fsspec").get_filesystem_class(scheme)
        except (ImportError, ValueError) as error:
            return f"{scheme}:// cannot be opened: {error}"
    return ""


def files_of(source: str) -> list[Slice]:
    """Return every file of a source, in order.

    A source is a file, a folder, a pattern, a URL or `-`. In folders and patterns, files whose name
    starts with a dot or an underscore are left out, as they are not data.
    """
    if source == STANDARD_INPUT or source.partition("://")[0] in _STREAMED:
        name = "standard input" if source == STANDARD_INPUT else source
        return [Slice(name=name, url=source, size=0)]
    fs, path = _filesystem(source)
    if fs.isdir(path):
        infos = fs.find(path, detail=True)
    elif any(sign in path for sign in "*?[") and not fs.exists(path):
        infos = fs.glob(path, detail=True)
    else:
        return [_file(fs, path, fs.info(path))]
    return [
        _file(fs, name, info)
        for name, info in sorted(infos.items())
        if info["type"] == "file" and name.rpartition("/")[2][:1] not in "._"
    ]


def _file(fs: Any, path: str, info: dict[str, Any]) -> Slice:
    """Return a whole file, with its name for people and its only address."""
    is_local = isinstance(fs, _Local)
    name = path if is_local else fs.unstrip_protocol(path)
    address = os.path.realpath(path) if is_local and Path(path).is_file() else name
    return Slice(name=name, url=address, size=int(info.get("size") or 0))


class Counted:
    """A source open for reading; counts its bytes, and turns its errors into sentences."""

    def __init__(self, read: Callable[[int], bytes], most: int) -> None:
        """Read at most `most` bytes in all."""
        self._read, self._most = read, most
        self.count = 0

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; raises InputError if the source fails."""
        with _in_a_sentence():
            piece = self._read(min(size, self._most - self.count))
        self.count += len(piece)
        if not piece and self.count < self._most < sys.maxsize:
            raise InputError("became shorter while it was read")
        return piece


@contextmanager
def opened(slice_: Slice) -> Iterator[Counted]:
    """Open the content of a slice; raises InputError if it cannot be read."""
    start, stop = slice_.start, slice_.stop
    with ExitStack() as stack:
        read: Callable[[int], bytes]
        with _in_a_sentence():
            if slice_.content is not None:
                read = io.BytesIO(slice_.content).read
            elif slice_.url == STANDARD_INPUT:
                stdin: Any = sys.stdin.buffer
                read = stdin.read1  # returns what there is, and to Ctrl-C
            else:
                fs, path = _filesystem(slice_.url)
                stream = stack.enter_context(fs.open(path, "rb"))
                read = stream.read
                if start:
                    stream.seek(start)
        yield Counted(read, sys.maxsize if stop is None else stop - start)


@contextmanager
def _in_a_sentence(kind: type[Exception] = InputError) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - an fsspec filesystem may raise anything
        raise kind(unreadable_reason(error)) from None


def unreadable_reason(error: Exception) -> str:
    """Return why a source cannot be read, without its URL, which may contain a secret."""
    if isinstance(error, ReplayError | InputError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if "credential" in f"{type(error).__name__} {error}".lower():
        return _NO_CREDENTIALS
    said = getattr(error, "strerror", None) or getattr(error, "message", None)
    status = f" {error.status}" if hasattr(error, "status") else ""
    return f"cannot be read: {said or type(error).__name__}{status}"


class Folder:
    """A folder to write files to, local or at a URL; the first file creates it."""

    def __init__(self, url: str) -> None:
        """Write nothing yet."""
        with _in_a_sentence(ReplayError):
            self._fs, self._path = _filesystem(url)

    def write(self, name: str) -> Any:
        """Return a file of that name, open for writing."""
        self._fs.makedirs(self._path, exist_ok=True)
        return self._fs.open(f"{self._path}/{name}", "wb")

    def read(self, name: str) -> Any:
        """Return the file of that name, open for reading."""
        return self._fs.open(f"{self._path}/{name}", "rb")

    def is_used(self) -> bool:
        """Return whether the folder contains anything."""
        with _in_a_sentence(ReplayError):
            if not isinstance(self._fs, _Local):
                self._fs.invalidate_cache()
            return bool(self._fs.find(self._path, detail=True))

    def remove(self) -> None:
        """Remove the folder and its content, if it exists."""
        if self.is_used():
            self._fs.rm(self._path, recursive=True)
