"""The README is run: each example's output is what the example prints.

`UPDATE_README=1` writes the outputs anew instead of comparing them.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_test_example_passes(printed):
    namespace, _ = printed

    tests = [value for name, value in namespace.items() if name.startswith("test_")]

    assert len(tests) == 1
    tests[0]()


def demo():
    program = [sys.executable, "-m", "toplyne_sandbox", "demo"]
    result = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8020", result.stdout)


def test_the_first_screen_shows_what_the_demo_prints():
    lines = demo().splitlines()
    python_events = lines.index("analytics-python-queued")
    totals = lines.index("totals")
    refused = next(
        i for i, line in enumerate(lines) if line.startswith("refused: an event without")
    )

    shown = [
        *lines[:2], "…", *lines[python_events : python_events + 14], "…",
        *lines[refused : refused + 7], "…", *lines[totals:],
    ]  # fmt: skip

    expect("demo", "\n".join(shown))
