"""A process that answers line by line, and is killed with its children when it is not needed."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final, cast

_GRACE_SECONDS: Final = 1.0
_MAX_LINE: Final = 16 * 2**20
_SHOWN: Final = 120


class Ended(Exception):
    """The process ended before it answered; the message says how far it came."""


class LineProcess:
    """One run of the command; threads read its output, so that reading can time out."""

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
        self._errors: deque[bytes] = deque(maxlen=5)
        readers = (self._read_lines, self._read_errors)
        self._threads = [threading.Thread(target=reader, daemon=True) for reader in readers]
        for thread in self._threads:
            thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended; it is not reaped, so that its group keeps its number."""
        if self._popen.returncode is not None:
            return True
        if sys.platform == "win32":
            return self._popen.poll() is not None
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self._popen.pid, options) is not None

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
        """Return a line that was printed without being asked for, "" if none comes in `seconds`."""
        try:
            line = self._lines.get(block=seconds > 0, timeout=seconds or None)
        except queue.Empty:
            return ""
        if not line:
            self._lines.put(line)  # the end is reported by the next `ask`
        return line.decode("utf-8", "replace")

    def ask(self, line: str, timeout: float) -> bytes:
        """Return the line that answers; raises TimeoutError or Ended with the rest of a sentence.

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
            raise Ended(self._how_it_ended(answer))
        return answer[:-1]

    def _write(self, line: str) -> None:
        with suppress(OSError, ValueError):  # it has ended; its output says so
            self._stdin.write(line.encode() + b"\n")
            self._stdin.flush()

    def _read_lines(self) -> None:
        line = b"\n"
        while line.endswith(b"\n"):  # a last one without is half a line, or the end
            line = self._stdout.readline(_MAX_LINE)
            self._lines.put(line)

    def _read_errors(self) -> None:
        while line := self._stderr.readline(10_000):
            self._errors.append(line)

    def _how_it_ended(self, answer: bytes) -> str:
        self.end()
        why = f" Its last line: {cut(self.last_words)}" if self.last_words else ""
        code = self.exit_code
        how = f"with exit code {code}" if code >= 0 else f"by signal {-code}"
        if answer:
            shown = cut(answer.decode("utf-8", "replace"))
            return f"printed an incomplete line, {shown}, and ended {how}.{why}"
        return f"printed nothing for an event and ended {how}.{why}"

    def kill(self) -> None:
        """Kill the process with all it started."""
        if self._popen.returncode is not None:
            return
        if sys.platform == "win32":
            self._popen.kill()
            return
        with suppress(ProcessLookupError, PermissionError):  # nobody left, or a zombie, on macOS
            os.killpg(self._popen.pid, signal.SIGKILL)

    def end(self) -> None:
        """End the process with all it started: its input closes, and soon after it is killed."""
        with suppress(OSError):  # what could not be written is not wanted any more
            self._stdin.close()
        deadline = time.monotonic() + _GRACE_SECONDS
        while not self.has_ended and time.monotonic() < deadline:
            time.sleep(0.005)
        self.kill()
        self._popen.wait()
        for thread in self._threads:
            thread.join(_GRACE_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):
            self._stdout.close()
            self._stderr.close()


def cut(text: str) -> str:
    """Return the text as a sentence shows it: without blanks around it, and not too long."""
    text = text.strip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
