"""Run folder: the files of a run, in a folder of its owner's alone: certificates and preloads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

PREFIX: Final = "toplyne-sandbox-run-"
_HERE: Final = Path(__file__).parent
_SITECUSTOMIZE: Final = """\
import sys

if sys.version_info >= (3, 7):  # an older one could not read it
    from toplyne_preload import start

    start({})
"""
_VARIABLES: Final = ("TMPDIR", "TEMP", "TMP")
_NEXT_BEST: Final = ("/tmp", "/var/tmp")  # noqa: S108 - the folder made there is private


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder of mode 0700, and where in it is what."""

    path: Path

    @classmethod
    def somewhere(cls) -> RunFolder:
        """Return one that is still to be made, where its path has no space if that can be.

        Tools take NODE_OPTIONS apart at spaces, however they are quoted.
        """
        # not tempfile's way, which tries a place with a file that a kill -9 leaves there
        usual = [os.environ[name] for name in _VARIABLES if os.environ.get(name)]
        places = [place for place in (*usual, *_NEXT_BEST) if Path(place).is_dir()]
        places = places or [str(Path.cwd())]
        base = next((place for place in places if " " not in place), places[0])
        return cls(Path(base, f"{PREFIX}{token_hex(8)}"))

    def make(self) -> None:
        """Make it; raises OSError."""
        self.path.mkdir(mode=0o700)

    @property
    def certificate(self) -> Path:
        """The certificate of this run's authority."""
        return self.path / "ca.pem"

    @property
    def python(self) -> Path:
        """The folder for PYTHONPATH."""
        return self.path / "python"

    @property
    def node(self) -> Path:
        """The file for NODE_OPTIONS."""
        return self.path / "preload.cjs"

    @property
    def loaded(self) -> tuple[str, ...]:
        """The processes a preload has begun in, as "Python 3.12.1" or "Node 22.1.0"."""
        path = self.path / "loaded"
        return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()

    def write(self, name: str, content: bytes) -> Path:
        """Write a file, perhaps the same again, and return its path."""
        path = self.path / name
        path.write_bytes(content)
        return path

    def write_preloads(
        self, options: Mapping[str, Any], given_back: Mapping[str, str | None]
    ) -> None:
        """Write what Python and Node load first, each a file that stands alone."""
        self.python.mkdir(exist_ok=True)
        self.write("python/toplyne_preload.py", (_HERE / "preload.py").read_bytes())
        arguments = f"{str(self.path)!r}, {dict(given_back)!r}, **{dict(options)!r}"
        self.write("python/sitecustomize.py", _SITECUSTOMIZE.format(arguments).encode())
        node = (_HERE / "preload.cjs").read_text(encoding="utf-8")
        told = json.dumps({**options, "folder": str(self.path)})
        self.write(self.node.name, f"{node}\nstart({told});\n".encode())
