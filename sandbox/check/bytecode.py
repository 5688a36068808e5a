"""Bytecode: run the code under test from its current source, however recently it changed.

Python trusts bytecode if the source has the same size and the same time in whole seconds. After a
second edit within one second that keeps the length, it would run the older code.
"""

import os
import sysconfig
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import source_from_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

_SECONDS: Final = 2
"""Bytecode is trusted if its source was at least this old when the bytecode was written."""

_FOLDERS: Final = 10_000
"""The largest number of folders that are searched for bytecode."""

_INSTALLED: Final = frozenset({"dist-packages", "node_modules", "site-packages"})


def drop_racy_bytecode(folder: Path) -> None:
    """Delete the bytecode below a folder that may be older than its source.

    For a command under test: only the folder it runs in is known.
    """
    for place, folders, files in islice(os.walk(folder), _FOLDERS):
        folders[:] = [each for each in folders if each[0] != "." and each not in _INSTALLED]
        if Path(place).name == "__pycache__":
            for path in (Path(place, each) for each in files if each.endswith(".pyc")):
                with suppress(OSError, ValueError):  # no source, not ours to delete, or gone by now
                    written = path.stat().st_mtime
                    if written < Path(source_from_cache(path)).stat().st_mtime + _SECONDS:
                        path.unlink()


def read_sources() -> None:
    """Make this process import everything that is not installed from source. Call it once."""
    kept = (Path(sysconfig.get_path("stdlib")), Path(__file__).parent.parent)
    path_stats = SourceFileLoader.path_stats

    def of_installed(self: SourceFileLoader, path: str) -> Any:
        place = Path(path)
        if _INSTALLED.isdisjoint(place.parts) and not any(map(place.is_relative_to, kept)):
            raise OSError("Python then neither reads nor writes bytecode.")
        return path_stats(self, path)

    SourceFileLoader.path_stats = of_installed  # type: ignore[method-assign]
