"""`run` with Node: what real programs do to a preload, most with the preload alone."""

import os
import shutil
import subprocess

import pytest

from mock_server.intercept import environment
from mock_server.intercept.environment import CommandVariables, RunFolder
from tests.running import ROOT, caught_paths, needs_curl, run

SITUATIONS = ROOT / "tests" / "clients" / "situations.mjs"
NO_PROXY = [
    word
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    for word in ("-u", name)
]
ALL = {
    *("ESM", "worker", "worker-env", "child-env", "grandchild", "curl-env", "own-bundle"),
    *("keep-alive-1", "keep-alive-2", "looked-up-before"),
}

pytestmark = [
    needs_curl,
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is missing here"),
]


def test_every_situation_is_caught_by_the_preload_alone(tmp_path):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    (tmp_path / "pnp.cjs").write_text("globalThis.fromPnp = 'PnP began'")

    ran = run(
        *("env", *NO_PROXY, "node", SITUATIONS),
        TMPDIR=str(folder),
        NODE_OPTIONS=f"--require {tmp_path}/pnp.cjs",
    )

    assert (ran.code, ran.stdout, ran.stderr) == (0, "PnP began\n", "")
    # curl alone is led by its proxy, which the children were given back
    assert caught_paths(ran) == ALL
    assert list(folder.iterdir()) == []


def test_a_path_with_a_space_is_quoted_where_there_is_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_NEXT_BEST", ())
    monkeypatch.setenv("TMPDIR", str(tmp_path / "with space"))
    (tmp_path / "with space").mkdir()
    monkeypatch.chdir(tmp_path / "with space")
    folder = RunFolder.temporary()
    folder.make()
    assert folder.path.parent == tmp_path / "with space"
    folder.node.write_text("console.log('began')")
    options = CommandVariables({}, folder, b"", (), 1)._node_options()

    printed = subprocess.run(
        ["node", "-e", "0"], env={**os.environ, "NODE_OPTIONS": options}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip

    assert " " in str(folder.path)
    assert printed.stdout == "began\n"


def test_what_a_file_system_permission_would_forbid_is_allowed_for_the_preload_alone(tmp_path):
    version = subprocess.check_output(["node", "--version"], text=True)
    flag = "--permission" if int(version[1:].split(".")[0]) >= 24 else "--experimental-permission"
    program = """
fetch('https://api.toplyne.io/v1/caught/permitted')
try { require('fs').readFileSync('/etc/hostname') } catch (error) { console.log(error.code) }
"""

    ran = run("node", "--no-warnings", "-e", program, NODE_OPTIONS=flag)

    assert ran.stdout == "ERR_ACCESS_DENIED\n"
    assert caught_paths(ran) == {"permitted"}


@pytest.mark.heavy
@pytest.mark.parametrize("version", ["18", "20", "22", "24", "26"])
def test_every_node_is_caught(version, tmp_path):
    (tmp_path / "package.json").write_text("{}")
    installed = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", f"node@{version}"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    if installed.returncode:
        pytest.skip(f"Node {version} cannot be installed here")
    node = tmp_path / "node_modules" / "node" / "bin" / "node"

    ran = run("env", *NO_PROXY, node, "--no-warnings", SITUATIONS)

    assert caught_paths(ran) == ALL
