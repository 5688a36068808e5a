"""The judge: Segment's published packages, run by Node and asked one JSON line at a time.

    with SegmentRuntime() as segment:
        segment.ask("trigger", text='type = "track"', events=[{"type": "track"}])

The operations and what they answer are listed in segment_runtime/runtime.js.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from tests.conformance import json_wire

RUNTIME = Path(__file__).with_name("segment_runtime")
NEWEST = RUNTIME / "newest"
INSTALL = ("install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund")


class RuntimeMissingError(Exception):
    """Node, npm or the packages are not there; the text says what to do about it."""


class SegmentRuntime:
    """A running copy of Segment's runtime; `latest=True` takes the newest packages.

    `install=False` relies on the packages being there, for several copies started at once.
    """

    def __init__(self, *, latest: bool = False, install: bool = True) -> None:
        node = _program("node")
        folder = installed(latest=latest) if install else _folder(latest=latest)
        self._process = subprocess.Popen(
            [node, str(RUNTIME / "runtime.js"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"TZ": "UTC"},
        )

    def ask(self, op: str, **parameters: Any) -> Any:
        """Ask one question and wait for its answer."""
        self._write([{"op": op, **parameters}])
        return self._read()

    def ask_many(self, requests: Iterable[dict[str, Any]]) -> Iterator[Any]:
        """Ask all of `requests` (each a dict with `op`) and give the answers in order.

        A thread writes while the caller reads: with both on one thread the pipes fill up and
        neither side moves. Read to the end before asking anything else.
        """
        questions = list(requests)
        writer = threading.Thread(target=self._write, args=(questions,), daemon=True)
        writer.start()
        for _ in questions:
            yield self._read()
        writer.join()

    def versions(self) -> dict[str, str]:
        """Node's version and the packages', by name."""
        told = self.ask("versions")
        return {"node": told["node"], **told["packages"]}

    def close(self) -> None:
        """End the process; it leaves when its input ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, requests: list[dict[str, Any]]) -> None:
        assert self._process.stdin is not None
        lines = "".join(json_wire.dumps(request) + "\n" for request in requests)
        self._process.stdin.write(lines.encode("ascii"))
        self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        # Bytes, for a text stream also ends lines at CR.
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            code = self._process.wait(timeout=30)
            raise RuntimeMissingError(
                f"Segment's runtime ended (exit code {code}) instead of answering."
            )
        answer = json_wire.loads(line)
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return answer


def installed(*, latest: bool = False) -> Path:
    """Give the folder that holds the packages, after installing them if they are not there.

    The newest ones are asked for every time.
    """
    _program("node")
    folder = _folder(latest=latest)
    if latest:
        _declare_newest(folder)
    if latest or not (folder / "node_modules/@segment/action-destinations").is_dir():
        _install(folder)
    return folder


def _folder(*, latest: bool) -> Path:
    return NEWEST if latest else RUNTIME


def _declare_newest(folder: Path) -> None:
    """Declare the four packages without a version, the overrides kept.

    Without some of the overrides the packages do not even install, so they stay.
    """
    declared = json.loads((RUNTIME / "package.json").read_text())
    declared["dependencies"] = dict.fromkeys(declared["dependencies"], "latest")
    del declared["description"]
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text(json.dumps(declared, indent=2) + "\n")


def _install(folder: Path) -> None:
    done = subprocess.run(
        [_program("npm"), *INSTALL], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise RuntimeMissingError(
            f"npm could not install Segment's packages:\n{done.stderr.strip()}"
        )


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeMissingError(
            f"{name} is not on the PATH; Segment's runtime needs Node 20 or newer with npm."
        )
    return found
