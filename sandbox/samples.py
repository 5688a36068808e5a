"""Samples: the events that come with the sandbox, recorded from real clients or odd ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from sandbox.event_input import InputEvent, read_events


@dataclass(frozen=True, slots=True)
class Sample:
    """One event, with the name of its file: the client it is from, or what is odd about it."""

    name: str
    event: InputEvent


def recorded() -> list[Sample]:
    """Return the events recorded from real clients, as they are in the SDKs' bodies."""
    return list(_samples("recorded"))


def odd() -> list[Sample]:
    """Return the hand-made odd events."""
    return list(_samples("odd"))


def _samples(folder: str) -> Iterator[Sample]:
    for file in sorted((fixtures() / "events" / folder).iterdir(), key=lambda f: f.name):
        for read in read_events(file.read_bytes(), name=file.name):
            if isinstance(read, InputEvent):
                yield Sample(file.name.split(".")[0], read)


def fixtures() -> Traversable:
    """Return the folder of fixtures: in the installed package, or the repository's own."""
    packaged = resources.files("sandbox") / "fixtures"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "fixtures"
