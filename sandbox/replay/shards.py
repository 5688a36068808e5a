"""Shards: the rows that `--out` collects; each part writes its own files.

Only files that the final summary names are used, so a part that was processed twice, or partly,
adds nothing.
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


class RowWriter(ExitStack):
    """Writes the rows of one part, for the wanted collections. A context manager.

    A collection without a row has no file. `names` are the names of the written files, which are
    complete when the block ends.
    """

    def __init__(self, folder: str, wanted: Collection[str], part: int) -> None:
        """Open no file yet; the first row of a collection does."""
        super().__init__()
        self.wanted, self.names = wanted, list[str]()
        self._folder, self._attempt = Folder(folder), f"{part:06d}-{uuid.uuid4().hex}"
        self._files: dict[str, gzip.GzipFile] = {}

    def add(self, collection: str, row: bytes) -> None:
        """Write a row, which is JSON."""
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
            with source.read(name) as part:  # concatenated gzip files are one gzip file
                shutil.copyfileobj(part, whole, _PIECE)
        if not whole.tell():
            whole.write(gzip.compress(b"", mtime=0))
