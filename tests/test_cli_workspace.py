"""The commands workspace, auth, and --workspace: what they print and how they exit."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import cli
from sandbox.workspace import load_workspace, parse_workspace, workspace_template

TRACK = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u1",
    "timestamp": "2026-11-23T16:17:19.871Z",
    "messageId": "m1",
}
KEY = "secret-api-key-9876"
WORKSPACE = f"""\
[[sources]]
name = "web"
write_key = "write-key-1234"

[[destinations]]
name = "First"
source = "web"
api_key = "{KEY}"
[[destinations.mappings]]
name = "Sign-ups"
action = "sendEvents"
trigger = 'event = "Signed Up"'

[[destinations]]
name = "Second"
source = "web"
api_key = "{KEY}"
enabled = false
"""
SUBSCRIPTION = {
    "name": "Sign-ups",
    "actionId": "abc",
    "actionSlug": "sendEvents",
    "enabled": True,
    "trigger": 'event = "Signed Up"',
    "settings": {"eventName": {"@path": "$.event"}, "userId": None},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.toml").write_text(WORKSPACE)

    def invoke(*arguments, stdin="", **environment):
        settings = {"TOPLYNE_API_URL": None, "TOPLYNE_API_KEY": None} | environment
        return CliRunner().invoke(cli, arguments, input=stdin, env=settings)

    return invoke


def test_init_writes_a_workspace_that_checks(run, tmp_path):
    written = run("workspace", "init")
    checked = run("workspace", "check")

    assert (written.exit_code, written.stdout) == (0, "wrote workspace.toml\n")
    assert (tmp_path / "workspace.toml").read_text(encoding="utf-8") == workspace_template()
    assert checked.exit_code == 0
    assert checked.stdout == (
        "workspace.toml is a workspace.\n"
        "  source 'My app' (write key …-key)\n"
        "    destination 'Toplyne' (API key …oken): 3 of 3 mappings enabled\n"
    )


def test_init_writes_over_nothing_unless_it_is_forced(run, tmp_path):
    (tmp_path / "mine.toml").write_text("mine")

    refused = run("workspace", "init", "mine.toml")
    untouched = (tmp_path / "mine.toml").read_text()
    forced = run("workspace", "init", "mine.toml", "--force")

    assert refused.exit_code == 2
    assert "'mine.toml' exists; --force overwrites it." in refused.stderr
    assert untouched == "mine"
    assert forced.exit_code == 0


def test_init_prints_to_a_dash(run):
    assert run("workspace", "init", "-").stdout == workspace_template()


def test_check_shows_all_problems_with_their_lines_and_exits_1(run, tmp_path):
    (tmp_path / "bad.toml").write_text(
        WORKSPACE.replace('source = "web"', 'source = "wep"', 1).replace(
            "enabled = false", "on = 1"
        )
    )

    result = run("workspace", "check", "bad.toml")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        (
            "bad.toml:7: $.destinations[0].source is 'wep', which is not a source. "
            "Did you mean web? Known: 'web'."
        ),
        (
            "bad.toml:18: $.destinations[1].on is unknown. "
            "The members are name, source, api_key, base_url, enabled, mappings."
        ),
    ]


def test_check_warns_of_a_name_that_serve_cannot_have(run, tmp_path):
    text = WORKSPACE.replace('name = "Second"', 'name = "/Second"')
    (tmp_path / "odd.toml").write_text(text)

    result = run("workspace", "check", "odd.toml")

    assert result.exit_code == 0
    assert (
        "$.destinations[1].name is '/Second', which `serve` cannot have. Expected 1 to 100"
        " printable characters, the first neither a dot nor a slash. (warning)"
    ) in result.stdout


def test_check_speaks_json(run, tmp_path):
    (tmp_path / "bad.json").write_text('{"sources":\n[]}')

    result = run("workspace", "check", "bad.json", "--json")

    assert result.exit_code == 1
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "kind": "problem",
            "line": 1,
            "path": "$.sources",
            "message": "is empty. Expected at least one source.",
        }
    ]


def test_check_shows_warnings_and_exits_0(run, tmp_path):
    (tmp_path / "odd.toml").write_text(
        WORKSPACE.replace(
            "Signed Up\"'", "Signed Up\"'\nfields = {eventName = 'a', evntName = 'b'}"
        )
    )

    result = run("workspace", "check", "odd.toml")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == (
        "odd.toml:13: $.destinations[0].mappings[0].fields.evntName is not a field of Send events "
        "and is dropped. Did you mean eventName? (warning)"
    )
    assert "destination 'Second' (API key …9876, disabled): 3 of 3 mappings enabled" in (
        result.stdout
    )


def test_no_command_shows_a_whole_key(run):
    shown = run("workspace", "check", "two.toml").output
    mapped = run("map", "--workspace", "two.toml", "-", "--json", stdin=json.dumps(TRACK)).output

    assert KEY not in shown + mapped
    assert "write-key-1234" not in shown + mapped


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "nowhere.toml"), "there is no file 'nowhere.toml'."),
        (("check", "two.yaml"), "'two.yaml' does not end in .toml or .json"),
        (("export", "nowhere.toml"), "there is no file 'nowhere.toml'."),
        (
            ("export", "two.toml"),
            "--destination must name one of: 'First', 'Second'",
        ),
        (("import", "nowhere.json"), "there is no file 'nowhere.json'."),
        (("import", "two.toml", "--action", "x"), "--action is 'x'. Expected ID=ACTION."),
        (
            ("import", "two.toml", "--action", "x=sendEvent"),
            "--action x is 'sendEvent', which is not an action. Did you mean sendEvents?",
        ),
        (
            ("import", "two.toml", "--action", "x=no", "--action", "x=sendEvents"),
            "--action x is 'no', which is not an action.",
        ),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_2(run, arguments, sentence):
    result = run("workspace", *arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr


def test_mappings_are_imported_and_exported_again(run):
    answer = {"data": {"subscriptions": [SUBSCRIPTION]}}

    imported = run("workspace", "import", "-", "-o", "mine.toml", stdin=json.dumps(answer))
    exported = run("workspace", "export", "mine.toml")

    assert (imported.exit_code, imported.stdout) == (0, "wrote mine.toml\n")
    assert run("workspace", "check", "mine.toml").exit_code == 0
    assert json.loads(exported.stdout) == answer


def test_import_prints_a_workspace_where_no_file_is_named(run):
    result = run("workspace", "import", stdin=json.dumps(SUBSCRIPTION))

    (destination,) = parse_workspace(result.stdout).destinations
    assert [mapping.name for mapping in destination.mappings] == ["Sign-ups"]


def test_import_says_what_it_leaves_out_and_exits_1(run):
    wrong = SUBSCRIPTION | {"settings": {"userId": {"@path": 5}}}
    other = SUBSCRIPTION | {"actionSlug": "x"}

    result = run("workspace", "import", stdin=json.dumps([wrong, other, SUBSCRIPTION]))

    assert result.exit_code == 1
    assert len(parse_workspace(result.stdout).destinations[0].mappings) == 1
    assert result.stderr.splitlines() == [
        (
            "standard input:1: $[0] cannot be a mapping: should be a string or a mapping directive"
            " but it is a number, so it is left out."
        ),
        "standard input:1: $[1] mapping 'Sign-ups' has the action x, so it is skipped.",
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "standard input:1: $ is not JSON: it ends too early, at line 1, column 1."),
        ("{}", "standard input: $ has no mapping;"),
    ],
    ids=["nothing", "no mapping"],
)
def test_import_exits_2_where_there_is_no_mapping_to_read(run, given, sentence):
    result = run("workspace", "import", stdin=given)

    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr


def test_import_reads_folders_and_writes_json(run):
    Path("infra").mkdir()
    Path("infra/a.json").write_text(json.dumps(SUBSCRIPTION))

    result = run("workspace", "import", "infra", "-o", "x.json")

    assert result.exit_code == 0
    assert load_workspace("x.json") == load_workspace("infra")
    assert "infra/a.json:1  Sign-ups  TS302 missing-field" in run("lint", "infra").stdout


@pytest.mark.parametrize("text", ["{}", '{"private": true}', "[]", '[{"type": "track"}]', ""])
def test_lint_of_a_file_without_a_mapping_says_so_and_exits_2(run, text):
    Path("odd.json").write_text(text)

    result = run("lint", "odd.json")

    assert result.exit_code == 2
    assert "no findings" not in result.stdout


def test_import_takes_the_action_of_a_bare_id(run):
    bare = {key: value for key, value in SUBSCRIPTION.items() if key != "actionSlug"}

    result = run("workspace", "import", "--action", "abc=sendEvents", stdin=json.dumps(bare))

    assert result.exit_code == 0
    (destination,) = parse_workspace(result.stdout).destinations
    assert destination.mappings[0].kept["actionId"] == "abc"


def test_export_takes_one_destination_of_several(run):
    result = run("workspace", "export", "two.toml", "--destination", "First")

    subscriptions = json.loads(result.stdout)["data"]["subscriptions"]
    assert [s["name"] for s in subscriptions] == ["Sign-ups"]


def test_map_goes_through_the_destinations_of_a_workspace(run):
    result = run("map", "--workspace", "two.toml", "-", "--json", stdin=json.dumps(TRACK))

    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["destination"], r["mapping"], r["outcome"], r["code"]) for r in records] == [
        ("First", "Sign-ups", "mapped", None),
        ("Second", "Send User Profiles", "skipped", "MAPPING_DISABLED"),
        ("Second", "Send Account Profiles", "skipped", "MAPPING_DISABLED"),
        ("Second", "Send Events", "skipped", "MAPPING_DISABLED"),
    ]


def test_map_says_all_that_is_wrong_with_a_workspace(run, tmp_path):
    (tmp_path / "bad.toml").write_text("sources = 5\ndestinations = 6")

    result = run("map", "--workspace", "bad.toml", "-", stdin="{}")

    assert result.exit_code == 2
    assert "the workspace cannot be used:\n" in result.stderr
    assert "bad.toml:1: $.sources must be a list" in result.stderr
    assert "bad.toml:2: $.destinations must be a list" in result.stderr


def test_send_takes_url_and_key_from_the_workspace(run, tmp_path):
    with MockServer() as toplyne:
        (tmp_path / "here.toml").write_text(
            WORKSPACE.replace(
                f'api_key = "{KEY}"',
                f'api_key = "{toplyne.token}"\nbase_url = "{toplyne.api_url}"',
            )
        )

        result = run(
            "send", "--workspace", "here.toml", "-", "--json", stdin=json.dumps(TRACK),
            TOPLYNE_API_URL="http://127.0.0.1:9/v1", TOPLYNE_API_KEY="another",
        )  # fmt: skip

        assert result.exit_code == 0
        records = [json.loads(line) for line in result.stdout.splitlines()]
        assert [(r["destination"], r["outcome"]) for r in records][:1] == [("First", "mapped")]
        assert len(toplyne.events) == 1


def test_send_prefers_its_options_to_the_workspace(run):
    with MockServer() as toplyne:
        result = run(
            "send", "--workspace", "two.toml", "-", "--url", toplyne.api_url,
            "--api-key", toplyne.token, stdin=json.dumps(TRACK),
        )  # fmt: skip

        assert result.exit_code == 0
        assert len(toplyne.events) == 1


def test_send_needs_a_url_where_the_workspace_names_none(run):
    result = run("send", "--workspace", "two.toml", "-", stdin="{}")

    assert result.exit_code == 2
    assert "no URL to send to" in result.stderr


def test_auth_says_that_a_key_is_valid(run):
    with MockServer() as toplyne:
        result = run("auth", "--url", toplyne.api_url, "--api-key", toplyne.token)

    assert (result.exit_code, result.stdout) == (0, "Credentials are valid.\n")


def test_auth_says_what_segment_says_of_a_wrong_key(run):
    with MockServer() as toplyne:
        result = run("auth", "--url", toplyne.api_url, "--api-key", "wrong")

    assert (result.exit_code, result.stdout) == (1, "Credentials are invalid: 403 Forbidden\n")


def test_auth_speaks_json(run):
    with MockServer() as toplyne:
        result = run("auth", "--json", TOPLYNE_API_URL=toplyne.api_url, TOPLYNE_API_KEY="wrong")

    record = json.loads(result.stdout)
    assert (record["valid"], record["error"]) == (False, "Credentials are invalid: 403 Forbidden")
    assert record["answer"]["status"] == "ERROR"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "no API key: give --api-key"),
        (("--api-key", "k"), "no URL to send to: give --url"),
        (("--api-key", "k", "--url", "https://api.toplyne.io/v1"), "(a dead company's domain)"),
        (("--api-key", "k", "--url", "127.0.0.1:80"), "the URL must be like http://127.0.0.1:8020"),
        (("--api-key", "k", "--url", "http://127.0.0.1:99999"), "the URL must be like"),
        (("--api-key", "k", "--url", "http://[::1"), "the URL must be like"),
    ],
)
def test_auth_used_wrongly_is_a_sentence_and_exit_2(run, arguments, sentence):
    result = run("auth", *arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize("command", ["init", "import"])
def test_no_file_is_written_that_no_command_would_read(run, tmp_path, command):
    (tmp_path / "s.json").write_text(json.dumps([SUBSCRIPTION]))
    given = ("init", "w.yaml") if command == "init" else ("import", "s.json", "-o", "w.yaml")

    refused = run("workspace", *given)

    assert refused.exit_code == 2
    assert "'w.yaml' does not end in .toml or .json, so its format is unknown." in refused.stderr
    assert not (tmp_path / "w.yaml").exists()


def test_init_writes_json_to_a_file_that_ends_in_json(run, tmp_path):
    written = run("workspace", "init", "w.json")

    assert written.exit_code == 0
    assert load_workspace(tmp_path / "w.json") == parse_workspace(workspace_template())


def test_half_a_surrogate_pair_in_a_name_is_written_as_json_alone(run, tmp_path):
    (tmp_path / "s.json").write_text(json.dumps([{**SUBSCRIPTION, "name": "a\ud800"}]))

    refused = run("workspace", "import", "s.json", "-o", "w.toml")
    written = run("workspace", "import", "s.json", "-o", "w.json")

    assert refused.exit_code == 2
    assert 'TOML cannot express "a\\ud800". Write a file that ends in .json.' in refused.stderr
    assert not (tmp_path / "w.toml").exists()
    assert written.exit_code == 0
    assert load_workspace(tmp_path / "w.json").destinations[0].mappings[0].name == "a\ud800"


@pytest.mark.parametrize("name", ["large.toml", "large.json", "large.tf"])
def test_a_workspace_file_that_is_too_large_is_not_read_whole(run, tmp_path, name):
    with (tmp_path / name).open("wb") as file:
        file.truncate(70_000_000)

    done = run("map", "--workspace", name, stdin=json.dumps(TRACK))

    assert done.exit_code == 2
    assert f"'{name}' " in done.stderr
    assert "67,108,864" in done.stderr
