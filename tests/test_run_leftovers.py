"""`run` leaves nothing behind, however it ends: no file, no process, no key."""

import contextlib
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.running import EITHER_WAY, RUN, needs_namespaces, python, run

pytestmark = pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no /proc here, to find processes in"
)


def until(condition, seconds=30):
    """Wait until something holds; fail where it does not."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def is_alive(number):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def folder(tmp_path):
    """The place for temporary files, which is to be empty again."""
    place = tmp_path / "tmp"
    place.mkdir()
    return place


# tells its own number, that of a child, and that of a daemon that has left its session
COMMAND = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
daemon = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
)
with open(sys.argv[1] + ".new", "w") as told:
    print(os.getpid(), child.pid, daemon.pid, os.environ["TOPLYNE_SANDBOX_RUN"], file=told)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(float(sys.argv[2]))
sys.exit(int(sys.argv[3]))
"""


def hears_signals():
    """Let a process hear what whoever started the tests, such as nohup, would not have it hear."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def running(folder, told, *, seconds=600, code=0, options=(), **popen):
    """Start a run, and give its process and the numbers of those within."""
    command = [*RUN, "--json", *options, "--", *python(COMMAND, str(told), str(seconds), str(code))]
    popen = {"stderr": subprocess.PIPE, "preexec_fn": hears_signals, **popen}
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(folder)}, encoding="utf-8", **popen
    ) as process:
        try:
            until(told.exists)
            *numbers, run_folder = told.read_text().split()
            yield process, [int(number) for number in numbers], Path(run_folder)
        finally:
            process.kill()


def assert_nothing_is_left(folder, numbers):
    until(lambda: not [number for number in numbers if is_alive(number)])
    until(lambda: list(folder.iterdir()) == [])


@pytest.mark.parametrize("code", [0, 3], ids=["success", "failure"])
def test_nothing_is_left_when_the_command_has_ended(folder, tmp_path, code):
    with running(folder, tmp_path / "told", seconds=0, code=code) as (process, numbers, _):
        process.wait(60)
        left = [number for number in numbers if is_alive(number)]

        assert (process.returncode, left, list(folder.iterdir())) == (code, [], [])
        assert '"outlived":["python' in process.stderr.read()


def test_while_it_runs_its_folder_is_private_and_holds_no_key(folder, tmp_path):
    with running(folder, tmp_path / "told") as (_, _, run_folder):
        mode = run_folder.stat().st_mode & 0o777
        files = [path for path in run_folder.rglob("*") if path.is_file()]
        keys = [path.name for path in files if b"PRIVATE KEY" in path.read_bytes()]

    assert (mode, keys) == (0o700, [])
    assert "NODE_EXTRA_CA_CERTS.pem" in {path.name for path in files}


@pytest.mark.parametrize("options", EITHER_WAY)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_and_nothing_is_left(folder, tmp_path, number, options):
    with running(folder, tmp_path / "told", options=options) as (process, numbers, _):
        process.send_signal(number)
        process.wait(60)

        # Python ends itself by SIGINT after a KeyboardInterrupt
        assert process.returncode == 128 + number
        assert_nothing_is_left(folder, numbers)


@pytest.mark.parametrize("options", EITHER_WAY)
def test_nothing_is_left_after_kill_9_of_run(folder, tmp_path, options):
    with running(folder, tmp_path / "told", options=options) as (process, numbers, _):
        process.kill()
        process.wait(60)

        assert_nothing_is_left(folder, numbers)


def test_nothing_is_left_after_kill_9_of_the_command(folder, tmp_path):
    with running(folder, tmp_path / "told") as (process, numbers, _):
        os.kill(numbers[0], signal.SIGKILL)
        process.wait(60)

        assert process.returncode == 137
        assert_nothing_is_left(folder, numbers)


def test_nothing_is_left_after_kill_9_of_the_watchdog(folder, tmp_path):
    with running(folder, tmp_path / "told", seconds=3, code=3) as (process, numbers, _):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        (watchdog,) = set(children) - {str(numbers[0])}
        os.kill(int(watchdog), signal.SIGKILL)
        process.wait(60)

        assert process.returncode == 3
        assert_nothing_is_left(folder, numbers)


def test_ctrl_c_in_a_terminal_is_the_commands(folder, tmp_path):
    program = """
import time
try:
    print("begun", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print("once")
"""
    command = [*RUN, "--", *python(program)]
    number, terminal = pty.fork()
    if not number:
        hears_signals()
        os.execve(command[0], command, {**os.environ, "TMPDIR": str(folder)})
    shown = b""
    while b"begun" not in shown:
        shown += os.read(terminal, 1000)

    os.write(terminal, b"\x03")

    with contextlib.suppress(OSError):  # the end of a terminal
        while more := os.read(terminal, 1000):
            shown += more
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0
    assert shown.count(b"once") == 1
    assert b"Traceback" not in shown
    assert list(folder.iterdir()) == []


def test_a_run_in_a_run_catches_for_itself_and_leaves_nothing(folder):
    program = """
import requests
requests.get("https://api.toplyne.io/v1/caught/inner")
"""

    ran = run(*RUN, "--json", "--", *python(program), TMPDIR=str(folder))

    assert '"hosts":{"caught":{"api.toplyne.io":1}}' in ran.stderr  # the inner one's report
    assert ran.report["hosts"] == {}
    assert list(folder.iterdir()) == []


def test_the_inner_run_ends_with_the_outer_one(folder, tmp_path):
    told = tmp_path / "told"
    inner = [*RUN, "--json", "--", *python(COMMAND, str(told), "600", "0")]
    with subprocess.Popen(
        [*RUN, "--json", "--", *inner],
        env={**os.environ, "TMPDIR": str(folder)}, stderr=subprocess.DEVNULL,
    ) as outer:  # fmt: skip
        until(told.exists)
        outer.kill()
        outer.wait()

    numbers = [int(word) for word in told.read_text().split()[:3]]
    assert_nothing_is_left(folder, numbers)


def test_nothing_is_left_when_run_is_used_wrongly(folder):
    ran = run("true", TMPDIR=str(folder), SSL_CERT_FILE="/nowhere")

    assert ran.code == 2
    assert list(folder.iterdir()) == []


@needs_namespaces
def test_a_process_without_the_runs_environment_is_ended_with_its_namespace(folder, tmp_path):
    told = tmp_path / "told"
    script = f"env -i sleep 600 & echo $! > {told}.new; mv {told}.new {told}; wait"
    with subprocess.Popen(
        [*RUN, "--isolate", "--", "sh", "-c", script],
        env={**os.environ, "TMPDIR": str(folder)}, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        until(told.exists)
        process.kill()
        process.wait(60)

    assert_nothing_is_left(folder, [int(told.read_text())])
