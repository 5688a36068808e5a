"""The derived files: none is stale, and writing them anew mends what is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.toplyne import TOPLYNE
from tools.derive import ROOT, derived_files, main, stale_files, tables, write_derived
from tools.markdown_tables import TABLES, fill, table


def test_no_derived_file_in_the_tree_is_stale():
    assert stale_files() == [], "run `make derived`"


def test_every_upload_has_a_schema_under_each_reading():
    assert [path for path in derived_files() if path.startswith("fixtures/schemas/")] == [
        "fixtures/schemas/upload-users-profiles.documented.json",
        "fixtures/schemas/upload-users-profiles.observed.json",
        "fixtures/schemas/upload-accounts-profiles.documented.json",
        "fixtures/schemas/upload-accounts-profiles.observed.json",
        "fixtures/schemas/upload-events.documented.json",
        "fixtures/schemas/upload-events.observed.json",
        "fixtures/schemas/upload-accounts-events.documented.json",
        "fixtures/schemas/upload-accounts-events.observed.json",
        "fixtures/schemas/workspace.json",
    ]


def test_writing_makes_missing_changed_and_left_over_files_right(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("<!-- derived: presets -->\nold\n<!-- /derived -->\n", encoding="utf-8")
    left = tmp_path / "fixtures/schemas/gone.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}", encoding="utf-8")

    written = write_derived(tmp_path)

    assert len(written) == 8 + 1 + 1 + 1 + 1 + 1
    assert not left.exists()
    assert "| Send Events " in readme.read_text(encoding="utf-8")
    document = json.loads((tmp_path / "fixtures/openapi.json").read_text(encoding="utf-8"))
    assert document["openapi"] == "3.1.0"
    assert stale_files(tmp_path) == []
    assert write_derived(tmp_path) == []


def test_checking_names_what_is_stale_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tools.derive.stale_files", lambda: ["fixtures/openapi.json"])
    monkeypatch.setattr("tools.derive.write_derived", pytest.fail)

    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: fixtures/openapi.json\n"


def test_the_command_refuses_other_arguments():
    # tests/test_a_new_field.py runs it with --check
    command = [sys.executable, "-m", "tools.derive", "--chekc"]

    wrong = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, encoding="utf-8")

    assert (wrong.returncode, wrong.stderr) == (2, "derive takes nothing or --check\n")


def test_the_presets_stand_in_their_table():
    assert TABLES["presets"](TOPLYNE).splitlines() == [
        "| Preset                | Trigger             | Action                |",
        "|-----------------------|---------------------|-----------------------|",
        '| Send User Profiles    | `type = "identify"` | Send user profiles    |',
        '| Send Account Profiles | `type = "group"`    | Send Account Profiles |',
        '| Send Events           | `type = "track"`    | Send events           |',
    ]


def test_every_action_has_a_table_of_its_fields():
    lines = TABLES["actions"](TOPLYNE).splitlines()

    assert [line for line in lines if line.startswith("**")] == [
        "**Send user profiles** (`sendUserProfiles`): Create or update the profile of a user.",
        (
            "**Send Account Profiles** (`sendAccountProfiles`):"
            " Create or update the profile of an account."
        ),
        "**Send events** (`sendEvents`): Send what a user did.",
    ]
    assert (
        "| Account ID       | `accountId`       | string   | no                 |"
        ' `{"@path":"$.context.groupId"}` |'
    ) in lines


def test_every_rule_and_error_stands_in_a_table_with_its_evidence():
    rules, errors = (TABLES[name](TOPLYNE).splitlines() for name in ("rules", "errors"))

    assert len(rules) == 2 + len(TOPLYNE.rules)
    assert len(errors) == 2 + len(TOPLYNE.errors)
    for line in rules[2:] + errors[2:]:
        assert any(mark in line for mark in ("recorded", "source", "docs", "assumed", "ours"))


def test_the_calls_stand_in_a_table_with_the_one_no_action_makes():
    assert TABLES["endpoints"](TOPLYNE).splitlines()[-1] == (
        "| `POST /upload/accounts/events`   | `events`   | no action             |"
        " Events uploaded.           | recorded |"
    )


def test_a_bar_in_a_cell_is_escaped():
    assert table(("A", "B"), [("x|y", "z")]).splitlines() == [
        "| A    | B |",
        "|------|---|",
        "| x\\|y | z |",
    ]


def test_filling_replaces_what_stands_between_the_markers_and_nothing_else():
    text = "before\n<!-- derived: a -->\nold\nolder\n<!-- /derived -->\nafter\n"

    filled = fill(text, {"a": lambda: "| new |"})

    assert filled == ("before\n<!-- derived: a -->\n\n| new |\n\n<!-- /derived -->\nafter\n")
    assert fill(filled, {"a": lambda: "| new |"}) == filled


def test_an_unknown_table_is_refused_by_name():
    with pytest.raises(KeyError, match="no table 'preset' can be derived, only presets"):
        fill("<!-- derived: preset -->\n<!-- /derived -->", tables())


def test_every_part_that_can_be_derived_stands_in_one_page():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)

    assert {name: text.count(f"<!-- derived: {name} -->") for name in tables()} == dict.fromkeys(
        tables(), 1
    )


def test_the_root_is_the_repository():
    assert Path(ROOT, "pyproject.toml").exists()
