"""Command process: the command of a run, to which signals and the terminal pass through."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

NOT_FOUND: Final = 127
NOT_RUNNABLE: Final = 126
_BY_SIGNAL: Final = 128

_HANDED_ON: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def exit_code_of(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process, hand it the signals that come, and return its code as a shell does."""

    def hand_on(number: int, _: FrameType | None) -> None:
        if number not in (signal.SIGINT, signal.SIGQUIT) or not _is_in_front():
            process.send_signal(number)  # else the terminal has sent it to the command as well

    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in _HANDED_ON:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
            before[number] = signal.signal(number, hand_on)
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else _BY_SIGNAL - code


def _is_in_front() -> bool:
    """Return whether we are in the foreground of a terminal, whose Ctrl-C reaches us all."""
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
