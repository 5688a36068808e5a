"""Bytecode: the code under test is read from its source, however soon after a change.

Python trusts bytecode by its source's size and time in whole seconds. Whoever edits a file twice
within a second, without changing its length, is given what it was before.
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
"""How old a source must have been when its bytecode was written, so that this can be trusted."""

_FOLDERS: Final = 10_000
"""In how many folders bytecode is looked for."""

_INSTALLED: Final = frozenset({"dist-packages", "node_modules", "site-packages"})


def drop_racy_bytecode(folder: Path) -> None:
    """Delete the bytecode below a folder that may be older than its source.

    For a command under test, of which only its folder is known.
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
