"""Replay progress: a bar on a terminal, and Ctrl-C that ends with what was done so far."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_REFRESH_SECONDS: Final = 0.1


@contextmanager
def replay_progress() -> Iterator[Callable[[int, int, int], bool]]:
    """Yield what is told of progress; it returns true once Ctrl-C was pressed."""
    pressed: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, stop)
    try:
        if not sys.stderr.isatty():
            yield lambda _read, _size, _events: bool(pressed)
            return
        with _bar() as show:
            yield lambda read, size, events: show(read, size, events) or bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar() -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)  # without a thread that refreshes: workers are forked
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("", total=None, events=0, rate=0.0)

        shown = 0.0

        def show(read: int, size: int, events: int) -> None:
            nonlocal shown
            if (now := time.monotonic()) < shown + _REFRESH_SECONDS:
                return
            shown = now
            elapsed = progress.tasks[0].elapsed or 0
            rate = events / elapsed if elapsed else 0.0
            progress.update(task, completed=read, total=size or None, events=events, rate=rate)
            progress.refresh()

        yield show
