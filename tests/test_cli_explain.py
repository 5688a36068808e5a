"""The commands explain and lint, and what send says of requests that are accepted and wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import cli
from sandbox.cli.lint_command import underlined
from sandbox.lint import RULES

ROOT = Path(__file__).parent.parent
TRACK = {
    "type": "Track",
    "event": "Signed Up",
    "userId": "u1",
    "timestamp": "2026-11-23T16:17:19.871Z",
    "messageId": "m1",
}
WORKSPACE = """\
[[sources]]
name = "Site"
write_key = "write-key-1"

[[destinations]]
name = "Toplyne"
source = "Site"
api_key = "token-1"

[[destinations.mappings]]
name = "Orders"
action = "sendEvents"
trigger = '''
type = "track"
and ((event = "Order Completed"))'''

[destinations.mappings.fields]
eventName = { "@path" = "$.event" }
timestamp = 1612137600
acountId = "$.groupId"
"""


@pytest.fixture
def run():
    def invoke(*arguments, stdin=""):
        settings = {"TOPLYNE_API_URL": None, "TOPLYNE_API_KEY": None}
        return CliRunner().invoke(cli, arguments, input=stdin, env=settings)

    return invoke


@pytest.fixture
def workspace(tmp_path):
    file = tmp_path / "workspace.toml"
    file.write_text(WORKSPACE)
    return str(file)


def test_explain_names_the_clause_and_the_smallest_changes(run):
    result = run("explain", "-", "--mapping", "Send Events", stdin=json.dumps(TRACK))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "event 0  Track  Signed Up  userId u1",
        "  Send Events  skipped (FILTERED_AT_MAPPING)",
        '    trigger  type = "track"',
        '      ✗ type = "track"  type is "Track", not "track"',
        "    smallest change to the event",
        '      set $.type to "track", instead of "Track"',
        "    smallest change to the trigger",
        '      type = "Track"',
    ]


def test_explain_prints_a_tree_for_each_mapping(run):
    result = run("explain", "-", "--json", stdin=json.dumps(TRACK))

    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["event"], r["messageId"], r["mapping"]) for r in records] == [
        (0, "m1", "Send User Profiles"),
        (0, "m1", "Send Account Profiles"),
        (0, "m1", "Send Events"),
    ]
    assert records[2]["change"]["event"] == TRACK | {"type": "track"}


def test_explain_exits_1_when_a_mapping_rejects(run):
    event = TRACK | {"type": "track", "event": None}

    assert run("explain", "-", stdin=json.dumps(event)).exit_code == 1


def test_explain_names_the_nearest_mapping(run):
    result = run("explain", "-", "--mapping", "Send Event", stdin=json.dumps(TRACK))

    assert result.exit_code == 2
    assert "no mapping is called 'Send Event'. Did you mean Send Events?" in result.stderr


def test_explain_takes_the_mappings_of_a_workspace(run, tmp_path):
    file = tmp_path / "workspace.toml"
    file.write_text(WORKSPACE.replace("((", "(").replace("))", ")"))

    result = run("explain", "-", "--workspace", str(file), stdin=json.dumps(TRACK))

    assert "  Orders  skipped (FILTERED_AT_MAPPING)" in result.stdout


def test_what_is_not_simulated_is_said_by_map_and_explain_and_not_called_a_rejection(run, tmp_path):
    workspace = tmp_path / "toplyne.toml"
    name = '{ "@liquid" = "{{ properties.plans | sample }}" }'
    text = WORKSPACE.replace('{ "@path" = "$.event" }', name)
    workspace.write_text(text.replace('and ((event = "Order Completed"))', ""))
    event = json.dumps(TRACK | {"type": "track"})
    chosen = ("--workspace", str(workspace))

    record = json.loads(run("map", *chosen, "--json", stdin=event).stdout)
    mapped = run("map", *chosen, stdin=event)
    explained = run("explain", *chosen, stdin=event)

    assert (record["outcome"], record["code"]) == ("rejected", "NOT_SIMULATED")
    assert mapped.exit_code == 1
    for shown in (" ".join(mapped.stdout.split()), " ".join(explained.stdout.split())):
        assert "not simulated" in shown
        assert "the Liquid filter `sample`: it picks elements at random." in shown
        assert "rejected" not in shown
        assert "Segment throws" not in shown


def test_lint_is_silent_on_the_presets(run):
    result = run("lint")

    assert (result.exit_code, result.stdout) == (0, "no findings\n")


def test_lint_finds_what_is_wrong_in_a_workspace_segment_would_refuse(run, workspace):
    result = run("lint", workspace, "--json")

    assert result.exit_code == 1
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(f["code"], f["line"], f["path"]) for f in found] == [
        ("TS105", 13, "$.trigger"),
        ("TS303", 19, "$.fields.timestamp"),
        ("TS304", 20, "$.fields.acountId"),
    ]
    assert {(f["destination"], f["mapping"]) for f in found} == {("Toplyne", "Orders")}
    assert found[0]["rewrite"] == {
        "text": 'type = "track" and event = "Order Completed"',
        "same": False,
        "example": None,
    }


def test_lint_shows_the_place_what_it_is_taken_for_and_what_was_meant(run):
    result = run("lint", "--trigger", "type = 'track'")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "TS101 single-quotes",
        (
            "  Single quotes are part of the string, so this looks for a value that contains them. "
            'Write "track".'
        ),
        "    type = 'track'",
        "           ^^^^^^^",
        "  Segment reads it as  type = \"'track'\"",
        '  probably meant  type = "track"',
        '    they differ on  {"type":"track"}',
        "1 finding",
    ]


def test_lint_holds_mappings_against_events(run, tmp_path):
    file = tmp_path / "events.json"
    file.write_text(json.dumps(TRACK | {"type": "track", "timestamp": 1763914639}))

    result = run("lint", "--events", str(file))

    assert result.exit_code == 1
    assert "Send Events  TS203 odd-time-in-events  $.fields.timestamp" in result.stdout


def test_lint_selects_and_ignores_rules(run):
    triggers = ("--trigger", "type = 'Track' and anonymousId = \"a\"")

    assert run("lint", *triggers, "--select", "TS103").stdout.count("TS1") == 1
    assert run("lint", *triggers, "--ignore", "TS101,TS103").exit_code == 0
    refused = run("lint", *triggers, "--select", "TS9")
    assert refused.exit_code == 2
    assert (
        "no rule's code starts with 'TS9'. Did you mean TS319?"
        f" `--list` shows all {len(RULES)} rules." in refused.stderr
    )


def test_lint_lists_its_rules(run):
    result = run("lint", "--list", "--select", "TS101")

    assert result.stdout == (
        "code   name           what it finds\n"
        "TS101  single-quotes  Single quotes are part of the string.\n"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [("[[", "is not TOML"), (None, "there is no file")],
)
def test_a_file_lint_cannot_read_is_a_sentence_and_exit_2(run, tmp_path, content, message):
    file = tmp_path / "workspace.toml"
    if content is not None:
        file.write_text(content)

    result = run("lint", str(file))

    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("text", "start", "end", "shown"),
    [
        ("type = 'a'", 7, 10, ("type = 'a'", "       ^^^")),
        ('type = "a"\nand\tx', 11, 14, ("and x", "^^^")),
        ("", 0, 1, ("", "^")),
        ("a" * 200, 150, 151, ("a" * 90, " " * 45 + "^")),
    ],
)
def test_a_place_is_underlined_in_its_line(text, start, end, shown):
    assert underlined(text, start, end) == shown


def test_the_pre_commit_hook_runs_lint_on_workspace_files():
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text()

    assert "entry: toplyne-sandbox lint\n" in hook
    assert r"files: workspace[^/]*\.(toml|json)$" in hook


def test_send_shows_what_is_surely_wrong_beside_the_202(run):
    event = TRACK | {"type": "track", "timestamp": 1763914639}
    with MockServer() as toplyne:
        arguments = ("send", "-", "--url", toplyne.api_url, "--api-key", toplyne.token)
        shown = run(*arguments, stdin=json.dumps(event))
        told = run(*arguments, "--json", stdin=json.dumps(event))

    assert (shown.exit_code, told.exit_code) == (0, 0)
    lines = shown.stdout.splitlines()
    assert lines[-3].strip() == "accepted, but surely wrong:"
    assert lines[-2].startswith("      $.events[0].timestamp is 1970-01-21T09:58:34Z:")
    records = [json.loads(line) for line in told.stdout.splitlines()]
    assert [[s["code"] for s in record["suspicions"]] for record in records] == [
        [],
        [],
        ["seconds-for-milliseconds"],
    ]


def test_send_names_the_same_request_sent_twice(run, tmp_path):
    file = tmp_path / "workspace.json"
    mappings = [
        {"name": name, "action": "sendEvents", "trigger": 'type = "track"'} for name in ("A", "B")
    ]
    with MockServer() as toplyne:
        destination = {
            "name": "Toplyne", "source": "Site", "api_key": toplyne.token,
            "base_url": toplyne.api_url, "mappings": mappings,
        }  # fmt: skip
        source = {"name": "Site", "write_key": "write-key-1"}
        file.write_text(json.dumps({"sources": [source], "destinations": [destination]}))
        result = run(
            "send", "-", "--workspace", str(file), stdin=json.dumps(TRACK | {"type": "track"})
        )

    assert result.stdout.splitlines()[-1] == (
        "      $ is a duplicate of request 1 of this event. Send it once."
    )


def test_lint_refuses_more_mappings_than_a_destination_has(run, tmp_path):
    file = tmp_path / "many.json"
    mappings = [
        {"name": f"m{n}", "action": "sendEvents", "trigger": 'type = "a"'} for n in range(51)
    ]
    file.write_text(json.dumps({"destinations": [{"name": "T", "mappings": mappings}]}))

    result = run("lint", str(file))

    assert result.exit_code == 2
    assert "$.destinations[0].mappings are 51. A destination has at most 50." in result.stderr
