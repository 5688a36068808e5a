"""Command process: the command of a run, which gets the signals and the terminal of the run."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from types import FrameType
from typing import Final

_ENTRY: Final = Path(__file__).parent / "command_entry.py"
_BY_SIGNAL: Final = 128

_HANDED_ON: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def start(command: Sequence[str], environment: Mapping[str, str], *sockets: int) -> Popen[bytes]:
    """Start a command. It exits with 126 or 127 if it cannot be run. Raises OSError.

    With a socket, the command first enters its own namespaces (see command_entry.py).
    """
    program = [sys.executable, "-I", "-S", str(_ENTRY), "".join(map(str, sockets)), *command]
    # with the descriptors that the shell gave to the run: `run -- diff <(one) <(two)`
    return Popen(program, close_fds=False, env=environment)  # noqa: S603 - it becomes the user's own command


def exit_code_of(process: Popen[bytes]) -> int:
    """Wait for a process, pass signals on to it, and return its exit code like a shell."""

    def forward_signal(number: int, _: FrameType | None) -> None:
        if number not in (signal.SIGINT, signal.SIGQUIT) or not _is_in_front():
            process.send_signal(number)  # otherwise the terminal has also sent it to the command

    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in _HANDED_ON:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            before[number] = signal.signal(number, forward_signal)
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else _BY_SIGNAL - code


def _is_in_front() -> bool:
    """Return whether this run is in a terminal's foreground, so its command gets Ctrl-C too."""
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
