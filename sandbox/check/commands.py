"""Commands: a mapper that is a program, which reads and answers one line at a time.

The process is kept alive between events, restarted if it ends, and killed with its children when
the check is over. Nothing waits longer than the timeout.
"""

from __future__ import annotations

import errno
import os
import queue
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Self, cast

from sandbox.check.bytecode import drop_racy_bytecode
from sandbox.check.cases import Case, MapperAnswer, NoRequests, read_answer
from sandbox.check.failures import CheckError
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import shortened

_SECOND_LINE_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 1.0
_MAX_DEPTH: Final = 700
_MAX_LINE: Final = 16 * 2**20
_SHOWN: Final = 120
_RIGHT_LINE: Final = '[{"method": "POST", "path": "/upload/events", "json": {…}}]'

NO_FUNCTION: Final = 3
"""The exit code of the worker if there is no such function; its last line says why."""


def python_mapper(name: str, *, timeout: float, workspaces: bool = False) -> CommandMapper:
    """Return the mapper that runs a Python function, `module:function`, in its own process."""
    flags = ["--workspaces"] if workspaces else []
    command = (sys.executable, "-m", "sandbox.check.worker", name, *flags)
    return CommandMapper(command, timeout=timeout, name=name)


class CommandMapper:
    """A command under test: it reads one line of JSON for each case and prints one line of JSON.

    A context manager: leaving it ends the process. `restarts` counts the restarts.
    """

    def __init__(self, command: Sequence[str], *, timeout: float, name: str = "") -> None:
        """Keep the command; it starts with the first case. Messages use `name`."""
        self.command = tuple(command)
        self._is_function = bool(name)
        self._name = name or f"`{_cut(shlex.join(command))}`"
        self.restarts = 0
        self._timeout = timeout
        self._process: LineProcess | None = None

    def __enter__(self) -> Self:
        drop_racy_bytecode(Path.cwd())
        return self

    def __exit__(self, *_: object) -> None:
        self.renew()

    def renew(self) -> None:
        """End the process and its children; the next event starts another."""
        with _signals_held():
            if self._process is not None:
                self._process.end()
                self._process = None

    def answer(self, case: Case) -> MapperAnswer:
        """Return the command's answer to the case.

        A process that ends before it answers is restarted once and gets the case again. Raises
        CheckError with one sentence if the command does not start, does not answer, or does not
        print one line with a list of requests.
        """
        line = case.line
        try:
            try:
                printed = self._ask(line)
            except _ProcessEnded:
                self.restarts += 1
                printed = self._ask(line)
        except _ProcessEnded as ended:
            raise CheckError(f"{ended} It did so twice with {_cut(line)}") from None
        try:
            return read_answer(parse_json(printed, max_depth=_MAX_DEPTH))
        except (InvalidJson, NoRequests) as error:
            raise CheckError(
                f"{self._name} printed {_cut(printed.decode('utf-8', 'replace'))} for an event: "
                f"{error}. Expected one line like {_RIGHT_LINE}."
            ) from None

    def _ask(self, line: str) -> bytes:
        if self._process is None or self._process.has_ended:
            self.renew()
            with _signals_held():
                self._process = self._start()
        process, is_first = self._process, not self._process.answers
        self._refuse_surplus(process.surplus())
        try:
            answer = process.ask(line, self._timeout)
        except TimeoutError as error:
            process.kill()
            self.renew()
            raise CheckError(f"{self._name} {error} It was given {_cut(line)}") from None
        except _ProcessEnded as error:
            self._process = None
            if process.end() == NO_FUNCTION and self._is_function:
                raise CheckError(process.last_words) from None
            raise _ProcessEnded(f"{self._name} {error}") from None
        if is_first:  # a program that prints two lines for one does so from the start
            self._refuse_surplus(process.surplus(_SECOND_LINE_SECONDS))
        return answer

    def _refuse_surplus(self, surplus: str) -> None:
        if surplus:
            raise CheckError(
                f"{self._name} printed {_cut(surplus)} besides its answer; it must print one line "
                "for each line it reads."
            )

    def _start(self) -> LineProcess:
        try:
            return LineProcess(self.command)
        except (OSError, ValueError) as error:
            name, why = self.command[0], getattr(error, "strerror", None) or error
            is_missing = isinstance(error, FileNotFoundError)
            if isinstance(error, PermissionError) and name == Path(name).name:
                # any missing command gives it if a folder of PATH cannot be searched
                is_missing = shutil.which(name, os.F_OK) is None
            why = os.strerror(errno.ENOENT) if is_missing else why
            raise CheckError(f"{self._name} does not start: {why}.") from None


class _ProcessEnded(Exception):
    """The process ended before it answered; the message says what it printed."""


class LineProcess:
    """One run of the command; threads read and write, so that neither waits forever.

    A long line may not fit into the pipe, and the command may never answer.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - running it is what was asked for
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
        streams = (self._popen.stdin, self._popen.stdout, self._popen.stderr)
        self._stdin, self._stdout, self._stderr = cast("tuple[IO[bytes], ...]", streams)
        self.answers = 0
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: deque[bytes] = deque(maxlen=5)
        works = (self._write_lines, self._read_lines, self._read_errors)
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended. It is not reaped, so that its group keeps its number."""
        if self._popen.returncode is not None:
            return True
        if sys.platform == "win32":
            return self._popen.poll() is not None
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self._popen.pid, options) is not None

    @property
    def last_words(self) -> str:
        """The last line it wrote to stderr, "" if there is none."""
        said = b"".join(self._errors).decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else ""

    def surplus(self, seconds: float = 0) -> str:
        """Return a line it printed without a question, "" if it prints none within `seconds`."""
        try:
            line = self._lines.get(block=seconds > 0, timeout=seconds or None)
        except queue.Empty:
            return ""
        if not line:
            self._lines.put(line)  # the end is reported by the next `ask`
        return line.decode("utf-8", "replace")

    def ask(self, line: str, timeout: float) -> bytes:
        """Return the answer; raises TimeoutError or _ProcessEnded; each ends a sentence."""
        self._asked.put(line)
        try:
            answer = self._lines.get(timeout=timeout)
        except queue.Empty:
            said = f"did not answer within {timeout:g} s. A command must print and flush each line."
            raise TimeoutError(said) from None
        self.answers += 1
        if not answer.endswith(b"\n"):
            raise _ProcessEnded(self._how_it_ended(answer))
        return answer[:-1]

    def _write_lines(self) -> None:
        with suppress(OSError), self._stdin:  # if it has ended, its output says so
            for line in iter(self._asked.get, None):
                self._stdin.write(line.encode() + b"\n")
                self._stdin.flush()

    def _read_lines(self) -> None:
        line = b"\n"
        while line.endswith(b"\n"):  # a line without it is incomplete, or the end
            line = self._stdout.readline(_MAX_LINE)
            self._lines.put(line)

    def _read_errors(self) -> None:
        while line := self._stderr.readline(10_000):
            self._errors.append(line)

    def _how_it_ended(self, answer: bytes) -> str:
        code = self.end()
        why = f" Its last line: {_cut(self.last_words)}" if self.last_words else ""
        how = f"with exit code {code}" if code >= 0 else f"by signal {-code}"
        if len(answer) == _MAX_LINE:
            return f"printed a line of more than {_MAX_LINE:,} bytes, which is the limit."
        half = f"an incomplete line, {_cut(answer.decode('utf-8', 'replace'))}," if answer else ""
        return f"printed {half or 'nothing for an event'} and ended {how}.{why}"

    def kill(self) -> None:
        """Kill the process and its children."""
        if self._popen.returncode is not None:
            return
        if sys.platform == "win32":
            self._popen.kill()
            return
        with suppress(ProcessLookupError, PermissionError):  # all are gone, or a zombie, on macOS
            os.killpg(self._popen.pid, signal.SIGKILL)

    def end(self) -> int:
        """Close the input of the process, end it soon after, and return its exit code."""
        self._asked.put(None)
        deadline = time.monotonic() + _GRACE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            time.sleep(0.005)
        self.kill()
        code = self._popen.wait()
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            self._stdout.close()
            self._stderr.close()
        return code


def _cut(text: str) -> str:
    """Return the text for a sentence: stripped, and shortened."""
    return shortened(text.strip(), _SHOWN)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back until the block is left.

    Otherwise their handlers could raise between the start of a process and its assignment to a
    name, or between its end and the end of its children. Python calls them in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda number, _: held.append(number)) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, signal.SIG_DFL if handler is None else handler)
    for number in held:
        signal.raise_signal(number)
