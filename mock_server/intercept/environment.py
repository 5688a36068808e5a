"""Environment: the variables that make a command's calls reach the mock, and their files."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from mock_server.intercept.bundles import bundle_of, java_store
from mock_server.intercept.preload import JOINED, RUN
from mock_server.intercept.upstream import bypasses

GIVEN_BACK: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that requests prefers to `session.verify`. The preload makes them unnecessary."""

_ADDED: Final = "NODE_EXTRA_CA_CERTS"  # Node adds them to its own
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
PREFIX: Final = "toplyne-sandbox-run-"
_HERE: Final = Path(__file__).parent
_SITECUSTOMIZE: Final = """\
import sys

if sys.version_info >= (3, 7):  # older versions could not parse it
    from toplyne_preload import start

    start({})
"""
_VARIABLES: Final = ("TMPDIR", "TEMP", "TMP")
_NEXT_BEST: Final = ("/tmp", "/var/tmp")  # noqa: S108 - the folder made there is private


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A folder of mode 0700, and the files in it."""

    path: Path

    @classmethod
    def temporary(cls) -> RunFolder:
        """Return a folder that does not exist yet, with a path without spaces if possible.

        Some tools split NODE_OPTIONS at spaces, even at quoted ones.
        """
        # not by tempfile, which tests a place with a file that a kill -9 would leave there
        usual = [os.environ[name] for name in _VARIABLES if os.environ.get(name)]
        places = [place for place in (*usual, *_NEXT_BEST) if Path(place).is_dir()]
        places = places or [str(Path.cwd())]
        base = next((place for place in places if " " not in place), places[0])
        return cls(Path(base, f"{PREFIX}{token_hex(8)}").absolute())

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.path.mkdir(mode=0o700)

    @property
    def node(self) -> Path:
        """The file for NODE_OPTIONS."""
        return self.path / "preload.cjs"

    @property
    def loaded(self) -> tuple[str, ...]:
        """The processes in which a preload ran, as "Python 3.12.1" or "Node 22.1.0"."""
        path = self.path / "loaded"
        return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()

    def write(self, name: str, content: bytes) -> Path:
        """Write or replace a file, and return its path."""
        path = self.path / name
        path.write_bytes(content)
        return path

    def write_preloads(self, options: Mapping[str, Any], user: Mapping[str, str]) -> None:
        """Write the files that Python and Node load first. They import nothing of this package.

        The preload restores the user's values of GIVEN_BACK.
        """
        (self.path / "python").mkdir(exist_ok=True)
        self.write("python/toplyne_preload.py", (_HERE / "preload.py").read_bytes())
        given_back = {name: user.get(name) for name in GIVEN_BACK}
        arguments = f"{str(self.path)!r}, {given_back!r}, **{dict(options)!r}"
        self.write("python/sitecustomize.py", _SITECUSTOMIZE.format(arguments).encode())
        node = (_HERE / "preload.cjs").read_text(encoding="utf-8")
        told = json.dumps({**options, "folder": str(self.path)})
        self.write(self.node.name, f"{node}\nstart({told});\n".encode())


@dataclass(frozen=True, slots=True)
class CommandVariables:
    """The variables to set for a command. `user` is the environment it has without a run."""

    user: Mapping[str, str]
    folder: RunFolder
    authority: bytes
    hosts: Collection[str]
    port: int

    def all(self, own: Mapping[str, str], *, java: bool) -> dict[str, str]:
        """Write the files, and return all variables to set. Raises NoBundle.

        With `java` Java is caught too. It then prints JAVA_TOOL_OPTIONS on standard error at every
        start.
        """
        return {
            **own,
            RUN: str(self.folder.path),
            **self._proxies(),
            **self._certificates(),
            "PYTHONPATH": self._joined("PYTHONPATH", str(self.folder.path / "python"), first=True),
            # after the user's own value, because Yarn's must be the first
            "NODE_OPTIONS": self._joined("NODE_OPTIONS", self._node_options(), first=False),
            "NODE_USE_ENV_PROXY": "1",
            **({"JAVA_TOOL_OPTIONS": self._java_options()} if java else {}),
        }

    def _proxies(self) -> dict[str, str]:
        theirs = self.user.get("no_proxy") or self.user.get("NO_PROXY") or ""
        entries = filter(None, theirs.split(","))
        kept = [each for each in entries if not any(bypasses(each, host) for host in self.hosts)]
        values = {
            "http_proxy": f"http://127.0.0.1:{self.port}",
            "https_proxy": f"http://127.0.0.1:{self.port}",
            "no_proxy": ",".join(dict.fromkeys((*_LOOPBACK, *kept))),
        }
        return {**values, **{name.upper(): value for name, value in values.items()}}

    def _certificates(self) -> dict[str, str]:
        found = {}
        for name in ("SSL_CERT_FILE", *GIVEN_BACK, _ADDED):
            is_added = name == _ADDED and not self.user.get(name)
            bundle = b"" if is_added else bundle_of(self.user, name).rstrip(b"\n") + b"\n"
            found[name] = str(self.folder.write(f"{name}.pem", bundle + self.authority))
        return found

    def _joined(self, name: str, ours: str, *, first: bool) -> str:
        """Return our value joined with the user's, without the value of an outer run."""
        between, theirs = JOINED[name], self.user.get(name, "")
        if outer := self.user.get(RUN):
            theirs = between.join(part for part in theirs.split(between) if outer not in part)
        return between.join(filter(None, (ours, theirs) if first else (theirs, ours)))

    def _node_options(self) -> str:
        path = str(self.folder.node)
        quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
        option = f"--require={quoted if ' ' in path else path}"
        if "permission" in self.user.get("NODE_OPTIONS", ""):
            option = f"--allow-fs-read={self.folder.path}/* {option}"
        return option

    def _java_options(self) -> str:
        bundle = bundle_of(self.user, "SSL_CERT_FILE") + self.authority
        store = self.folder.write("cacerts", java_store(bundle))
        ours = (
            f"-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort={self.port} "
            f"-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={self.port} "
            "-Dhttp.nonProxyHosts=localhost|127.*|[::1] "
            f"-Djavax.net.ssl.trustStore={store}"
        )
        return " ".join(filter(None, (self.user.get("JAVA_TOOL_OPTIONS"), ours)))
