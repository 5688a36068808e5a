"""Shards: the rows that `--out` collects, written by each part to files of its own.

Only the files that the final summary names count, so a part that is worked on twice, or half, adds
nothing.
"""

import gzip
import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO, Final, Self

from sandbox.replay.storage import Folder
from sandbox.replay.tallies import Shard

_LEVEL: Final = 3
_PIECE: Final = 1024 * 1024


class Rows:
    """The rows of one part, by collection; none are kept where there is no folder."""

    def __init__(self, folder: str | None, collected: Iterable[str], part: int) -> None:
        """Open no file until there is a row."""
        self._folder = Folder(folder or "")
        self._collected = frozenset(collected if folder is not None else ())
        self._part = part
        self._attempt = uuid.uuid4().hex
        self._files: dict[str, tuple[BinaryIO, gzip.GzipFile]] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is still open because something failed."""
        for raw, packed in self._files.values():
            for file in (packed, raw):  # the packed one writes its end to the raw one
                with suppress(OSError):  # the disk that is full says so again
                    file.close()

    def wants(self, collection: str) -> bool:
        """Return whether rows of a collection are kept."""
        return collection in self._collected

    def add(self, collection: str, row: bytes) -> None:
        """Write a row, a JSON text."""
        if collection not in self._files:
            raw = self._folder.write(self._name(collection))
            packed = gzip.GzipFile("", "wb", compresslevel=_LEVEL, fileobj=raw, mtime=0)
            self._files[collection] = raw, packed
        self._files[collection][1].write(row + b"\n")

    def _name(self, collection: str) -> str:
        return f"{collection}-{self._part:06d}-{self._attempt}.ndjson.gz"

    def close(self) -> tuple[Shard, ...]:
        """Complete the files, and return what was written."""
        for raw, packed in self._files.values():
            packed.close()
            raw.close()
        return tuple(Shard(each, self._part, self._name(each)) for each in self._files)


def collected(shards: Iterable[Shard], collection: str, source: Folder, out: Folder) -> None:
    """Write the rows of a collection to one file, in the order of the parts."""
    kept = sorted((s for s in shards if s.collection == collection), key=lambda s: s.part)
    with out.write(f"{collection}.ndjson.gz") as whole:
        for shard in kept:  # gzip files that follow each other are one
            with source.read(shard.name) as part:
                shutil.copyfileobj(part, whole, _PIECE)
        if not kept:
            whole.write(gzip.compress(b"", mtime=0))
