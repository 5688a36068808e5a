"""Types: what a stranger's type checker sees of the installed packages."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NotRequired, get_origin, get_type_hints

import pytest

from mock_server import MockServer
from sandbox import Mapping
from sandbox.explain import explain, to_json
from sandbox.lint import lint
from sandbox.wire_types import DeliveryJson, EntryJson, ExplanationJson, FindingJson, MessageJson
from tests.wire import http

ROOT = Path(__file__).parents[1]
PYRIGHT = ROOT / "tests/clients/node_modules/.bin/pyright"
EVENT = {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-23T16:17:19Z"}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A folder of a stranger's own, so that only what is installed is found."""
    folder = tmp_path_factory.mktemp("stranger")
    shutil.copy(ROOT / "tests/typed/stranger.py", folder)
    return folder


@pytest.mark.laws
@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed; `make types` does it")
def test_mypy_strict_finds_the_types_of_the_installed_packages(stranger):
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir=.cache", "stranger.py"],
        capture_output=True, encoding="utf-8", cwd=stranger, check=False,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["Success: no issues found in 1 source file"]


@pytest.mark.laws
@pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright is not installed; `make clients` does it")
def test_pyright_finds_them_as_well(stranger):
    settings = {"strict": ["stranger.py"], "enableTypeIgnoreComments": True}
    (stranger / "pyrightconfig.json").write_text(str(settings).replace("'", '"').replace("T", "t"))
    done = subprocess.run(
        [PYRIGHT, "--pythonpath", sys.executable, "stranger.py"],
        capture_output=True, encoding="utf-8", cwd=stranger, check=False,
    )  # fmt: skip

    assert done.stdout.splitlines()[-1].startswith("0 errors"), done.stdout


def test_what_is_told_has_the_keys_its_type_names():
    with MockServer() as toplyne:
        http.post(f"{toplyne.url}/v1/track", json={**EVENT, "writeKey": toplyne.write_key})
        toplyne.flush()
        (entry,), (message,) = toplyne.entries, toplyne.ledger
    explained = to_json(explain(EVENT, Mapping("M", action="sendEvents", trigger='type = "x"')))
    (finding,) = lint([Mapping("M", action="sendEvents", trigger="type = 'track'")])

    for told, wire_type in (
        (entry, EntryJson),
        (message, MessageJson),
        (message["deliveries"][0], DeliveryJson),
        (explained, ExplanationJson),
        (finding.to_json(), FindingJson),
    ):
        hints = get_type_hints(wire_type, include_extras=True)
        needed = {key for key, hint in hints.items() if get_origin(hint) is not NotRequired}
        assert needed <= set(told) <= set(hints)
