"""Rows: what `--out` collects, written by each part to files of its own.

A file is written under a temporary name and renamed when it is complete. Only the files that the
final summary names count, so a part that is worked on twice adds nothing.
"""

from __future__ import annotations

import gzip
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from sandbox.replay.files import filesystem, is_url
from sandbox.replay.summary import Shard

_LEVEL: Final = 3
_PIECE: Final = 1024 * 1024


class Folder:
    """A folder to write files to: a local one, or one at a URL."""

    def __init__(self, url: str) -> None:
        """Open the folder; it is made when the first file is written."""
        self._fs: Any = None
        self._path = url
        if is_url(url):
            self._fs, self._path = filesystem(url)

    def write(self, name: str) -> Any:
        """Return a file of that name, open for writing."""
        if self._fs is None:
            Path(self._path).mkdir(parents=True, exist_ok=True)
            return (Path(self._path) / name).open("wb")
        self._fs.makedirs(self._path, exist_ok=True)
        return self._fs.open(f"{self._path}/{name}", "wb")

    def read(self, name: str) -> Any:
        """Return the file of that name, open for reading."""
        if self._fs is None:
            return (Path(self._path) / name).open("rb")
        return self._fs.open(f"{self._path}/{name}", "rb")

    def rename(self, name: str, to: str) -> None:
        """Give a file another name."""
        if self._fs is None:
            os.replace(Path(self._path) / name, Path(self._path) / to)  # noqa: PTH105 - as below
        else:
            self._fs.mv(f"{self._path}/{name}", f"{self._path}/{to}")

    def names(self) -> list[str]:
        """Return the names of what is in the folder."""
        if self._fs is None:
            path = Path(self._path)
            return sorted(each.name for each in path.iterdir()) if path.is_dir() else []
        self._fs.invalidate_cache()
        if not self._fs.exists(self._path):
            return []
        return sorted(each.rpartition("/")[2] for each in self._fs.ls(self._path, detail=False))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and the folder where it is empty then."""
        for name in names:
            if self._fs is None:
                (Path(self._path) / name).unlink(missing_ok=True)
            else:
                self._fs.rm(f"{self._path}/{name}")
        if self._fs is None and Path(self._path).is_dir() and not self.names():
            Path(self._path).rmdir()


class Rows:
    """The rows of one part, by collection; none are kept where there is no folder."""

    def __init__(self, folder: str | None, collected: Iterable[str], part: int) -> None:
        """Open no file until there is a row."""
        self._folder = Folder(folder) if folder is not None else None
        self._collected = frozenset(collected) if folder is not None else frozenset()
        self._part = part
        self._attempt = uuid.uuid4().hex
        self._files: dict[str, tuple[BinaryIO, gzip.GzipFile]] = {}
        self._counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is still open because something failed."""
        for raw, packed in self._files.values():
            for file in (
                packed,
                raw,
            ):  # the packed one writes its end to the raw one
                with suppress(OSError):  # the disk that is full says so again
                    file.close()

    def wants(self, collection: str) -> bool:
        """Tell whether rows of a collection are kept."""
        return collection in self._collected

    def add(self, collection: str, row: bytes) -> None:
        """Write a row, a JSON text."""
        assert self._folder is not None, "nothing is wanted without a folder"
        if collection not in self._files:
            raw = self._folder.write(self._name(collection, ".part"))
            packed = gzip.GzipFile("", "wb", compresslevel=_LEVEL, fileobj=raw, mtime=0)
            self._files[collection] = raw, packed
            self._counts[collection] = 0
        self._files[collection][1].write(row + b"\n")
        self._counts[collection] += 1

    def _name(self, collection: str, end: str) -> str:
        return f"{collection}-{self._part:06d}-{self._attempt}{end}"

    def close(self) -> tuple[Shard, ...]:
        """Complete the files, and return what was written."""
        shards = []
        for collection, (raw, packed) in self._files.items():
            packed.close()
            raw.close()
            name = self._name(collection, ".ndjson.gz")
            assert self._folder is not None, "a file has a folder"
            self._folder.rename(self._name(collection, ".part"), name)
            shards.append(
                Shard(
                    collection=collection,
                    part=self._part,
                    name=name,
                    rows=self._counts[collection],
                )
            )
        return tuple(shards)


def collected(shards: Iterable[Shard], collection: str, source: Folder, out: Folder) -> int:
    """Write the rows of a collection to one file, in the order of the parts; return how many."""
    kept = sorted((s for s in shards if s.collection == collection), key=lambda s: s.part)
    with out.write(f"{collection}.ndjson.gz") as whole:
        for shard in kept:  # gzip files that follow each other are one
            with source.read(shard.name) as part:
                while piece := part.read(_PIECE):
                    whole.write(piece)
        if not kept:
            whole.write(gzip.compress(b"", mtime=0))
    return sum(shard.rows for shard in kept)
