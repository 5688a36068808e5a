"""Lint of templates: what Segment cannot read, turns off, leaves empty, and what is sound."""

import time

import pytest

from sandbox import Mapping
from sandbox.lint import Draft, lint

FIELDS = {
    "userId": {"@path": "$.userId"},
    "eventName": {"@path": "$.event"},
    "timestamp": {"@path": "$.timestamp"},
}
EVENT = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "timestamp": "2026-11-23T16:17:19Z",
    "properties": {"plan": "pro", "products": [{"id": "a"}]},
}
ROOT = "__segment_internal_directive"


def findings(fields, *events):
    return lint([Draft("Orders", "sendEvents", 'type = "track"', {**FIELDS, **fields})], events)


def one(fields, *events):
    (finding,) = findings(fields, *events)
    return finding


@pytest.mark.parametrize(
    "template",
    [
        "{{ properties.plan | upcase }}",
        "{{ event | size }} {{ event.size }} {{ event.length }}",
        "{{ properties.event.name }}",
        "{% if traits.plan == 'pro' %}a{% elsif userId %}b{% else %}c{% endif %}",
        "{% comment %}{{ a | sort }}{% endcomment %}{% raw %}{{ b | map }}{% endraw %}",
        "{{ 'now' | date: '%Y', 'Europe/Berlin' }} {{ timestamp | date: '%H', -120 }}",
        "{{ timestamp | date: '%H', zone }}",
        "{{ userId | replace: 'a', 'b' | slice: 0 | split: ',' | push: 'x' | join | truncate }}",
        "{% liquid\nassign x = userId\necho x %}",
        "",
    ],
)
def test_lint_is_silent_on_a_sound_template(template):
    assert findings({"accountId": {"@liquid": template}}) == ()


@pytest.mark.parametrize(
    "template",
    ["{{properties.plan}}", "{{{properties.plan}}}-{{userId}}", "{ {{userId}} }", "a | b"],
)
def test_lint_is_silent_on_a_sound_placeholder(template):
    assert findings({"accountId": {"@template": template}}) == ()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "{{ groupId",
            (
                "Segment cannot read this template, so every event that reaches it is rejected:"
                ' output "{{ groupId" not closed, line:1, col:1.'
            ),
        ),
        (
            "{% elseif a %}",
            (
                "Segment cannot read this template, so every event that reaches it is rejected:"
                ' tag "elseif" not found, line:1, col:1. Did you mean elsif?'
            ),
        ),
        (
            "{% if $.event %}a{% endif %}",
            (
                "Segment cannot read this template, so every event that reaches it is rejected:"
                ' invalid value expression: "$.event", line:1, col:7.'
            ),
        ),
        (
            "x" * 1001,
            (
                "The template has 1,001 characters. Segment accepts at most 1,000, so every event "
                "that reaches it is rejected."
            ),
        ),
        (
            "{% case a %}{% endcase %}",
            (
                "Segment disables the Liquid tag `case`, so every event that reaches the template"
                " is rejected. Write `{% if … %}` with `{% elsif … %}`."
            ),
        ),
        (
            "{{ a | sort | sort }}",
            (
                "Segment disables the Liquid filter `sort`, so every event that reaches it is"
                " rejected."
            ),
        ),
        (
            "{{ timestamp | date: '%H', 'Z' }}",
            (
                'There is no time zone "Z", so every event with a time here is rejected: Invalid'
                " time zone specified: Z. Write a name like 'Europe/Berlin', or the minutes west"
                " of UTC, like -120."
            ),
        ),
        (
            "{{ list | sample }}",
            (
                "The sandbox does not simulate the Liquid filter `sample`: it picks elements at"
                " random."
            ),
        ),
    ],
)
def test_a_template_that_goes_wrong_is_told_once_and_how(template, message):
    finding = one({"accountId": {"@liquid": template}})

    assert finding.message == message
    assert finding.path == "$.fields.accountId['@liquid']"


@pytest.mark.parametrize(
    ("directive", "written", "right"),
    [
        ("@liquid", "{{event.properties.plan | upcase}}", "{{properties.plan | upcase}}"),
        ("@template", "a-{{event.userId}}", "a-{{userId}}"),
        ("@path", "$.event.traits.plan", "$.traits.plan"),
    ],
)
def test_event_before_a_path_is_taken_away_in_the_rewrite(directive, written, right):
    finding = one({"accountId": {directive: written}}, EVENT)

    assert finding.code == "TS313"
    assert finding.rewrite.text == f'{{"{directive}":"{right}"}}'


def test_what_a_transform_made_may_be_called_event():
    apply = {"event": {"plan": {"@path": "$.properties.plan"}}}
    mapping = {"plan": {"@path": "$.event.plan"}}

    assert findings({"eventProperties": {"@transform": {"apply": apply, "mapping": mapping}}}) == ()


def test_an_unknown_filter_names_the_near_one():
    finding = one({"accountId": {"@liquid": "{{ groupId | upcse }}"}})

    assert finding.message == (
        "Liquid has no filter `upcse`: the value passes through unchanged. Did you mean upcase?"
    )
    assert finding.rewrite.text == '{"@liquid":"{{ groupId | upcase }}"}'


def test_segments_own_switches_are_one_finding_and_no_warning():
    switches = {"enable_batching": True, "batch_size": 9, "__segment_internal_sync_mode": "add"}
    finding = one(switches)
    mapping = Mapping(
        "Orders", action="sendEvents", trigger='type = "track"', fields={**FIELDS, **switches}
    )

    assert finding.code == "TS317"
    assert finding.message == (
        "enable_batching, batch_size, __segment_internal_sync_mode are settings of Segment itself,"
        " not of this action: nothing is sent for them, and no batches are made. They are harmless."
    )
    assert mapping.warnings == ()


def test_the_fields_of_a_root_directive_are_held_against_what_it_makes():
    apply = {"n": {"@path": "$.event"}, "u": {"@path": "$.userId"}}
    root = {ROOT: {"@transform": {"apply": apply}}}
    made = {"eventName": {"@path": "$.n"}, "userId": {"@path": "$.u"}, "timestamp": 1612137600000}

    sound = lint([Draft("R", "sendEvents", 'type = "track"', {**root, **made})], [EVENT])
    (finding,) = lint(
        [
            Draft(
                "R",
                "sendEvents",
                'type = "track"',
                {**root, **made, "userId": {"@path": "$.userId"}},
            )
        ],
        [EVENT],
    )

    assert sound == ()
    assert (finding.code, finding.path) == ("TS202", "$.fields.userId['@path']")


def test_what_a_root_directive_takes_of_the_event_is_held_against_the_event():
    root = {ROOT: {"@transform": {"apply": {"n": {"@path": "$.evnt"}}}}}
    fields = {**root, "eventName": "E", "userId": "u", "timestamp": 1612137600000}

    (finding,) = lint([Draft("R", "sendEvents", 'type = "track"', fields)], [EVENT])

    assert finding.path == f"$.fields.{ROOT}['@transform'].apply.n['@path']"
    assert finding.message == (
        "None of the 1 given events that this mapping takes has $.evnt. Did you mean event?"
    )


@pytest.mark.parametrize(
    ("value", "near"),
    [
        ({"@template": "{{properties.plna}}"}, " Did you mean plan?"),
        ({"@liquid": "{{ properties.plna | upcase }}"}, " Did you mean plan?"),
        ({"@path": "$.userId.plan"}, " $.userId is not an object there."),
        ({"@path": "$.traits.plan"}, " None of them has $.traits either."),
        ({"@path": "$.usrId"}, " Did you mean userId?"),
    ],
)
def test_a_name_that_no_event_has_is_told_with_what_is_there(value, near):
    finding = one({"accountId": value}, EVENT)

    assert finding.code == "TS202"
    assert finding.message.endswith(near)


def test_elements_and_sizes_are_not_sought_in_events():
    template = "{{ properties.products.size }} {{ properties.products.first.id }} {{ event.size }}"

    assert findings({"accountId": {"@liquid": template}}, EVENT) == ()


@pytest.mark.parametrize(
    ("trigger", "advice"),
    [
        ('properties.plan type = "pro"', r"Write a space in a name as `properties.plan\ type`."),
        (
            'properties."plan type" = "pro"',
            r"in a name is written `properties.plan\ type`.",
        ),
    ],
)
def test_a_blank_in_a_name_is_told_as_segment_reads_it(trigger, advice):
    said = [each.message for each in lint([Draft("B", "sendEvents", trigger, FIELDS)])]

    assert any(message.endswith(advice) for message in said)
    right = Mapping("B", action="sendEvents", trigger=r'properties.plan\ type = "pro"')
    assert right.parsed_trigger.matches({"type": "track", "properties": {"plan type": "pro"}})


def test_a_placeholder_of_thousands_of_spaces_that_is_not_closed_is_read_at_once():
    (finding,) = findings({"accountId": {"@template": "{{" + " " * 5_000}})

    assert finding.code == "TS314"


@pytest.mark.parametrize(
    "operand",
    [
        pytest.param({"@flatten": {"separator": ".", "value": {}}}, id="inside another directive"),
        pytest.param({"@path": "$.properties"}, id="a path"),
    ],
)
def test_a_directive_that_has_what_it_needs_is_not_called_refused(operand):
    draft = Draft(
        "Orders",
        "sendEvents",
        'type = "track"',
        {**FIELDS, "eventProperties": {"@excludeWhenNull": operand}},
    )

    assert lint([draft]) == ()


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ userId | append }}", "`append` needs exactly one argument"),
        ("{{ userId | append: 'a', 'b' }}", "`append` needs exactly one argument"),
        ("{{ userId | plus }}", "`plus` needs a number"),
        ("{{ userId | remove }}", "`remove` needs an argument"),
        ("{{ userId | replace }}", "`replace` needs two arguments"),
        ("{{ userId | replace: 'a' }}", "`replace` needs two arguments"),
        ("{{ userId | replace_first: 'a' }}", "`replace_first` needs two arguments"),
        ("{{ userId | replace_last: 'a' }}", "`replace_last` needs two arguments"),
        ("{{ properties.products | push }}", "`push` needs an argument"),
        ("{{ properties.products | unshift }}", "`unshift` needs an argument"),
        ("{{ properties.products | where }}", "`where` needs the name of a member"),
        ("{{ userId | split | first }}", "`split` needs a separator"),
        ("{{ userId | slice }}", "`slice` needs a position"),
        ("{{ userId | hmac_sha256 }}", "`hmac_sha256` needs a key"),
    ],
)
def test_a_filter_with_too_few_arguments_is_told(template, message):
    finding = one({"accountId": {"@liquid": template}})

    assert finding.code == "TS321"
    assert finding.message.startswith(message)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"@template": "{{" * 100_000}, id="braces"),
        pytest.param({"@template": "{{a}}" * 20_000 + "{"}, id="placeholders"),
        pytest.param({"@path": "a" + " " * 200_000 + "a"}, id="blanks in a path"),
        pytest.param({"@path": "[" * 200_000}, id="brackets of a path"),
        pytest.param({"@replace": {"pattern": "[" * 200_000, "value": "a"}}, id="brackets"),
        pytest.param({"@replace": {"pattern": "/a" * 100_000, "value": "a"}}, id="slashes"),
    ],
)
def test_a_long_value_is_linted_in_little_time(value):
    started = time.process_time()

    lint([Draft("Orders", "sendEvents", 'type = "track"', {**FIELDS, "accountId": value})])

    assert time.process_time() - started < 5
