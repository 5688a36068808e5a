"""The JSON Schema of a workspace file: what an editor completes and underlines."""

import tomllib

import pytest
from jsonschema import Draft7Validator

from sandbox import TOPLYNE
from sandbox.workspace import workspace_template
from sandbox.workspace.file_tables import SCHEMA_FILE, workspace_schema
from sandbox.workspace.file_writing import new_workspace, to_value

VALIDATOR = Draft7Validator(workspace_schema())


def test_the_schema_is_one_and_takes_what_init_writes():
    Draft7Validator.check_schema(workspace_schema())

    assert VALIDATOR.is_valid(tomllib.loads(workspace_template()))
    assert VALIDATOR.is_valid(to_value(new_workspace()))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"destination": []}, ()),
        ({"sources": [{"name": "a"}]}, ("sources", 0)),
        ({"destinations": [{"name": 5}]}, ("destinations", 0, "name")),
    ],
)
def test_what_workspace_check_refuses_is_underlined(change, path):
    errors = VALIDATOR.iter_errors({**to_value(new_workspace()), **change})

    assert path in [tuple(error.absolute_path) for error in errors]


def test_editors_know_actions_fields_and_directives():
    schema = workspace_schema()
    mapping = schema["definitions"]["mapping"]

    assert mapping["properties"]["action"]["enum"] == [a.key for a in TOPLYNE.actions]
    for action, rule in zip(TOPLYNE.actions, mapping["allOf"], strict=True):
        known = rule["then"]["properties"]["fields"]["properties"]
        assert list(known) == [field.key for field in action.fields]
    assert "@path" in schema["definitions"]["directive"]["properties"]


def test_init_names_the_schema_in_its_first_line_and_puts_it_there(tmp_path, monkeypatch):
    from click.testing import CliRunner  # noqa: PLC0415 - one use

    from sandbox.cli import cli  # noqa: PLC0415 - one use

    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["workspace", "init"])

    assert done.exit_code == 0
    first = (tmp_path / "workspace.toml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"#:schema {SCHEMA_FILE}"
    assert (tmp_path / SCHEMA_FILE).is_file()
