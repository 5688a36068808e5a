"""Commands: a mapper that is a program, asked one line at a time and never left running.

The process is kept alive between events, restarted if it ends, and killed with its children when
the check is over. Nothing waits longer than the timeout.
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from sandbox.check.bytecode import drop_racy_bytecode
from sandbox.check.cases import Answer, Case, NoRequests, read_answer
from sandbox.check.failure import CheckError
from sandbox.check.line_process import Ended, LineProcess, cut
from sandbox.segment.json_text import InvalidJson, parse_json

TIMEOUT_SECONDS: Final = 10.0
_SECOND_LINE_SECONDS: Final = 0.1
_MAX_DEPTH: Final = 700
RIGHT_LINE: Final = '[{"method": "POST", "path": "/upload/events", "json": {…}}]'

NO_FUNCTION: Final = 3
"""The exit code of the worker if there is no such function; its last line says why."""


def python_mapper(
    name: str, *, workspaces: bool = False, timeout: float = TIMEOUT_SECONDS
) -> CommandMapper:
    """Return the mapper of a Python function, `module:function`, run in a process of its own."""
    flags = ["--workspaces"] if workspaces else []
    command = (sys.executable, "-m", "sandbox.check.worker", name, *flags)
    return CommandMapper(command, timeout=timeout, name=name)


class CommandMapper:
    """A command under test: one line of JSON in for each case, one line of JSON out.

    A context manager; leaving it ends the process. `restarts` counts how often it was restarted.
    """

    def __init__(
        self, command: Sequence[str], *, timeout: float = TIMEOUT_SECONDS, name: str = ""
    ) -> None:
        """Keep the command; it starts with the first case. `name` is what it is called."""
        self.command = tuple(command)
        self._is_function = bool(name)
        self._name = name or f"`{cut(shlex.join(command))}`"
        self.restarts = 0
        self._timeout = timeout
        self._process: LineProcess | None = None

    def __enter__(self) -> Self:
        drop_racy_bytecode(Path.cwd())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all it started."""
        with _signals_held():
            if self._process is not None:
                self._process.end()
                self._process = None

    def answer(self, case: Case) -> Answer:
        """Return the command's answer to the case.

        A process that ends before it answers is restarted and asked again, once. Raises CheckError
        with one sentence if the command does not start, does not answer, or does not print one line
        with a list of requests.
        """
        line = case.line
        try:
            try:
                printed = self._ask(line)
            except Ended:
                self.restarts += 1
                printed = self._ask(line)
        except Ended as ended:
            raise CheckError(f"{ended} It did so twice with {cut(line)}") from None
        try:
            return read_answer(parse_json(printed, max_depth=_MAX_DEPTH))
        except (InvalidJson, NoRequests) as error:
            raise CheckError(
                f"{self._name} printed {cut(printed.decode('utf-8', 'replace'))} for an event: "
                f"{error}. Expected one line like {RIGHT_LINE}."
            ) from None

    def _ask(self, line: str) -> bytes:
        if self._process is None or self._process.has_ended:
            self.close()
            with _signals_held():
                self._process = self._start()
        process, is_first = self._process, not self._process.answers
        self._refuse_surplus(process.surplus())
        try:
            answer = process.ask(line, self._timeout)
        except TimeoutError as error:
            process.kill()
            self.close()
            raise CheckError(f"{self._name} {error}") from None
        except Ended as error:
            self._process = None
            if process.exit_code == NO_FUNCTION and self._is_function:
                raise CheckError(process.last_words) from None
            raise Ended(f"{self._name} {error}") from None
        if is_first:  # whoever prints two lines for one does so from the start
            self._refuse_surplus(process.surplus(_SECOND_LINE_SECONDS))
        return answer

    def _refuse_surplus(self, surplus: str) -> None:
        if surplus:
            raise CheckError(
                f"{self._name} printed {cut(surplus)} besides its answer; it must print one line "
                "for each line it reads."
            )

    def _start(self) -> LineProcess:
        try:
            return LineProcess(self.command)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            if is_missing(error, self.command):
                why = os.strerror(errno.ENOENT)
            raise CheckError(f"{self._name} does not start: {why}.") from None


def is_missing(error: OSError | ValueError, command: Sequence[str]) -> bool:
    """Return whether an error means that there is no such command.

    A folder of PATH that may not be searched makes "Permission denied" of every missing command.
    """
    if isinstance(error, PermissionError) and command[0] == Path(command[0]).name:
        places = [Path(folder, command[0]) for folder in os.get_exec_path()]
        return not any(map(os.path.exists, places))
    return isinstance(error, FileNotFoundError)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the block is left.

    What their handlers raise would else come between the start of a process and the name it is
    kept by, or between its end and that of what it started. Python calls them in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        for kind in before:
            signal.signal(kind, lambda number, _frame: held.append(number))
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, signal.SIG_DFL if handler is None else handler)
    for number in held:
        signal.raise_signal(number)
