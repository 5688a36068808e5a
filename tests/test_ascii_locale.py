"""Under an ASCII locale, as in the smallest containers, what is read and said is UTF-8 as well."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EVENT = {"type": "track", "event": "Café öffnet", "userId": "ü", "timestamp": 1612137600}
pytestmark = pytest.mark.skipif(
    not str(Path(sys.prefix)).isascii(),
    reason="Python itself does not start in ASCII where its own folder is named otherwise",
)
MAPPER = "def mapped(event):\n    return []  # für niemanden\n"


@pytest.fixture
def ascii_locale(tmp_path):
    """Run a command of ours in a folder with a blank and an umlaut in its name."""
    folder = tmp_path / "my wörk"
    folder.mkdir()
    (folder / "event.json").write_text(json.dumps(EVENT, ensure_ascii=False), encoding="utf-8")
    (folder / "müde.py").write_text(MAPPER, encoding="utf-8")
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0"}
    del environment["PYTHONIOENCODING"]

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "toplyne_sandbox", *arguments],
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=folder,
            env=environment,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize("command", ["map", "explain"])
def test_an_event_is_read_and_shown_in_utf_8(ascii_locale, command):
    code, out, _ = ascii_locale(command, "event.json")

    assert code == 0
    assert "Send Events" in out
    assert "Café öffnet" in out


def test_the_demo_shows_its_signs(ascii_locale):
    code, out, err = ascii_locale("demo")

    assert (code, err) == (0, "")
    assert "✓ Send User Profiles" in out


def test_an_argument_is_what_was_typed(ascii_locale):
    code, out, _ = ascii_locale("lint", "--trigger", 'type = "grün"')

    assert code == 1
    assert 'No event has the type "grün"' in out


def test_a_workspace_is_written_and_read_in_utf_8(ascii_locale):
    assert ascii_locale("workspace", "init")[0] == 0
    code, out, _ = ascii_locale("workspace", "check")

    assert code == 0
    assert "write key …-key" in out


def test_a_mapper_in_a_folder_with_an_umlaut_is_checked(ascii_locale):
    code, out, err = ascii_locale("check", "mapper", "--max-examples", "20", "--python", "müde:no")
    assert (code, out) == (2, "")
    assert "müde has no no." in err

    code, out, _ = ascii_locale("check", "mapper", "--max-examples", "5", "--python", "müde:mapped")
    assert code == 1
    assert "✗ " in out
