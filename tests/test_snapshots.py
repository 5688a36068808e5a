"""Snapshots: every answer that shows a problem, a finding or a suspicion, held to its snapshot.

`SNAPSHOTS=write pytest tests/test_snapshots.py` writes them anew; the difference is then reviewed.
"""

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from mock_server.testing.isolated_tenant import Toplyne
from sandbox import Mapping, map_event
from sandbox.cli import cli
from sandbox.explain import explain
from sandbox.explain import to_json as explanation_json
from sandbox.segment.errors import InvalidMapping
from sandbox.suspicions import SuspiciousRequestError, refuse_suspicious
from sandbox.workspace import check_workspace
from tests.wire import http

SNAPSHOTS = Path(__file__).parent / "snapshots"
NAMELESS = {"type": "track", "userId": "u", "timestamp": "2026-11-23T16:17:19Z"}
NOBODY = {"type": "track", "event": "E", "timestamp": "2026-11-23T16:17:19Z"}
ODD = {"type": "track", "event": "E", "userId": "null", "timestamp": 1612137}
EVENTS = [NAMELESS, NOBODY, ODD]
ORDERS = {"name": "Orders", "action": "sendEvents", "trigger": 'type = "track"'}
ODD_FIELDS = {"a/b": "x", "eventProperties": {"a/b": "$.userId"}, "userId": {"@path": "$"}}
BAD_MAPPING = {
    "name": " ",
    "action": "sendEvent",
    "trigger": "type is track",
    "fields": {"userId": {"@if": {"exists": {"@path": 5}}}},
}
WORKSPACE = """
[[sources]]
name = "app"
write_key = "write-key"
[[destinations]]
name = "Toplyne"
source = "apo"
api_key = ""
colour = "red"
[[destinations.mappings]]
name = "Odd"
action = "sendEvent"
trigger = "type is track"
fields = { "a-b" = { "@path" = 5 }, timestamp = 1612137600 }
[[destinations.mappings]]
name = "Plain"
action = "sendEvents"
trigger = 'type = "track" or event = "A" and event = "B"'
fields = { "a/b" = "x", eventProperties = { "a/b" = "$.userId" } }
"""
BODIES = [
    {"events": [{"timestamp": "now", "extra": 1, "userId": 5}, 7, {"eventName": ""}], "x": 1},
    {"events": []},
    {"profiles": []},
    [],
]


TOLD = ("problems", "warnings", "findings", "suspicions", "details", "unread", "problem")


def told_in(value):
    """Return what is told of a value: problems, findings and suspicions, as deep as they stand."""
    if isinstance(value, list):
        return [inner for each in value for inner in told_in(each)]
    if not isinstance(value, dict):
        return []
    here = {key: value[key] for key in TOLD if value.get(key)}
    deeper = [inner for key, each in value.items() if key not in TOLD for inner in told_in(each)]
    return [here, *deeper] if here else deeper


@pytest.fixture(scope="module")
def server():
    with MockServer() as made:
        yield made


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.json").write_text(json.dumps(EVENTS))
    (tmp_path / "workspace.toml").write_text(WORKSPACE)

    def running(*arguments, as_json=False):
        text = CliRunner().invoke(cli, arguments).output
        if as_json:
            return [json.loads(line) for line in text.splitlines()]
        return [line.rstrip() for line in text.splitlines()]

    return running


def held(name, told):
    file = SNAPSHOTS / f"{name}.json"
    if os.environ.get("SNAPSHOTS") == "write":
        file.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert told == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rules", ["documented", "observed"])
def test_commands_tell_what_a_mapping_makes_of_events(run, rules):
    file = "events.json"

    held(f"map_{rules}", told_in(run("map", file, "--rules", rules, "--json", as_json=True)))
    told = run("explain", file, "--rules", rules, "--json", as_json=True)
    held(f"explain_{rules}", told_in(told))


def test_send_tells_suspicions_and_refusals(run, server):
    arguments = ("send", "events.json", "--url", server.api_url, "--api-key", server.token)

    held("send", told_in(run(*arguments, "--json", as_json=True)))


def test_commands_tell_what_is_wrong_with_a_workspace(run):
    file = "workspace.toml"

    held("workspace_check", run("workspace", "check", file, "--json", as_json=True))
    held("lint", run("lint", file, "--json", as_json=True))
    held("lint_trigger", run("lint", "--trigger", "type is track", "--json", as_json=True))


def test_the_mock_tells_why_it_refused(server):
    toplyne = Toplyne(server, "told")
    odd = {"userId": "undefined", "eventName": "[object Object]", "timestamp": 1612137}
    toplyne.client.post("/upload/events", json={"events": [odd, odd]})
    nobody = http.post(f"{toplyne.url}/v1/upload/events", json={"events": []})

    answers = [toplyne.client.post("/upload/events", json=body) for body in BODIES]
    held("answers", told_in([answer.json() for answer in (nobody, *answers)]))
    held("entries", told_in(toplyne.entries))
    held("plugin", [
        [line for text in told for line in text.splitlines() if not line.startswith("entry")]
        for told in (toplyne.refused(), toplyne.suspicious())
    ])  # fmt: skip
    with pytest.raises(AssertionError) as failure:
        toplyne.assert_received(event={"userId": "u", "eventName": "E"})
    held(
        "assert_received",
        [re.sub("entry [0-9]+", "entry", s) for s in str(failure.value).split("\n")],
    )


def test_the_ledger_tells_what_became_of_messages(server):
    toplyne = Toplyne(server, "ledger")
    server.reset()
    batch = [{**event, "messageId": f"m{n}"} for n, event in enumerate(EVENTS)]
    http.post(f"{server.url}/v1/batch", json={"batch": batch, "writeKey": server.write_key})
    server.flush()

    held("ledger", told_in(http.get(f"{server.url}/_sandbox/ledger").json()))
    del toplyne


def test_pages_are_told_the_same(server):
    def ask(path, body):
        return told_in(http.post(f"{server.url}/_sandbox/{path}", json=body).json())

    odd = {**ORDERS, "fields": ODD_FIELDS}
    mappings = [{"fields": {}, **each} for each in (BAD_MAPPING, odd, ORDERS)]
    tried = [ask("try", {"event": event, "mappings": mappings}) for event in (NOBODY, ODD)]
    held("try", tried)
    held("setup", [
        ask("workspace/sources", {"name": "", "write_key": 5}),
        ask("workspace/mappings?destination=Toplyne", BAD_MAPPING),
        ask("workspace/mappings?destination=Toplyne", odd),
        ask("workspace/destinations", {"name": "Toplyne", "source": "x", "api_key": "k", "x": 1}),
    ])  # fmt: skip
    held("faults", [
        ask("faults", {"status": 5, "times": 0, "pth": 1}),
    ])  # fmt: skip


def test_python_is_told_the_same():
    told = []
    for wrong in (BAD_MAPPING, {**ORDERS, "fields": BAD_MAPPING["fields"]}):
        with pytest.raises(InvalidMapping) as refused:
            Mapping(**wrong)
        problems = [(p.path, p.message) for p in refused.value.problems]
        told += [problems, str(refused.value).splitlines()]
    mapping = Mapping(**ORDERS, fields={**Mapping(**ORDERS).fields, **ODD_FIELDS})
    told.append([(w.path, w.message) for w in mapping.warnings])
    told.append(told_in(explanation_json(explain(NAMELESS, Mapping(**ORDERS)))))
    mapped = map_event(ODD, [Mapping(**ORDERS)])[0]
    with pytest.raises(SuspiciousRequestError) as suspicious:
        refuse_suspicious(mapped.request, ODD, mapped.mapping)
    told.append(str(suspicious.value).splitlines())
    told.append([(p.line, p.path, p.message) for p in check_workspace(WORKSPACE).problems])
    held("python", json.loads(json.dumps(told)))
