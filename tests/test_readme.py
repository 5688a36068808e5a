"""The README is run: each example's output is what the example prints.

`UPDATE_README=1` writes the outputs anew instead of comparing them.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server import MockServer
from mock_server.mock import Mock

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
UPDATE = os.environ.get("UPDATE_README") == "1"


def readme():
    return README.read_text(encoding="utf-8")


def python_blocks():
    return re.findall(r"```python\n(.*?)```", readme(), flags=re.DOTALL)


def output_block(name):
    pattern = rf"<!-- output: {name} -->\n(.*?)<!-- /output -->"
    (found,) = re.findall(pattern, readme(), flags=re.DOTALL)
    return found


def expect(name, printed, *, language="text"):
    block = f"\n```{language}\n{printed.rstrip()}\n```\n\n"
    if UPDATE:
        pattern = rf"(<!-- output: {name} -->\n).*?(<!-- /output -->)"
        README.write_text(
            re.sub(pattern, lambda m: m[1] + block + m[2], readme(), flags=re.DOTALL),
            encoding="utf-8",
        )
    assert output_block(name) == block


@pytest.fixture(scope="module")
def printed():
    """What each Python block prints, run in order in one namespace."""
    namespace, outputs = {"__name__": "readme"}, []
    for block in python_blocks():
        captured = io.StringIO()
        with contextlib.redirect_stdout(captured):
            exec(compile(block, "README.md", "exec"), namespace)
        outputs.append(captured.getvalue())
    return namespace, outputs


def test_the_first_example_prints_what_the_readme_shows(printed):
    expect("python", printed[1][0])


def test_the_mapping_example_prints_what_the_readme_shows(printed):
    expect("mapping", printed[1][1])


def test_the_bad_day_prints_what_the_readme_shows(printed):
    expect(
        "bad-day", next(o for b, o in zip(python_blocks(), printed[1], strict=True) if "fail_" in b)
    )


def test_the_sdk_example_prints_what_the_readme_shows(printed):
    expect(
        "sdk", next(o for b, o in zip(python_blocks(), printed[1], strict=True) if "segment." in b)
    )


def test_the_test_example_passes(printed):
    namespace, _ = printed

    tests = [value for name, value in namespace.items() if name.startswith("test_")]

    assert len(tests) == 1
    tests[0]()


def test_the_fixtures_pass_and_tell_the_coverage_the_readme_shows(tmp_path):
    pattern = r"<!-- example: (\w+\.py) -->\n\n```py\n(.*?)```\n\n<!-- /example -->"
    ((name, example),) = re.findall(pattern, readme(), flags=re.DOTALL)
    (tmp_path / name).write_text(example, encoding="utf-8")
    own = ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-W", "error"]

    result = subprocess.run(
        [sys.executable, "-m", "pytest", name, *own, "--toplyne-coverage"],
        capture_output=True, encoding="utf-8", check=False, cwd=tmp_path,
    )  # fmt: skip

    assert "3 passed" in result.stdout, result.stdout
    lines = result.stdout.partition("Toplyne rule coverage")[2].splitlines()[1:]
    first = next(i for i, line in enumerate(lines) if "/ Send Events: " in line)
    last = next(line for line in lines if line.startswith("rule coverage: "))
    shown = ["$ pytest --toplyne-coverage", "…", *lines[first : first + 4], "…", last]
    expect("coverage", "\n".join(shown))


def test_the_checked_mapper_breaks_what_the_readme_shows(tmp_path):
    (block,) = [block for block in python_blocks() if "# my_mapper.py" in block]
    (tmp_path / "my_mapper.py").write_text(block)
    program = [sys.executable, "-m", "toplyne_sandbox", "check", "mapper"]

    done = subprocess.run(
        [*program, "--python", "my_mapper:mapper", "--rules", "observed"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=tmp_path,
        env=activated(),
    )

    assert done.returncode == 1, done.stderr
    expect("check", done.stdout)


def activated():
    """Return the variables of a terminal in which this environment is activated."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path}


def demo():
    program = [sys.executable, "-m", "toplyne_sandbox", "demo"]
    result = subprocess.run(program, capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8020", result.stdout)


def test_the_first_screen_shows_what_the_demo_prints():
    lines = demo().splitlines()
    python_events = lines.index("analytics-python-queued")
    totals = lines.index("totals")
    refused = next(
        i for i, line in enumerate(lines) if line.startswith("refused: an event without")
    )

    shown = [
        *lines[:2], "…", *lines[python_events : python_events + 15], "…",
        *lines[refused : refused + 6], "…", *lines[totals:],
    ]  # fmt: skip

    expect("demo", "\n".join(shown))


CURLS = (
    (
        "curl -s http://127.0.0.1:8020/v1/upload/events -H 'Authorization: Bearer my-token' \\\n"
        "    -H 'Content-Type: application/json' \\\n"
        '    -d \'{"events":[{"userId":"u1","eventName":"Signed Up","timestamp":1795450639}]}\''
    ),
    (
        "curl -si http://127.0.0.1:8020/v1/upload/events -H 'Authorization: Bearer my-token' \\\n"
        "    -H 'Content-Type: application/json' \\\n"
        '    -d \'{"events":[{"eventName":"Signed Up","timestamp":"2026-11-23"}]}\''
    ),
    "curl -s 'http://127.0.0.1:8020/_sandbox/entries/2' | python3 -m json.tool",
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_the_curl_examples_print_what_the_readme_shows():
    shown = []
    mock = Mock(tokens={"me": "my-token"}, clock=lambda: 1795450640.0)
    with MockServer(mock=mock) as toplyne:
        for command in CURLS:
            own = command.replace("127.0.0.1:8020", f"127.0.0.1:{toplyne.port}")
            result = subprocess.run(
                own, shell=True, capture_output=True, encoding="utf-8", check=True
            )
            shown.append(f"$ {command}\n{as_shown(result.stdout, toplyne.port)}")

    expect("curl", "\n\n".join(shown), language="console")


def as_shown(printed, port):
    """Return what curl printed as the README shows it, whatever its version and the port."""
    text = re.sub(r"curl/[\d.]+", "curl/8.5.0", printed.strip().replace("\r", ""))
    pair = r'\[\s+("[^"]*"),\s+("[^"]*")\s+\]'
    return re.sub(pair, r"[\1, \2]", text).replace(f"127.0.0.1:{port}", "127.0.0.1:8020")


EXPLAINED = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "timestamp": 1795450639,
    "properties": {"total": "120"},
}
BIG_ORDERS = {
    "name": "Big orders",
    "action": "sendEvents",
    "trigger": "event = 'Order Completed' and properties.total > 100",
}


def test_the_explanation_is_what_the_readme_shows(tmp_path):
    event = json.dumps(EXPLAINED)
    (tmp_path / "event.json").write_text(event)
    destination = {"name": "Toplyne", "source": "Site", "api_key": "my-token"}
    workspace = {
        "sources": [{"name": "Site", "write_key": "write-key-1"}],
        "destinations": [destination | {"mappings": [BIG_ORDERS]}],
    }
    (tmp_path / "workspace.json").write_text(json.dumps(workspace))

    shown = terminal("explain event.json --workspace workspace.json", folder=tmp_path)

    expect("explain", f"$ cat event.json\n{event}\n{shown}", language="console")


def test_the_finding_is_what_the_readme_shows(tmp_path):
    command = """lint --trigger 'type = "track" or type = "page" and name = "Home"'"""

    expect("lint", terminal(command, folder=tmp_path), language="console")


def terminal(command, folder):
    """Return what a terminal shows of a command of ours."""
    program = f"{shlex.quote(sys.executable)} -m toplyne_sandbox {command}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        program, shell=True, capture_output=True, encoding="utf-8", check=False, cwd=folder,
        env=environment,
    )  # fmt: skip
    assert not result.stderr
    return f"$ toplyne-sandbox {command}\n{result.stdout.rstrip()}"
