"""Which client `run` catches by which net: measured, and held against docs/how-to/run.md."""

import os
import re
import shutil
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.clients.hard_coded import CLIENTS
from tests.clients.judge import MODULES
from tests.running import ROOT, caught_paths, needs_namespaces, run

HERE = ROOT / "tests" / "clients"
TABLE = ROOT / "docs/how-to/run.md"

NODE_CLIENTS = (
    *("fetch", "undici", "https", "axios", "got", "node-fetch"),
    *("@segment/analytics-node", "@analytics/segment"),
)
OUT = {
    "proxy": ("PYTHONPATH", "NODE_OPTIONS"),
    "preload": ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "JAVA_TOOL_OPTIONS"),
    "both": (),
    "--isolate": (),
}
"""The nets, and which variables are taken out to be left with each."""

ONE_LINERS = {
    "curl": ("curl", "-sS", "{}"),
    "Perl HTTP::Tiny": ("perl", "-MHTTP::Tiny", "-e", 'HTTP::Tiny->new->get("{}")'),
    "Ruby Net::HTTP": ("ruby", "-rnet/http", "-e", 'Net::HTTP.get(URI("{}"))'),
}


def measured(net, *command, catch=()):
    """Run a command with one of the nets, and return what its clients sent."""
    without = [word for name in OUT[net] for word in ("-u", name)]
    options = [word for host in catch for word in ("--catch", host)]
    options += ["--isolate"] if net == "--isolate" else []
    return run("env", *without, *command, options=options)


def python_rows(net):
    names = [name for name in CLIENTS if name != "aiohttp" or find_spec("aiohttp")]
    ran = measured(net, *PYTHON, *names, catch=["api.rudderstack.com"])
    hosts = ran.report["hosts"].get("caught", {})
    rows = {f"Python {name}": name.replace(" ", "-") in caught_paths(ran) for name in names}
    rows["Python segment-analytics-python"] = hosts.get("api.segment.io", 0) > 0
    rows["Python rudder-sdk-python"] = hosts.get("api.rudderstack.com", 0) > 0
    return rows


def node_rows(net):
    ran = measured(net, "node", HERE / "hard_coded.mjs", *NODE_CLIENTS)
    rows = {f"Node {name}": name in caught_paths(ran) for name in NODE_CLIENTS}
    rows["Node @segment/analytics-node"] = ran.report["messages"].get("delivered") == 1
    # it has lost its write key, so what it sent is caught, told and not delivered
    rows["Node @analytics/segment"] = any("unknown_source" in d for d in ran.report["drops"])
    return rows


def one_liner(net, name):
    command = [word.format("https://api.toplyne.io/v1/caught/it") for word in ONE_LINERS[name]]
    return {name: "it" in caught_paths(measured(net, *command))}


def java_rows(net):
    sent = caught_paths(measured(net, "java", HERE / "HardCoded.java"))
    return {f"Java {name}": name in sent for name in ("HttpURLConnection", "HttpClient")}


def go_rows(net, binary):
    return {"Go net/http (static)": "Go" in caught_paths(measured(net, binary))}


PYTHON = (shutil.which("python3", path=str(Path(sys.executable).parent)), HERE / "hard_coded.py")
has_node = shutil.which("node") is not None and (MODULES / "axios").is_dir()
needs_node = pytest.mark.skipif(not has_node, reason="`make clients` installs the Node clients")


def documented():
    """Return what docs/how-to/run.md says: by client, by net."""
    page = TABLE.read_text(encoding="utf-8")
    table = page[page.index("| client |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE)
    (_, heads), _, *rows = rows
    nets = [head.strip("` ") for head in heads.split(" | ")]
    return {
        name.strip("` "): dict(zip(nets, (cell == "✓" for cell in cells.split(" | ")), strict=True))
        for name, cells in rows
    }


def differences(net, rows):
    told = documented()
    return {
        name: f"measured {is_caught}, documented {told.get(name, {}).get(net)}"
        for name, is_caught in rows.items()
        if told.get(name, {}).get(net) != is_caught
    }


def test_every_python_client_is_caught_with_the_defaults():
    rows = python_rows("both")

    assert [name for name, is_caught in rows.items() if not is_caught] == []
    assert differences("both", rows) == {}


@needs_node
def test_every_node_client_is_caught_with_the_defaults():
    rows = node_rows("both")

    assert [name for name, is_caught in rows.items() if not is_caught] == []
    assert differences("both", rows) == {}


@pytest.mark.heavy
@pytest.mark.filterwarnings("default:not installed here")
@pytest.mark.parametrize(
    "net", [pytest.param(n, marks=needs_namespaces if n == "--isolate" else ()) for n in OUT]
)
def test_the_table_in_the_docs_is_what_is_measured(net, tmp_path):
    rows = python_rows(net)
    if has_node:
        rows |= node_rows(net)
    for name, (command, *_) in ONE_LINERS.items():
        if shutil.which(command):
            rows |= one_liner(net, name)
    if shutil.which("java"):
        rows |= java_rows(net)
    if shutil.which("go"):
        built = ("go", "build", "-o", tmp_path / "go", HERE / "hard_coded.go")
        subprocess.run(built, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
        rows |= go_rows(net, tmp_path / "go")
    not_here = set(documented()) - set(rows)
    if not_here:
        warnings.warn(f"not installed here: {', '.join(sorted(not_here))}", stacklevel=1)

    assert differences(net, rows) == {}
