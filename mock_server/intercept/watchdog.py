"""Watchdog: a program that ends the processes and removes the files of a run, even after kill -9.

Its argument is the path of the run's folder. It waits until its standard input is closed, which the
system also does for a killed process. Then it ends the processes of the run, prints one line for
each, and removes the folder.

A process belongs to the run if it has the run's variable in its environment, is in its network
namespace, or descends from the command. Without /proc only the command is known.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SECONDS_TO_END: Final = 2.0
_PROCESSES: Final = Path("/proc")
_WATCHDOG: Final = b"TOPLYNE_SANDBOX_RUN="  # watchdogs have it empty


class RunProcesses:
    """The processes that belong to a run."""

    def __init__(self, folder: str) -> None:
        """Find processes by the run's folder in their environment."""
        self._mark = _WATCHDOG + folder.encode()
        self.command: int | None = None
        self.network = ""

    def now(self) -> dict[int, str]:
        """Return their numbers and names, without zombies and watchdogs."""
        if not (_PROCESSES / "self").exists():
            return {self.command: "command"} if self.command and _signal(self.command, 0) else {}
        parents: dict[int, int] = {}
        found: set[int] = set()
        watchdogs = {os.getpid()}
        for number, folder in _processes():
            try:
                # the process name before it may end in the middle of a character
                state, parent = (folder / "stat").read_bytes().rpartition(b")")[2].split()[:2]
                environment = (folder / "environ").read_bytes().split(b"\0")
                network = os.readlink(folder / "ns" / "net")  # noqa: PTH115 - no path
            except (OSError, ValueError):
                continue  # it has just ended, or belongs to another user
            if state == b"Z":
                continue
            parents[number] = int(parent)
            if _WATCHDOG in environment:
                watchdogs.add(number)  # an inner run's, which must clean up after it
            if self._mark in environment or network == self.network:
                found.add(number)
        if self.command:
            found |= {n for n in parents if self.command in (n, *_ancestors(n, parents))}
        return {number: _name(number) for number in found - watchdogs}


def _processes() -> Iterator[tuple[int, Path]]:
    folders = (folder for folder in _PROCESSES.iterdir() if folder.name.isdecimal())
    return ((int(folder.name), folder) for folder in folders)


def _ancestors(number: int, parents: dict[int, int]) -> Iterator[int]:
    while (number := parents.get(number, 0)) > 1:
        yield number


def _name(number: int) -> str:
    try:
        return (_PROCESSES / str(number) / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "?"


def _end(members: RunProcesses) -> dict[int, str]:
    """End the members, by SIGTERM and then SIGKILL, and return all of them."""
    everybody: dict[int, str] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _SECONDS_TO_END
        told: set[int] = set()
        while (found := members.now()) and time.monotonic() < deadline:
            everybody |= found
            for process in found.keys() - told:
                _signal(process, number)
            told |= found.keys()
            time.sleep(0.02)
    return everybody


def _signal(process: int, number: int) -> bool:
    """Send a signal. Return whether the process existed."""
    try:
        os.kill(process, number)
    except OSError:
        return False
    return True


def main(folder: str) -> None:
    """Wait for the end of the run, and then clean up."""
    members = RunProcesses(folder)
    for line in sys.stdin:
        word, _, value = line.strip().partition(" ")
        if word == "command":
            members.command = int(value) or None
        elif word == "network":
            members.network = value
    ended = _end(members)
    shutil.rmtree(folder, ignore_errors=True)
    for number, name in ended.items():
        print(number, name)  # noqa: T201 - the run reads it, if it still exists


if __name__ == "__main__":
    main(sys.argv[1])
