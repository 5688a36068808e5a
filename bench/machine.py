"""Machine: which processor does what, and what a process costs it."""

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import abc
from importlib import metadata
from pathlib import Path

from bench import peers

_CAN_PIN = hasattr(os, "sched_setaffinity")


def processors() -> tuple[int, ...]:
    """Return the processors this process may use; empty where the system does not tell."""
    return tuple(sorted(os.sched_getaffinity(0))) if _CAN_PIN else ()


def for_the_server() -> int | None:
    """Return the processor every measured server is bound to: one worker, one core."""
    return processors()[0] if len(processors()) > 1 else None


def for_the_load() -> int | None:
    """Return the processor the load generator is bound to."""
    return processors()[-1] if len(processors()) > 1 else None


@contextlib.contextmanager
def bound_to(processor: int | None) -> abc.Iterator[None]:
    """Bind what is started within to a processor; to none where it is None."""
    if processor is None or not _CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process and its children in MB; None without /proc."""
    if not Path("/proc/self/status").is_file():
        return None
    pids, total = [pid], 0
    for each in pids:
        with contextlib.suppress(OSError):  # it may end while it is looked at
            total += _resident_kb(each)
            for task in Path(f"/proc/{each}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    return total / 1024


def processor_seconds(pid: int) -> float:
    """Return the processor time a running process has had; raises OSError without /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def children_seconds() -> float:
    """Return the processor time of all ended child processes so far."""
    times = os.times()
    return times.children_user + times.children_system


def described() -> str:
    """Return the machine in one line."""
    memory = ""
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
    cores = len(processors()) or os.cpu_count()
    return f"{_processor()}, {cores} cores{memory}, {platform.system()} {platform.machine()}"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return what was measured with what: name and version."""
    return {
        "toplyne-sandbox": metadata.version("toplyne-sandbox"),
        "Python": platform.python_version(),
        "Node.js": _number("node", "--version"),
        "Java": _number("java", "-version"),
        "Prism": peers.version("@stoplight/prism-cli"),
        "WireMock": peers.version("wiremock"),
        "pytest-httpserver": peers.version("pytest-httpserver"),
        **{name: metadata.version(name) for name in ("flask", "httpx", "pytest")},
    }


def _number(command: str, option: str) -> str:
    if shutil.which(command) is None:
        return "not on this machine"
    ran = subprocess.run([command, option], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", ran.stdout + ran.stderr)
    return found[0] if found else "unknown"


def console_script() -> list[str]:
    """Return the words that start our own command, as installed beside this Python."""
    script = Path(sys.executable).with_name("toplyne-sandbox")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "toplyne_sandbox"]
