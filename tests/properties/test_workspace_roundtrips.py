"""Laws of the workspace: what is written is read back, and what is imported is given back."""

import json
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from sandbox import Mapping
from sandbox.strategies import mappings
from sandbox.workspace import (
    ConnectedDestination,
    Source,
    Workspace,
    export_mappings,
    import_workspace,
    parse_workspace,
    to_toml,
)
from sandbox.workspace.documents import toml_lines

TEXTS = st.text(min_size=1, max_size=8).filter(str.strip)
KEYS = st.text("abcdefgh-_.0123456789", min_size=1, max_size=8)
ACTIONS = ("sendUserProfiles", "sendAccountProfiles", "sendEvents")
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # any character, half surrogate pairs and controls among them
    | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
).map(lambda value: json.loads(json.dumps(value)))  # halves that meet become one character
LITERALS = st.builds(
    Mapping,
    name=TEXTS,
    action=st.sampled_from(ACTIONS),
    trigger=st.just('type = "track"'),
    fields=st.dictionaries(
        st.text(max_size=5).filter(lambda key: not key.startswith("@")),
        st.builds(lambda value: {"@literal": [value]}, ANYTHING),
        max_size=2,
    ),
    enabled=st.booleans(),
)


@st.composite
def destinations(draw, *, source="web"):
    drawn = draw(st.lists(mappings() | LITERALS, min_size=1, max_size=2))
    named = [
        Mapping(
            f"{m.name} {number}",
            action=m.action,
            trigger=m.trigger,
            fields=m.fields,
            enabled=m.enabled or number == 0,
        )
        for number, m in enumerate(drawn)
    ]
    return ConnectedDestination(
        name=draw(TEXTS),
        source=source,
        api_key=draw(KEYS),
        base_url=draw(st.sampled_from([None, "http://127.0.0.1:1/v1"])),
        enabled=draw(st.booleans()),
        mappings=tuple(named),
    )


@st.composite
def workspaces(draw):
    names = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    keys = draw(st.lists(KEYS, min_size=len(names), max_size=len(names), unique=True))
    switches = draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    connected = draw(
        st.lists(destinations(source=names[-1]), max_size=2, unique_by=lambda d: d.name)
    )
    return Workspace(
        sources=tuple(
            Source(name=name, write_key=key, enabled=enabled)
            for name, key, enabled in zip(names, keys, switches, strict=True)
        ),
        destinations=tuple(connected),
    )


def fields_text(workspace):
    """Return all fields as JSON: Python takes 1, 1.0 and true for equal, JSON does not."""
    return [json.dumps(m.fields) for d in workspace.destinations for m in d.mappings]


@given(workspace=workspaces())
def test_a_workspace_that_is_written_is_read_back(workspace):
    read = parse_workspace(to_toml(workspace))

    assert read == workspace
    assert fields_text(read) == fields_text(workspace)


@given(workspace=workspaces())
def test_every_part_of_a_written_workspace_has_its_line(workspace):
    text = to_toml(workspace)
    lines = toml_lines(text)

    assert set(lines) == set(paths(tomllib.loads(text)))
    assert max(lines.values()) <= text.count("\n")


def paths(value, path=()):
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(member, (*path, key))


@given(destination=destinations())
def test_mappings_that_are_exported_are_imported_back(destination):
    text = json.dumps(export_mappings(destination))

    (again,) = import_workspace([("f", text)]).workspace.destinations

    assert again.mappings == destination.mappings
    assert json.dumps(export_mappings(again)) == text
