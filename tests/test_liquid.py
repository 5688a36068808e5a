"""Liquid: how a template stands in a mapping, what it counts, and what the sandbox refuses."""

import subprocess
import sys
from dataclasses import replace

import pytest

from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.fields import check_fields, compile_fields, resolve
from sandbox.segment.not_simulated import Outside, unsimulated
from sandbox.surroundings import OUTSIDE

EVENT = {"f": False, "t": True, "arr": [1, 2, {"a": 1}], "ts": "2021-02-01T10:20:30Z"}


def rendered(template, event=EVENT, outside=OUTSIDE):
    return compile_fields({"x": {"@liquid": template}}, outside)(event)["x"]


def error_of(template, event=EVENT, outside=OUTSIDE):
    with pytest.raises(Thrown) as caught:
        rendered(template, event, outside)
    return caught.value.name, caught.value.message


def test_a_template_that_cannot_be_read_fails_for_each_event_and_not_when_it_is_made():
    fields = {"x": {"@liquid": "{{ unclosed"}}

    check_fields(fields)

    with pytest.raises(Thrown, match="not closed"):
        compile_fields(fields)({})


@pytest.mark.parametrize(
    ("template", "printed"), [("", ""), ("x" * 1000, "x" * 1000), ("😀" * 500, "😀" * 500)]
)
def test_a_template_may_have_a_thousand_units(template, printed):
    assert rendered(template) == printed


@pytest.mark.parametrize("template", ["x" * 1001, "😀" * 500 + "x"])
def test_a_template_of_more_units_is_thrown_for(template):
    assert error_of(template) == ("Error", "liquid template values are limited to 1000 characters")


@pytest.mark.parametrize(
    ("data", "printed"),
    [("ab", "2 a 0"), (["x"], "1 x 0"), (5, "  0"), (None, "  0"), ({"size": 3}, "  3")],
)
def test_the_data_of_a_template_may_be_of_any_kind(data, printed):
    fields = {"@arrayPath": ["$.l", {"x": {"@liquid": "{{ length }} {{ ['0'] }} {{ size }}"}}]}

    assert resolve(fields, {"l": [data]}) == [{"x": printed}]


def test_what_a_template_counts_the_next_fields_see_and_the_event_does_not():
    event = {"n": 5}
    fields = {
        "whole": {"@path": "$."},
        "a": {"@liquid": "{% increment n %}{% increment k %}"},
        "b": {"@path": "$.n"},
        "c": {"@liquid": "{% increment k %}"},
    }

    assert resolve(fields, event) == {"whole": {"n": 6, "k": 2}, "a": "50", "b": 6, "c": "1"}
    assert event == {"n": 5}
    assert resolve(fields, event)["c"] == "1"


def test_what_is_counted_in_a_transform_stays_there():
    template = "{% increment n %}{% increment n %}{{ n }}"
    fields = {
        "x": {"@transform": {"apply": {"n": {"@path": "$.n"}}, "mapping": {"@liquid": template}}},
        "n": {"@path": "$.n"},
    }

    assert resolve(fields, {"n": 5}) == {"x": "567", "n": 5}


def test_what_is_counted_on_an_array_is_not_simulated():
    shape = {"@liquid": "{% increment n %}"}

    with pytest.raises(NotSimulated, match="`increment` and `decrement` on an array"):
        resolve({"x": {"@arrayPath": ["$.rows", shape]}}, {"rows": [[1]]})


def test_a_template_that_names_a_function_is_not_simulated():
    fields = {
        "@transform": {"apply": {"f": {"@path": "$.s.link"}}, "mapping": {"@liquid": "{{ f }}"}}
    }

    with pytest.raises(NotSimulated, match="have in JavaScript, such as"):
        resolve({"x": fields}, {"s": "a"})


REFUSALS = [
    ("sample", "{{ arr | sample }}"),
    ("old time zone", '{{ ts | date: "%H", "SystemV/PST8PDT" }}'),
    ("old time zone", '{{ "1966-12-31" | date: "%H", "EST5EDT" }}'),
    ("rounding", "{{ 1.5 | round: 23 }}"),
    ("rounding", "{{ 1.5 | round: 0.5 }}"),
    ("new letters", '{{ "\u0378" | slugify }}'),
    ("built-ins", "{{ empty.constructor }}"),
    ("nesting", "{% if t %}" * 51),
    ("nesting", "{{" + "a[" * 51 + "}}"),
    ("nesting", "{% " + "liquid " * 60 + "%}"),
    ("size", '{% assign a = "xxxxxxxx" %}' + "{%assign a=a|append:a%}" * 30),
    ("size", '{% assign a = "xxxxxxxx" %}' + "{%capture a%}{{a}}{{a}}{%endcapture%}" * 24),
    ("size", "{% assign a = arr %}" + "{%assign a=a|push:a|push:a%}" * 25 + "{{ a }}"),
    ("size", "{% assign a = arr %}" + "{%assign a=a|push:a|push:a%}" * 25 + "{{ a | json }}"),
    ("size", "{{ (1..9999999) | size }}"),
    ("size", "{{ (9007199254740992..9007199254740999) | size }}"),
    ("size", "{{ quote " + "| json " * 60 + "}}"),
    ("size", "{{ percent " + "| url_encode " * 70 + "}}"),
    ("size", '{{ 0 | date: "%9999999d" }}'),
    ("size", "{{ long }}" * 50),
]


@pytest.mark.parametrize(("what", "template"), REFUSALS)
def test_what_cannot_be_foretold_is_refused_and_says_why(what, template):
    event = EVENT | {"quote": '"', "percent": "%" * 100_000, "long": "x" * 100_000}

    name, message = error_of(template, event)

    assert name == "NotSimulated"
    entry = unsimulated()[what]
    assert message == (
        f"@liquid: the sandbox does not simulate {entry.what}: {entry.why}. Segment may send this."
    )


@pytest.mark.parametrize(
    ("template", "lacks"),
    [
        ('{{ "now" | date: "%s" }}', "asks for the time, and the mapping was given no clock"),
        ('{{ "today" | date_to_string }}', "asks for the time, and the mapping was given no clock"),
        ('{{ ts | date: "%H", "UTC" }}', "names a time zone, and the mapping was given none"),
    ],
)
def test_fields_that_were_given_no_clock_and_no_time_zones_do_not_make_them_up(template, lacks):
    assert error_of(template, outside=Outside()) == ("NotSimulated", f"the template {lacks}")


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ('{{ "now" | date: "%Y-%m-%dT%H:%M:%S.%L" }}', "2021-02-01T10:20:30.123"),
        ('{{ "today" | date: "%H:%M %Z", "Asia/Tokyo" }}', "19:20 Asia/Tokyo"),
        ('{{ "now" | date_to_string }}', "01 Feb 2021"),
    ],
)
def test_now_is_what_the_given_clock_shows(template, printed):
    outside = replace(OUTSIDE, now=lambda: 1612174830.123)

    assert rendered(template, outside=outside) == printed


def test_now_loses_no_millisecond_to_the_seconds_of_a_clock():
    outside = replace(OUTSIDE, now=lambda: 1073789062501 / 1000)

    assert rendered('{{ "now" | date: "%S.%L" }}', outside=outside) == "22.501"


@pytest.mark.parametrize("zone", ["Z", "", "+02:00", "Mars", "Factory", "utc ", "Europe"])
def test_a_time_zone_that_does_not_exist_is_thrown_for_in_segments_words(zone):
    thrown = error_of(f'{{{{ ts | date: "%H", "{zone}" }}}}')

    assert thrown == ("RenderError", f"Invalid time zone specified: {zone}, line:1, col:1")


def test_every_refusal_of_the_list_can_be_met():
    elsewhere = {
        "counted array",
        "prototype",
        "large result",
        "effort",
        "deep JSON",
        "deep event",
    }  # test_fields_limits, …

    assert {what for what, _ in REFUSALS} == set(unsimulated()) - elsewhere


@pytest.mark.parametrize(
    "template",
    ["{{ deep }}", "{{ deep | json }}", "{{ deep | join }}", "{% if deep == deep %}{% endif %}"],
)
def test_an_event_500_levels_deep_is_rendered_also_from_a_deep_stack(template):
    deep = 1
    for _ in range(499):
        deep = [deep]

    def called_from(depth):
        if depth:
            return called_from(depth - 1)
        return rendered(template, {"deep": deep})

    assert isinstance(called_from(200), str)


@pytest.mark.parametrize(
    "template",
    ["{{" * 490, '{{"' * 300, "{{a" + "|" * 900 + "}}", "{%raw%}" + "{%endraw" * 110, "{%" * 490],
)
def test_a_template_of_nothing_but_openings_is_thrown_for_at_once(template):
    assert error_of(template)[0] == "TokenizationError"


def test_the_template_language_is_imported_only_for_a_template():
    program = (
        "import sys\n"
        "from sandbox.segment.fields import resolve\n"
        "resolve({'x': {'@path': '$.a'}}, {})\n"
        "assert 'sandbox.segment.liquid' not in sys.modules\n"
        "resolve({'x': {'@liquid': '{{ a }}'}}, {})\n"
        "assert 'sandbox.segment.liquid' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
