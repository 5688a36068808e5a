"""A fact is declared once: one line makes a field, `make derived` and everything shows it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("sandbox", "mock_server", "tools", "fixtures", "docs", "README.md", "toplyne_sandbox.py")
BEFORE = '        _properties("userProperties", "User Properties", "$.traits", "user"),\n'
LINE = (
    '        Field(key="email", label="Email", type="string", description="Where mail goes.",'
    ' default={"@path": "$.traits.email"}, evidence=PAGE),\n'
)
ASKED = """
import json
from click.testing import CliRunner
from hypothesis import find, settings
from mock_server.app import create_app
from mock_server.mock import Mock
from sandbox import PRESETS, map_event
from sandbox.cli import cli
from sandbox.explain import explain, to_json
from sandbox.strategies import payloads

event = {"type": "identify", "userId": "u", "traits": {"email": "e@example.com"},
         "timestamp": "2026-11-23T16:17:19Z"}
request = map_event(event, PRESETS)[0].request
mock = Mock(tokens={"default": "tok_of_the_copy"})
client = create_app(mock).test_client()
answer = client.post("/v1/upload/users/profiles", data=request.content,
                     headers={"Authorization": "Bearer tok_of_the_copy",
                              "Content-Type": "application/json"})
wrong = client.post("/v1/upload/users/profiles", json={"profiles": [{"userId": "u",
                    "creationTime": 1, "email": 5}]},
                    headers={"Authorization": "Bearer tok_of_the_copy"})
quick = settings(database=None, deadline=None)
drawn = find(payloads(action="sendUserProfiles"), lambda item: "email" in item, settings=quick)
print(json.dumps({
    "request": request.json,
    "status": answer.status_code,
    "refused": wrong.json["error"]["details"],
    "state": client.get("/_sandbox/state/profiles").json["items"],
    "explained": to_json(explain(event, PRESETS[0]))["fields"],
    "commands": [CliRunner().invoke(cli, ["actions", "--json"]).output,
                 CliRunner().invoke(cli, ["openapi"]).output],
    "pages": {path: client.get(path).text for path in ("/", "/toplyne", "/contract", "/setup")},
    "try": client.get("/_sandbox/try").json["actions"][0]["fields"],
    "drawn": sorted(drawn),
}))
mock.close()
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tree with one line more, and what is derived from it."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)  # with what is compiled already
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    declaration = folder / "sandbox/toplyne.py"
    text = declaration.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    declaration.write_text(text.replace(BEFORE, LINE + BEFORE), encoding="utf-8")
    run(folder, "-m", "tools.derive")
    return folder


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_derived_files_have_the_field(copy):
    schemas = [
        json.loads((copy / f"fixtures/schemas/upload-users-profiles.{rules}.json").read_text())
        for rules in ("documented", "observed")
    ]
    for schema in schemas:
        assert "email" in schema["properties"]["profiles"]["items"]["properties"]
    components = json.loads((copy / "fixtures/openapi.json").read_text())["components"]["schemas"]
    for name in ("SendUserProfilesWithUserId", "SendUserProfilesWithAnonymousId"):
        assert components[name]["properties"]["email"]["type"] == "string"
    assert "    email: NotRequired[str]\n" in (copy / "sandbox/upload_types.py").read_text()
    assert "| Email " in (copy / "docs/reference/presets.md").read_text(encoding="utf-8")
    run(copy, "-m", "tools.derive", "--check")


def test_mapper_mock_commands_strategies_and_pages_have_the_field(copy):
    told = json.loads(run(copy, "-c", ASKED))

    assert told["request"]["profiles"][0]["email"] == "e@example.com"
    assert told["status"] == 202
    assert told["state"][0]["email"] == "e@example.com"
    assert told["refused"] == "profiles[0].email is the number 5. Expected a non-empty string."
    assert "email" in [field["key"] for field in told["explained"]]
    assert all('"email"' in output for output in told["commands"])
    email = {"key": "email", "label": "Email", "type": "string", "required": False}
    assert email in told["try"]
    assert "email" in told["drawn"]
    for path, html in told["pages"].items():
        assert "Email" in html, path
