"""Commands: a mapper that is a program, asked one line at a time and never left behind.

The process is kept alive between events, started anew where it ended, and killed with all it
started when the check is over. Nothing waits longer than the time-out.
"""

from __future__ import annotations

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final, Self

from sandbox.check.cases import Case
from sandbox.check.finding import CheckError
from sandbox.check.requests import Answer, NoRequests, read_answer
from sandbox.segment.json_text import InvalidJson, parse_json

TIMEOUT_SECONDS: Final = 10.0
_GRACE_SECONDS: Final = 1.0
_SECOND_LINE_SECONDS: Final = 0.1
_MAX_LINE: Final = 16 * 2**20
_SHOWN: Final = 120
_MAX_DEPTH: Final = 700
_HAS_GROUPS: Final = hasattr(os, "killpg")
RIGHT_LINE: Final = '[{"method": "POST", "path": "/upload/events", "json": {…}}]'

NO_FUNCTION: Final = 3
"""The exit code of the worker where there is no such function; its last words say why."""


class _Ended(Exception):
    """The process ended before it answered; the message says how far it came."""


def python_mapper(
    name: str, *, workspaces: bool = False, timeout: float = TIMEOUT_SECONDS
) -> CommandMapper:
    """Return the mapper of a Python function, `module:function`, run in a process of its own."""
    flags = ["--workspaces"] if workspaces else []
    command = (sys.executable, "-m", "sandbox.check.worker", name, *flags)
    return CommandMapper(command, timeout=timeout, name=name)


class CommandMapper:
    """A command under test: one line of JSON in for each case, one line of JSON out.

    A context manager; leaving it ends the process. `restarts` counts how often it was started anew.
    """

    def __init__(
        self, command: Sequence[str], *, timeout: float = TIMEOUT_SECONDS, name: str = ""
    ) -> None:
        """Keep the command; it starts with the first case. `name` is what it is called."""
        self.command = tuple(command)
        self._called = name
        self.restarts = 0
        self._timeout = timeout
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and all it started."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def answer(self, case: Case) -> Answer:
        """Return what the command makes of the case.

        A process that ends before it answers is started anew and asked again, once. Raises
        CheckError with one sentence where the command does not start, does not answer, or prints
        something else than one line with a list of requests.
        """
        line = case.line
        try:
            printed = self._ask(line)
        except _Ended:
            self.restarts += 1
            try:
                printed = self._ask(line)
            except _Ended as ended:
                raise CheckError(f"{ended} That was twice the same with {_cut(line)}") from None
        try:
            return read_answer(parse_json(printed, max_depth=_MAX_DEPTH))
        except (InvalidJson, NoRequests) as error:
            raise CheckError(
                f"{self._name} printed {_cut(printed.decode('utf-8', 'replace'))} for an event: "
                f"{error}; one line like {RIGHT_LINE} would be right."
            ) from None

    @property
    def _name(self) -> str:
        return self._called or f"`{_cut(shlex.join(self.command))}`"

    def _ask(self, line: str) -> bytes:
        if self._process is None or self._process.has_ended:
            self.close()
            self._process = self._start()
        process, is_first = self._process, not self._process.answers
        self._refuse_surplus(process.surplus())
        try:
            answer = process.ask(line, self._timeout)
        except TimeoutError as error:
            self._process.end(grace=0)
            self._process = None
            raise CheckError(f"{self._name} {error}") from None
        except _Ended as error:
            ended, self._process = self._process, None
            if ended.exit_code == NO_FUNCTION and self._called:
                raise CheckError(ended.last_words) from None
            raise _Ended(f"{self._name} {error}") from None
        if is_first:  # whoever prints two lines for one does so from the start
            self._refuse_surplus(process.surplus(_SECOND_LINE_SECONDS))
        return answer

    def _refuse_surplus(self, surplus: str) -> None:
        if surplus:
            raise CheckError(
                f"{self._name} printed {_cut(surplus)} beside its answer; it should print one line "
                "for each line it reads."
            )

    def _start(self) -> _Process:
        try:
            return _Process(self.command)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise CheckError(f"{self._name} does not start: {reason}.") from None


class _Process:
    """One run of the command, its output read by threads, so that reading can time out."""

    def __init__(self, command: Sequence[str]) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - running it is what was asked for
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=_HAS_GROUPS,
        )
        self.answers = 0
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._errors: deque[bytes] = deque(maxlen=5)
        out, err = self._popen.stdout, self._popen.stderr
        assert out is not None
        assert err is not None
        self._threads = [
            threading.Thread(target=self._read_lines, args=(out,), daemon=True),
            threading.Thread(target=self._read_errors, args=(err,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def has_ended(self) -> bool:
        return _has_ended(self._popen)

    @property
    def exit_code(self) -> int:
        """How it ended; asked of a process that did."""
        return int(self._popen.wait())

    @property
    def last_words(self) -> str:
        """The last line it wrote to stderr, "" for none."""
        said = b"".join(self._errors).decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else ""

    def surplus(self, seconds: float = 0) -> str:
        """Return a line that was printed and not asked for, "" for none in so many seconds."""
        try:
            line = self._lines.get(block=seconds > 0, timeout=seconds or None)
        except queue.Empty:
            return ""
        if not line:
            self._lines.put(line)  # its end is no line, and is told when it is asked
        return line.decode("utf-8", "replace")

    def ask(self, line: str, timeout: float) -> bytes:
        """Return the line that answers; raises TimeoutError or _Ended with the rest of a sentence.

        What is written has room in the pipe, as nothing else waits there; a longer line is written
        by a thread.
        """
        writer = threading.Thread(target=self._write, args=(line,), daemon=True)
        if len(line) < 2**15:
            writer.run()
        else:
            writer.start()
        try:
            answer = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(
                f"did not answer within {timeout:g} s; it must print a line for each line it reads,"
                " and flush it."
            ) from None
        self.answers += 1
        if not answer.endswith(b"\n"):
            raise _Ended(self._how_it_ended(answer))
        return answer[:-1]

    def _write(self, line: str) -> None:
        stdin = self._popen.stdin
        assert stdin is not None
        try:
            stdin.write(line.encode() + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return  # it has ended; its output says so

    def _read_lines(self, out: IO[bytes]) -> None:
        line = b"\n"
        while line.endswith(b"\n"):  # a last one without is half a line, or the end
            line = out.readline(_MAX_LINE)
            self._lines.put(line)

    def _read_errors(self, err: IO[bytes]) -> None:
        while line := err.readline(10_000):
            self._errors.append(line)

    def _how_it_ended(self, answer: bytes) -> str:
        self.end()
        why = f" Its last words: {_cut(self.last_words)}" if self.last_words else ""
        code = self.exit_code
        how = f"with exit code {code}" if code >= 0 else f"by signal {-code}"
        if answer:
            shown = _cut(answer.decode("utf-8", "replace"))
            return f"printed half a line, {shown}, and ended {how}.{why}"
        return f"printed nothing for an event and ended {how}.{why}"

    def end(self, *, grace: float = _GRACE_SECONDS) -> None:
        """End the process with all it started: its input closes, and soon after it is killed."""
        if self._popen.stdin is not None:
            with suppress(OSError):  # what could not be written is not wanted any more
                self._popen.stdin.close()
        deadline = time.monotonic() + grace
        while not _has_ended(self._popen) and time.monotonic() < deadline:
            time.sleep(0.005)
        _kill(self._popen)
        self._popen.wait()
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)
        for stream in (self._popen.stdout, self._popen.stderr):
            if stream is not None and not any(thread.is_alive() for thread in self._threads):
                stream.close()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the process has ended, without reaping it: its group keeps its number so."""
    if process.returncode is not None:
        return True
    if not _HAS_GROUPS or sys.platform == "win32":
        return process.poll() is not None
    found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    return found is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is not None:
        return
    if not _HAS_GROUPS or sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # nobody is left, or a zombie, on macOS
        os.killpg(process.pid, signal.SIGKILL)


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
