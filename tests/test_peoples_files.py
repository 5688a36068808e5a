"""Small files of the forms people hold, through the commands: what comes in, and what lint says."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from sandbox.cli import cli

INPUTS = Path(__file__).parent / "inputs"


def ran(*arguments):
    result = CliRunner().invoke(cli, [str(each) for each in arguments])
    return result.exit_code, result.stdout, result.output


@pytest.mark.parametrize(
    ("file", "names", "enabled"),
    [
        ("git_sync.tf", ["Paid sign ups"], True),
        ("runtime_form.json", ["Send Events"], True),
        ("two_of_one_name.json", ["Custom Event", "Custom Event"], True),
        ("all_disabled.json", ["Custom Event", "Left"], False),
        ("one_invalid_trigger.json", ["Custom Event", None], True),
        ("whole_workspace_state.json", ["E"], True),
        ("plan_with_metadata.json", ["Send Events"], True),
        ("root_directive.json", ["Root"], True),
    ],
)
def test_a_file_comes_in_with_its_mappings(file, names, enabled):
    code, out, said = ran("workspace", "import", INPUTS / file)

    (destination,) = tomllib.loads(out)["destinations"]
    mappings = destination["mappings"]
    assert (code, len(mappings), destination["enabled"]) == (0, len(names), enabled), said
    assert all(each["action"] == "sendEvents" for each in mappings)
    assert all(name in (None, each["name"]) for name, each in zip(names, mappings, strict=True))


@pytest.mark.parametrize("file", ["catalog.json", "get_destination.json"])
@pytest.mark.parametrize("options", [(), ("--action", "act1=sendEvents")])
def test_a_catalogue_holds_presets_and_no_mappings(file, options):
    code, out, said = ran("workspace", "import", INPUTS / file, *options)

    assert (code, out) == (2, "")
    assert "has a catalogue with presets, but no mappings" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["public_api_answer.json"], 1, "TS119"),
        (["destination_misspelt.toml"], 2, "Did you mean destinations?"),
        (["two_of_one_name.toml"], 1, "TS101"),
        (["one_renamed.toml"], 1, "TS101"),
        (["root_directive.toml", "--events", "e.json"], 0, "no findings"),
    ],
)
def test_lint_says_what_is_wrong_with_a_file_or_that_nothing_is(arguments, code, words):
    inputs = [INPUTS / each if "." in each else each for each in arguments]

    got, _, said = ran("lint", *inputs)

    assert got == code
    assert words in said


@pytest.mark.parametrize(
    "trigger", (INPUTS / "triggers_without_a_finding.txt").read_text("utf-8").splitlines()
)
def test_a_trigger_that_nothing_of_the_spec_makes_true_has_a_finding(trigger):
    code, _, said = ran("lint", "--trigger", trigger)

    assert (code, "TS124" in said) == (1, True)
