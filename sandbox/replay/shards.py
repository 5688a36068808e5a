"""Shards: the rows that `--out` collects, written by each part to its own files.

Only the files that the final summary names count, so a part that is worked on twice, or half, adds
nothing.
"""

import gzip
import shutil
import uuid
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from typing import Final

from sandbox.replay.storage import Folder

DIFFERENCES: Final = "differences"
REJECTED: Final = "rejected"
REQUESTS: Final = "requests"

_LEVEL: Final = 3
_PIECE: Final = 1024 * 1024


class Rows(ExitStack):
    """The rows of one part, of those collections that are wanted; they are whole once it is left.

    A collection without a row has no file. `names` are the names of those that were written.
    """

    def __init__(self, folder: str, wanted: Collection[str], part: int) -> None:
        """Open no file until there is a row."""
        super().__init__()
        self.wanted, self.names = wanted, list[str]()
        self._folder, self._attempt = Folder(folder), f"{part:06d}-{uuid.uuid4().hex}"
        self._files: dict[str, gzip.GzipFile] = {}

    def add(self, collection: str, row: bytes) -> None:
        """Write a row, a JSON text."""
        if collection not in self._files:
            self.names.append(f"{collection}-{self._attempt}.ndjson.gz")
            raw = self.enter_context(self._folder.write(self.names[-1]))
            packed = gzip.GzipFile("", "wb", compresslevel=_LEVEL, fileobj=raw, mtime=0)
            self._files[collection] = self.enter_context(packed)
        self._files[collection].write(row + b"\n")


def collected(names: Iterable[str], collection: str, source: Folder, out: Folder) -> None:
    """Write the rows of a collection to one file, in the order of the parts."""
    with out.write(f"{collection}.ndjson.gz") as whole:
        for name in sorted(each for each in names if each.startswith(f"{collection}-")):
            with source.read(name) as part:  # gzip files that follow each other are one
                shutil.copyfileobj(part, whole, _PIECE)
        if not whole.tell():
            whole.write(gzip.compress(b"", mtime=0))
