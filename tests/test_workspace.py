"""Workspace: Segment's configuration from a file, and all that can be wrong with it at once."""

import json

import pytest

from sandbox import PRESETS, InvalidMapping, Mapping
from sandbox.workspace import (
    ConnectedDestination,
    InvalidWorkspace,
    Source,
    Workspace,
    check_workspace,
    load_workspace,
    masked,
    parse_workspace,
    to_toml,
    workspace_template,
)
from sandbox.workspace.file_tables import DestinationTable
from sandbox.workspace.file_writing import to_value
from sandbox.workspace.model import problems_between

KEY = "secret-api-key-9876"
SMALL = f"""\
[[sources]]
name = "web"
write_key = "wk-1"

[[destinations]]
name = "Toplyne"
source = "web"
api_key = "{KEY}"
"""


def problems(text, file_format="toml"):
    return [(p.line, p.path, p.message) for p in check_workspace(text, file_format).problems]


def with_mapping(lines):
    return f"{SMALL}\n[[destinations.mappings]]\n{lines}"


def test_the_smallest_workspace_has_the_presets():
    workspace = parse_workspace(SMALL)

    assert workspace == Workspace(
        sources=(Source(name="web", write_key="wk-1"),),
        destinations=(ConnectedDestination(name="Toplyne", source="web", api_key=KEY),),
    )
    assert workspace.destinations[0].mappings == PRESETS
    assert workspace.destinations[0].enabled


def test_json_says_the_same():
    text = json.dumps(
        {
            "sources": [{"name": "web", "write_key": "wk-1"}],
            "destinations": [{"name": "Toplyne", "source": "web", "api_key": KEY}],
        }
    )

    assert parse_workspace(text, "json") == parse_workspace(SMALL)


def test_every_key_is_read():
    workspace = parse_workspace(
        f"""\
        [[sources]]
        name = "web"
        write_key = "wk-1"
        enabled = false

        [[destinations]]
        name = "Toplyne"
        source = "web"
        api_key = "{KEY}"
        base_url = "http://127.0.0.1:9/v1"
        enabled = false

        [[destinations.mappings]]
        name = "Orders"
        action = "sendEvents"
        trigger = 'event = "Order Completed"'
        enabled = false
        segment = {{actionId = "uD9jEQ4DxJZzhzVqppM7UD"}}
        fields.eventName = "Order"
        fields.userId = {{"@path" = "$.userId"}}

        [[destinations.mappings]]
        name = "All"
        action = "sendEvents"
        trigger = 'type = "track"'
        fields = '{{"eventName": null}}'
        """
    )

    assert workspace == Workspace(
        sources=(Source(name="web", write_key="wk-1", enabled=False),),
        destinations=(
            ConnectedDestination(
                name="Toplyne",
                source="web",
                api_key=KEY,
                base_url="http://127.0.0.1:9/v1",
                enabled=False,
                mappings=(
                    Mapping(
                        "Orders",
                        action="sendEvents",
                        trigger='event = "Order Completed"',
                        fields={"eventName": "Order", "userId": {"@path": "$.userId"}},
                        enabled=False,
                    ),
                    Mapping(
                        "All",
                        action="sendEvents",
                        trigger='type = "track"',
                        fields={"eventName": None},
                    ),
                ),
            ),
        ),
    )


def test_all_problems_are_found_at_once_each_with_its_line():
    text = """\
[[sources]]
name = "web"
write_key = "wk"
enabledd = true

[[sources]]
name = "web"
write_key = "wk"

[[destinations]]
name = "T"
source = "webb"
api_key = ""
base_url = "ftp:x"

[[destinations.mappings]]
name = "A"
action = "sendEvent"
trigger = '(type = "track"'
[destinations.mappings.fields]
userId = {"@path" = 5}
day = 2020-01-01

[[destinations.mappings]]
name = "A"
trigger = 'type = "track"'
enabled = "yes"
fields = '{"a":}'

[[destinations]]
name = "T"
source = 5
api_key = "k\\n"
mappings = [
  {name = "x", action = "sendEvents", trigger = 'type = "track"', enabled = false},
]
"""

    found = problems(text)

    assert [(line, path) for line, path, _ in found] == [
        (4, "$.sources[0].enabledd"),
        (7, "$.sources[1].name"),
        (8, "$.sources[1].write_key"),
        (12, "$.destinations[0].source"),
        (13, "$.destinations[0].api_key"),
        (14, "$.destinations[0].base_url"),
        (18, "$.destinations[0].mappings[0].action"),
        (19, "$.destinations[0].mappings[0].trigger"),
        (21, "$.destinations[0].mappings[0].fields.userId['@path']"),
        (22, "$.destinations[0].mappings[0].fields.day"),
        (24, "$.destinations[0].mappings[1].action"),
        (27, "$.destinations[0].mappings[1].enabled"),
        (28, "$.destinations[0].mappings[1].fields"),
        (31, "$.destinations[1].name"),
        (32, "$.destinations[1].source"),
        (33, "$.destinations[1].api_key"),
        (34, "$.destinations[1].mappings"),
    ]
    assert [message for _, _, message in found][:4] == [
        "is unknown. The members are name, write_key, enabled. Did you mean enabled?",
        "is the same 'web' as at $.sources[0]. It must be unique.",
        "is the same as at $.sources[0]. It must be unique.",
        "is 'webb', which is not a source. Did you mean web? Known: 'web'.",
    ]


def test_the_place_in_a_trigger_is_told():
    text = with_mapping("name = 'A'\naction = 'sendEvents'\ntrigger = 'type = \"a\" & x'\n")

    ((line, path, message),) = problems(text)

    assert (line, path) == (13, "$.destinations[0].mappings[0].trigger")
    assert message.endswith(" (character 12 of 'type = \"a\" & x')")


def test_json_problems_have_lines_too():
    text = """\
{
  "sources": [
    {"name": "web", "write_key": "wk"}
  ],
  "destinations": [
    {
      "name": "T", "source": "web", "api_key": "k",
      "mappings": [
        {"name": "A", "action": "sendEvents", "trigger": "(type",
         "fields": {"eventName": {"@path": "$.event"},
                    "userId": {"@if": 5}}}
      ]
    }
  ]
}
"""

    assert [(line, path) for line, path, _ in problems(text, "json")] == [
        (9, "$.destinations[0].mappings[0].trigger"),
        (11, "$.destinations[0].mappings[0].fields.userId['@if']"),
    ]


@pytest.mark.parametrize(
    ("text", "file_format", "line", "message"),
    [
        ('a = 1\nb = "x', "toml", 2, "is not TOML: "),
        ("a = 1\na = 2\n", "toml", 2, "is not TOML: Cannot overwrite a value at column 6."),
        ('{\n"a": 1,\n}', "json", 3, "is not JSON: "),
        ("[" * 2000, "json", 1, "is nested more than 500 levels deep"),
        ("a = " + "[" * 20_000 + "]" * 20_000, "toml", 1, "is nested too deeply to be read"),
    ],
    ids=["toml cut short", "toml repeats", "json comma", "json deep", "toml deep"],
)
def test_a_text_that_cannot_be_read_is_one_problem_with_its_line(text, file_format, line, message):
    ((found_line, path, found),) = problems(text, file_format)

    assert (found_line, path) == (line, "$")
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "$.sources", "is missing. Expected a list.")]),
        ("sources = []", [(1, "$.sources", "is empty. Expected at least one source.")]),
        ("sources = [5]", [(1, "$.sources[0]", "must be an object, not 5.")]),
        ("sources = 5", [(1, "$.sources", "must be a list, not 5.")]),
        (
            '[[sources]]\nname = "a"',
            [(1, "$.sources[0].write_key", "is missing. Expected a non-empty string.")],
        ),
        (
            SMALL.replace('api_key = "secret-api-key-9876"', "api_key = 5"),
            [(8, "$.destinations[0].api_key", "must be a string, not a number.")],
        ),
        (
            f"{SMALL}mappings = []",
            [(9, "$.destinations[0].mappings", "are empty. Add at least one enabled mapping.")],
        ),
    ],
    ids=["empty", "no source", "number", "no list", "no write key", "number as key", "no mapping"],
)
def test_what_is_missing_or_of_the_wrong_kind_is_named(text, expected):
    assert problems(text) == expected


def test_more_than_50_mappings_are_refused():
    lines = "\nname = 'm{}'\naction = 'sendEvents'\ntrigger = 'type = \"track\"'\n"
    one = f"\n[[destinations.mappings]]{lines}"
    text = SMALL + "".join(one.format(number) for number in range(51))

    assert problems(text) == [
        (10, "$.destinations[0].mappings", "are 51. A destination has at most 50.")
    ]


def test_a_field_that_does_not_exist_is_a_warning_and_no_problem():
    text = with_mapping(
        """\
name = "A"
action = "sendEvents"
trigger = 'type = "track"'
fields = {eventName = "a", eventname = "b"}
"""
    )

    checked = check_workspace(text)

    assert checked.workspace is not None
    assert [(w.line, w.path, w.message) for w in checked.warnings] == [
        (
            14,
            "$.destinations[0].mappings[0].fields.eventname",
            "is not a field of Send events and is dropped. Did you mean eventName?",
        )
    ]


def test_dates_and_infinities_of_toml_are_no_json_values():
    text = with_mapping(
        """\
name = "A"
action = "sendEvents"
trigger = 'type = "track"'
fields = {eventName = 07:30:00, userId = [inf, 2020-01-01T00:00:00Z]}
"""
    )

    assert [message for _, _, message in problems(text)] == [
        "is a TOML time; put it in quotes to make it a string.",
        "is inf, which is not a JSON value.",
        "is a TOML datetime; put it in quotes to make it a string.",
    ]


def test_an_api_key_stands_in_no_message_and_no_repr():
    text = f"""\
[[sources]]
name = "web"
write_key = "wk-secret-1234"
[[sources]]
name = "app"
write_key = "wk-secret-1234"
[[destinations]]
name = "T"
source = "web"
api_key = "{KEY}\\n"
"""
    with pytest.raises(InvalidWorkspace) as refused:
        parse_workspace(text)

    shown = f"{refused.value} {refused.value.problems} {parse_workspace(SMALL)!r}"
    assert KEY not in shown
    assert "wk-secret" not in shown
    assert "wk-1" not in shown


@pytest.mark.parametrize(
    ("key", "shown"), [(KEY, "…9876"), ("12345678", "…5678"), ("1234567", "…"), ("", "…")]
)
def test_a_key_is_shown_with_its_last_four_characters(key, shown):
    assert masked(key) == shown


def test_a_workspace_made_in_python_is_checked_as_well():
    source = Source(name="web", write_key="wk")
    destination = ConnectedDestination(name="T", source="app", api_key="k", mappings=())

    with pytest.raises(InvalidMapping) as refused:
        Workspace(sources=(source, source), destinations=(destination,))

    assert str(refused.value) == (
        "$.sources[1].name is the same 'web' as at $.sources[0]. It must be unique.\n"
        "$.sources[1].write_key is the same as at $.sources[0]. It must be unique.\n"
        "$.destinations[0].source is 'app', which is not a source. Known: 'web'.\n"
        "$.destinations[0].mappings are empty. Add at least one enabled mapping."
    )


def test_destinations_are_found_by_write_key():
    workspace = Workspace(
        sources=(Source(name="a", write_key="ka"), Source(name="b", write_key="kb")),
        destinations=tuple(
            ConnectedDestination(name=name, source=source, api_key="k")
            for name, source in (("1", "a"), ("2", "b"), ("3", "a"))
        ),
    )

    assert workspace.source_with("nope") is None
    assert [d.name for d in workspace.destinations_of(workspace.source_with("ka"))] == ["1", "3"]


def test_a_connected_destination_delivers_to_its_own_url_or_to_the_one_given():
    own = ConnectedDestination(name="T", source="a", api_key="k", base_url="http://127.0.0.1:1/v1")
    none = ConnectedDestination(name="T", source="a", api_key="k", enabled=False)

    assert own.at(None).base_url == "http://127.0.0.1:1/v1"
    assert own.at("http://127.0.0.1:2/v1").base_url == "http://127.0.0.1:2/v1"
    assert none.at("http://127.0.0.1:2/v1", rules="observed").rules == "observed"
    assert not none.at("http://127.0.0.1:2/v1").enabled
    with pytest.raises(InvalidMapping):
        none.at(None)


@pytest.mark.parametrize("ending", [".toml", ".TOML", ".json"])
def test_a_file_is_read_by_its_ending(tmp_path, ending):
    workspace = parse_workspace(SMALL)
    file = tmp_path / f"workspace{ending}"
    as_json = {
        "sources": [{"name": "web", "write_key": "wk-1"}],
        "destinations": [{"name": "Toplyne", "source": "web", "api_key": KEY}],
    }
    file.write_text(json.dumps(as_json) if ending == ".json" else f"\ufeff{SMALL}", "utf-8")

    assert load_workspace(file) == workspace


def test_a_file_with_problems_raises_them_with_its_name(tmp_path):
    file = tmp_path / "workspace.toml"
    file.write_text("sources = 5")

    with pytest.raises(InvalidWorkspace) as refused:
        load_workspace(file)

    assert str(refused.value) == f"{file}:1: $.sources must be a list, not 5."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [("w.yaml", b"", "does not end in .toml or .json"), ("w.toml", b"a = '\xff'", "is not UTF-8")],
)
def test_a_file_that_is_neither_raises_value_error(tmp_path, name, content, sentence):
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(ValueError, match=sentence):
        load_workspace(file)


def test_an_unknown_format_raises_value_error():
    with pytest.raises(ValueError, match="must be toml or json"):
        parse_workspace("", "yaml")


def test_the_template_is_a_workspace_with_the_three_presets():
    workspace = parse_workspace(workspace_template())

    assert workspace.destinations[0].mappings == PRESETS
    assert [source.name for source in workspace.sources] == ["My app"]


def test_the_template_explains_itself():
    comments = [line for line in workspace_template().splitlines() if line.startswith("#")]

    assert any("write key" in line for line in comments)
    assert any("sendUserProfiles, sendAccountProfiles, sendEvents" in line for line in comments)
    assert all(len(line) <= 100 for line in workspace_template().splitlines())


def test_a_workspace_is_written_as_people_write_it():
    workspace = Workspace(
        sources=(Source(name='The "web"', write_key="wk"),),
        destinations=(
            ConnectedDestination(
                name="T",
                source='The "web"',
                api_key="k",
                base_url="http://127.0.0.1:1/v1",
                mappings=(
                    Mapping(
                        "A",
                        action="sendEvents",
                        trigger='type = "track"',
                        fields={"eventName": {"@literal": {"a b": ["ü", 1.5]}}},
                    ),
                    Mapping(
                        "B", action="sendEvents", trigger='type = "track"', fields={"userId": None}
                    ),
                    Mapping("C", action="sendEvents", trigger='type = "track"', fields={}),
                ),
            ),
        ),
    )

    text = to_toml(workspace)

    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
        "[[sources]]",
        "name = 'The \"web\"'",
        'write_key = "wk"',
        "enabled = true",
        "[[destinations]]",
        'name = "T"',
        "source = 'The \"web\"'",
        'api_key = "k"',
        'base_url = "http://127.0.0.1:1/v1"',
        "enabled = true",
        "[[destinations.mappings]]",
        'name = "A"',
        'action = "sendEvents"',
        "trigger = 'type = \"track\"'",
        "enabled = true",
        "[destinations.mappings.fields]",
        'eventName = {"@literal" = {"a b" = ["ü", 1.5]}}',
        "[[destinations.mappings]]",
        'name = "B"',
        'action = "sendEvents"',
        "trigger = 'type = \"track\"'",
        "enabled = true",
        "fields = '''{\"userId\": null}'''",
        "[[destinations.mappings]]",
        'name = "C"',
        'action = "sendEvents"',
        "trigger = 'type = \"track\"'",
        "enabled = true",
        "fields = {}",
    ]
    assert parse_workspace(text) == workspace


def test_a_workspace_as_json_has_the_members_of_a_destination_in_the_order_of_the_reference():
    destination = ConnectedDestination(
        name="T", source="web", api_key="k", base_url="http://127.0.0.1:1/v1"
    )
    web = Source(name="web", write_key="wk")

    (value,) = to_value(Workspace(sources=(web,), destinations=(destination,)))["destinations"]

    assert list(value) == list(DestinationTable.__annotations__)


def test_a_base_url_with_half_a_surrogate_pair_is_a_problem_and_no_error():
    text = '{"sources": [{"name": "a", "write_key": "w"}], "destinations": [{"name": "d",'
    text += '"source": "a", "api_key": "k", "base_url": "http://\\ud800/v1"}]}'

    (problem,) = check_workspace(text, "json").problems

    assert problem.path == "$.destinations[0].base_url"
    assert "must be like http://127.0.0.1:8020/v1" in problem.message


class CountedSource:
    """A source that counts how often it is looked at."""

    looked = 0
    write_key = None

    def __init__(self, name):
        self._name = name

    @property
    def name(self):
        CountedSource.looked += 1
        return self._name


def test_sources_are_found_without_going_through_all_for_each_destination():
    sources = [CountedSource(f"s{n}") for n in range(500)]
    named = {f"d{n}": f"s{n}" for n in range(499)} | {"last": "s999999"}
    destinations = [
        ConnectedDestination(name=name, source=source, api_key="k")
        for name, source in named.items()
    ]

    (problem,) = problems_between(sources, destinations)

    assert CountedSource.looked < 10 * len(sources)
    assert problem.message.endswith("'s49' and 450 more.")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((501, 1), "$.destinations are 501. A workspace has at most 500."),
        (
            (1, 40_000),
            "$.destinations have triggers of 1,119,996 characters. The limit is 1,000,000.",
        ),
    ],
    ids=["destinations", "triggers"],
)
def test_a_workspace_of_too_much_is_refused_before_it_is_read(size, said):
    destinations, clauses = size
    trigger = " or ".join(['event = "Signed Up 0001"'] * clauses)
    mapping = {"name": "M", "action": "sendEvents", "trigger": trigger}
    value = {
        "sources": [{"name": "S", "write_key": "k" * 20}],
        "destinations": [
            {"name": f"D{number}", "source": "S", "api_key": "k", "mappings": [mapping]}
            for number in range(destinations)
        ],
    }

    (problem,) = check_workspace(json.dumps(value), "json").problems

    assert f"{problem.path} {problem.message}" == said
