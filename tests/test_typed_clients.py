"""Typed clients that are generated from both OpenAPI documents, and the document of /_sandbox."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest

from mock_server import MockServer
from mock_server.control.control_document import control_document
from mock_server.control.resource import resources
from sandbox.openapi import openapi
from sandbox.toplyne import TOPLYNE
from tests.wire import http

ROOT = Path(__file__).parents[1]
BIN = ROOT / "tests/clients/node_modules/.bin"
DOCUMENTS = {"control": control_document(), "toplyne": openapi(TOPLYNE, rules="documented")}


@pytest.fixture
def folder(tmp_path):
    """A folder with both documents and what is compiled with the clients made of them."""
    for name, document in DOCUMENTS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    for file in (ROOT / "tests/typed/clients").iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def run(folder, *command):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.heavy
@pytest.mark.skipif(not (BIN / "openapi-typescript").exists(), reason="`make clients` installs it")
def test_typescript_takes_right_bodies_and_ten_wrong_ones_not(folder):
    for name in DOCUMENTS:
        made = run(folder, BIN / "openapi-typescript", f"{name}.json", "-o", f"{name}.ts")
        assert made.returncode == 0, made.stderr

    done = run(folder, BIN / "tsc", "--strict", "--noEmit", "--skipLibCheck", "bodies.ts")

    assert done.stdout == ""
    assert (folder / "bodies.ts").read_text().count("@ts-expect-error") == 10


@pytest.mark.heavy
@pytest.mark.skipif(
    find_spec("openapi_python_client") is None or find_spec("mypy") is None,
    reason="`make heavy` installs openapi-python-client and mypy",
)
def test_a_python_client_is_typed_and_waits_resets_sets_faults_and_reads_entries(folder):
    for name in DOCUMENTS:
        made = run(
            folder,
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", f"{name}.json", "--output-path", f"{name}_client"),
        )
        assert made.returncode == 0, made.stdout + made.stderr

    strict = ["--strict", "--follow-imports", "silent"]  # the generated code is not ours to judge
    typed = run(folder, sys.executable, "-m", "mypy", *strict, "bodies.py")
    with MockServer() as server:
        said = run(folder, sys.executable, "bodies.py", server.url, server.token)

    assert "no issues found" in typed.stdout, typed.stdout
    assert said.stdout == "all said\n", said.stderr
    assert (folder / "bodies.py").read_text().count("# type: ignore[") == 10


def test_the_document_has_every_resource_with_its_parameters():
    described = {
        (method.upper(), path, operation["operationId"])
        for path, operations in DOCUMENTS["control"]["paths"].items()
        for method, operation in operations.items()
    }

    def path_of(resource):
        return "/_sandbox" + re.sub("<(path:)?(.*?)>", r"{\2}", resource.path)

    assert described == {
        (each.method, path_of(each), each.function.__name__) for each in resources()
    }
    wait = DOCUMENTS["control"]["paths"]["/_sandbox/wait"]["get"]
    assert {part["name"] for part in wait["parameters"]} == {
        "entries", "events", "profiles", "accounts", "timeout"
    }  # fmt: skip


def schema(document, at):
    return {**at, "components": document["components"]}


def test_what_is_answered_is_as_the_document_says():
    event = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}
    with MockServer() as server:
        server.client.post("/upload/events", json={"events": [event]})
        server.client.post("/upload/events", json={"events": [{}]})
        http.post(f"{server.url}/v1/track", json={"writeKey": server.write_key, "event": "E"})
        server.flush()
        server.fail_always(status=503, delay=0.1)
        server.answer_next(status=200, headers={"A": "b"}, body=b"\xff", path="/v1/auth/me")
        document = http.get(f"{server.url}/_sandbox/control.json").json()
        asked = {
            "entries": "/entries", "entry": "/entries/1", "ledger": "/ledger",
            "record": "/ledger/1", "summary": "/ledger/summary", "faults": "/faults",
            "state": "/state/events", "wait": "/wait?events=1", "health": "/health",
            "tokens": "/tokens",
        }  # fmt: skip
        told = {name: http.get(f"{server.url}/_sandbox{path}") for name, path in asked.items()}
        late = http.get(f"{server.url}/_sandbox/wait?events=99&timeout=0")
        refused = http.get(f"{server.url}/_sandbox/wait")
        made = [
            http.post(f"{server.url}/_sandbox/tokens", json={"name": name, "source": source})
            for name, source in (("one", False), ("with-a-source", True))
        ]

    assert document == DOCUMENTS["control"]
    operations = {
        operation["operationId"]: operation
        for each in document["paths"].values()
        for operation in each.values()
    }
    for name, answer in told.items():
        assert answer.status_code == 200, name
        right = operations[name]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator(schema(document, right)).validate(answer.json())
    right = operations["new_token"]["responses"]["201"]["content"]["application/json"]["schema"]
    for answer in made:
        jsonschema.Draft202012Validator(schema(document, right)).validate(answer.json())
    assert ["write_key" in answer.json() for answer in made] == [False, True]
    assert late.status_code == 408
    error = document["components"]["schemas"]["Error"]
    jsonschema.Draft202012Validator(error).validate(refused.json())
