"""Segment's own runtime under Node, asked for the rate of one piece of work at a time."""

import json
import shutil
import subprocess
from collections import abc
from pathlib import Path
from typing import Any, Self

from sandbox import Mapping

ROOT = Path(__file__).parent.parent
PACKAGES = ROOT / "tests" / "conformance" / "segment_runtime"
PEER = "Segment's runtime"


def missing() -> str:
    """Return why the runtime cannot be had on this machine; "" where it can."""
    if shutil.which("node") is None:
        return "no node is on the PATH"
    if not (PACKAGES / "node_modules" / "@segment").is_dir():
        return "Segment's packages are not installed: `make clients`"
    return ""


class SegmentRuntime:
    """Segment's packages in a process of their own; `clock` and `seconds` say how it measures."""

    def __init__(self, *, clock: str, seconds: float) -> None:
        self._how = {"clock": clock, "seconds": seconds}

    def __enter__(self) -> Self:
        script = str(Path(__file__).with_name("segment_mapper.js"))
        self._process = subprocess.Popen(
            ["node", script, str(PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def mapped(self, events: list[Any], mappings: abc.Sequence[Mapping]) -> tuple[float, str]:
        """Return how many events a second become request bodies, and the digest of the bodies."""
        subscriptions = [subscription(mapping) for mapping in mappings]
        settings = {"apiKey": "key", "subscriptions": subscriptions}
        answer = self._ask("deliveries", events=events, settings=settings)
        return answer["rate"], answer["digest"]

    def _ask(self, op: str, **parts: Any) -> dict[str, Any]:
        self._process.stdin.write(json.dumps({"op": op, **self._how, **parts}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def subscription(mapping: Mapping) -> dict[str, Any]:
    """Return a mapping in the form of Segment's runtime."""
    return {
        "partnerAction": mapping.action,
        "subscribe": mapping.trigger,
        "mapping": mapping.fields,
        "enabled": True,
    }
