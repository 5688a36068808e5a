"""Directives: what each makes of an event, and what it throws."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import DIRECTIVES, compile_fields, resolve
from sandbox.segment.javascript import MISSING

EVENT = {
    "userId": "u1",
    "n": 5,
    "z": 0,
    "f": False,
    "t": True,
    "nul": None,
    "e": "",
    "s": "aXbXc",
    "text": "Ab ß Σς İ",
    "kelvin": "k\u212asſSéÉ",
    "smile": "a😀b",
    "arr": [1, 2, {"a": 1}],
    "nested": [[1, 2], [3]],
    "prods": [{"id": 1}, {"id": 2}, None, "str", 5],
    "o": {"b": {"c": 1, "d": None}, "a": [1, {"x": None}], "k": None},
    "own": {"toString": 1},
    "json": '{"b":1,"a":[null,1.0]}',
}


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


def text_of(*parts):
    return {"@template": "".join(parts)}


def ids(cases):
    return [repr(case[0])[:60] for case in cases]


PLAIN = [
    ({"@path": "$.n"}, 5),
    ({"@path": "$.missing"}, MISSING),
    ({"@path": {"@literal": "$.n"}}, 5),
    ("$.userId", "$.userId"),
    ("{{userId}}", "{{userId}}"),
    ([{"@path": "$.n"}, "x"], [5, "x"]),
    ([{"@path": "$.missing"}, None], [MISSING, None]),
    ([{"@path": "$.n", "other": 1}], [{"@path": "$.n", "other": 1}]),
    ([{"@path": "$.n", "@template": "x"}], [5]),
    ({"@path": "$.n", "_metadata": {"a": 1}}, 5),
    ({"a": {"b": {"@path": "$.missing"}}}, {"a": {}}),
    ({"@literal": {"a": {"@path": "$.n"}}}, {"a": 5}),
    ({"@literal": None}, None),
]

TEMPLATES = [
    ("{{n}}-{{z}}-{{f}}-{{t}}-{{nul}}-{{missing}}-{{e}}", "5-0-false-true---"),
    ("{{arr}}", "1,2,[object Object]"),
    ("{{nested}}", "1,2,3"),
    ("{{o}}", "[object Object]"),
    ("{{ }}", "[object Object]"),
    ("{{}}", "{{}}"),
    ("{{{}}}", "}"),
    ("{{$.userId}}", ""),
    ("{{a}b}}", "{{a}b}}"),
    ("{{{{userId}}}}", "}"),
    ("{{ userId }}{{\ufeffuserId\n}}", "u1u1"),
    ("{{{userId}}}!", "u1!"),
    ("", ""),
    ("{{smile.1}}{{smile.2}}", "😀"),
    ("{{arr.length}} {{arr[2].a}}", "3 1"),
]

IF = [
    ({"exists": {"@path": "$.n"}, "then": 1, "else": 2}, 1),
    ({"exists": {"@path": "$.nul"}, "then": 1, "else": 2}, 2),
    ({"exists": {"@path": "$.e"}, "then": 1, "else": 2}, 1),
    ({"exists": None, "blank": "x", "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.e"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.z"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.f"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.n"}, "then": 1, "else": 2}, 1),
    ({"blank": {"@path": "$.missing"}, "then": 1, "else": 2}, 2),
    ({"blank": [[None]], "then": 1, "else": 2}, 2),
    ({"blank": [0], "then": 1, "else": 2}, 1),
    ({"blank": " ", "then": 1, "else": 2}, 1),
    ({"blank": {"a": 1}, "then": 1, "else": 2}, 1),
    ({"exists": "x", "then": None}, None),
    ({"exists": "x", "then": 0}, 0),
    ({"exists": "x", "else": 1}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": 0}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": ""}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": []}, []),
]

CASE = [
    ({"operator": "upper", "value": {"@path": "$.text"}}, "AB SS ΣΣ İ"),
    ({"operator": "lower", "value": {"@path": "$.text"}}, "ab ß σς i̇"),
    ({"operator": "lower", "value": "ΑΣ \u1c89\U00016ea0"}, "ας \u1c8a\U00016ebb"),
    ({"operator": "upper", "value": "\u019b\U00010d70"}, "\ua7dc\U00010d50"),
    ({"operator": "nope", "value": {"@path": "$.n"}}, 5),
    ({"operator": "upper", "value": {"@path": "$.nul"}}, None),
    ({"operator": "upper"}, MISSING),
    ({"operator": "upper", "value": ""}, MISSING),
]

REPLACE = [
    ({"pattern": "X", "replacement": "-", "value": {"@path": "$.s"}}, "a-b-c"),
    ({"pattern": "X", "value": {"@path": "$.s"}}, "abc"),
    ({"pattern": "X", "replacement": "-", "global": False, "value": "aXbXc"}, "a-bXc"),
    ({"pattern": "x", "value": "aXbXc"}, "aXbXc"),
    ({"pattern": "x", "ignorecase": True, "value": "aXbXc"}, "abc"),
    ({"pattern": "X", "replacement": "$$", "value": "aXb"}, "a$b"),
    ({"pattern": "X", "replacement": "[$&]", "value": "aXb"}, "a[X]b"),
    ({"pattern": "X", "replacement": "[$`]", "value": "aXb"}, "a[a]b"),
    ({"pattern": "X", "replacement": "[$']", "value": "aXbXc"}, "a[bXc]b[c]c"),
    ({"pattern": "X", "replacement": "$1$<x>$", "value": "aXb"}, "a$1$<x>$b"),
    ({"pattern": ".*", "replacement": "-", "value": "a.*b"}, "a-b"),
    ({"pattern": "aa", "replacement": "b", "value": "aaaaa"}, "bba"),
    ({"pattern": "k", "ignorecase": True, "value": {"@path": "$.kelvin"}}, "\u212asſSéÉ"),
    ({"pattern": "s", "ignorecase": True, "value": {"@path": "$.kelvin"}}, "k\u212aſéÉ"),
    ({"pattern": "é", "ignorecase": True, "value": {"@path": "$.kelvin"}}, "k\u212asſS"),
    ({"pattern": "σ", "ignorecase": True, "value": "ςΣσ-"}, "-"),
    ({"pattern": "ß", "ignorecase": True, "value": "SSßẞ"}, "SSẞ"),
    ({"pattern": "\ud83d", "replacement": "-", "value": {"@path": "$.smile"}}, "a-\ude00b"),
    ({"pattern": "a", "replacement": "\ud83d", "value": "a\ude00"}, "😀"),
    (
        {"pattern": "a", "replacement": "b", "pattern2": "b", "replacement2": "c", "value": "ab"},
        "cc",
    ),
    ({"pattern": "a", "pattern2": "b", "value": "ab!"}, "!"),
    ({"pattern": "a", "pattern2": 5, "value": "ab"}, "b"),
    ({"pattern": "5", "replacement": "6", "value": {"@path": "$.n"}}, "6"),
    ({"pattern": "a", "replacement": "A", "value": {"@path": "$.f"}}, "fAlse"),
    ({"pattern": "a", "value": {"@path": "$.nul"}}, ""),
    ({"pattern": "a", "value": {"@path": "$.arr"}}, ""),
    ({"pattern": "a", "value": ""}, MISSING),
]

ARRAY_PATH = [
    (["$.prods"], EVENT["prods"]),
    (
        ["$.prods", {"i": {"@path": "$.id"}}],
        [{"i": 1}, {"i": 2}, {"i": None}, {}, {}],
    ),
    (["$.prods", {"@path": "$.id"}], [1, 2, None, MISSING, MISSING]),
    (["$.o", {"c": {"@path": "$.b.c"}}], [{"c": 1}]),
    (["$.prods", {}], EVENT["prods"]),
    (["$.prods", "x"], EVENT["prods"]),
    (["$.n", {"a": 1}], 5),
    (["$.nul", {"a": 1}], None),
    (["$.missing", {"a": 1}], MISSING),
    ([{"@path": "$.nested"}, {"first": {"@path": "$.[0]"}}], [{"first": 1}, {"first": 3}]),
]

JSON = [
    (
        {"mode": "encode", "value": {"@path": "$.o"}},
        '{"b":{"c":1,"d":null},"a":[1,{"x":null}],"k":null}',
    ),
    ({"mode": "encode", "value": {"@path": "$.missing"}}, MISSING),
    ({"mode": "encode", "value": {"@path": "$.z"}}, "0"),
    ({"mode": "encode", "value": {"b": 1, "1": {"@path": "$.no"}, "0": "😀"}}, '{"0":"😀","b":1}'),
    ({"mode": "decode", "value": {"@path": "$.json"}}, {"b": 1, "a": [None, 1]}),
    ({"mode": "decode", "value": "[1,]"}, "[1,]"),
    ({"mode": "decode", "value": "NaN"}, "NaN"),
    ({"mode": "decode", "value": {"@path": "$.n"}}, 5),
    ({"mode": "ENCODE", "value": {"@path": "$.n"}}, MISSING),
]

FLATTEN = [
    (
        {"separator": ".", "value": {"@path": "$.o"}},
        {"b.c": 1, "b.d": None, "a.0": 1, "a.1.x": None, "k": None},
    ),
    (
        {"separator": "_", "value": {"@path": "$.o"}, "omitArrays": True},
        {"b_c": 1, "b_d": None, "a": [1, {"x": None}], "k": None},
    ),
    ({"separator": ".", "value": {"": {"a": 1}, "b": {"": 2}}}, {"a": 1, "b.": 2}),
    ({"separator": ".", "value": {"a": [], "b": {}, "c": 1}}, {"c": 1}),
    ({"separator": ".", "value": {"@path": "$.n"}}, {"": 5}),
    ({"separator": ".", "value": {"@path": "$.missing"}}, {}),
    ({"separator": ".", "value": {"a": {"b": 1}, "a.b": 2}, "omitArrays": "false"}, {"a.b": 2}),
]

MERGE = [
    ({"direction": "right", "objects": [{"a": 1, "b": 1}, {"b": 2}]}, {"a": 1, "b": 2}),
    ({"direction": "left", "objects": [{"a": 1, "b": 1}, {"b": 2}]}, {"b": 1, "a": 1}),
    ({"direction": "LEFT", "objects": [{"b": 1}, {"b": 2}]}, {"b": 2}),
    ({"direction": "right", "objects": [{"a": 1}, {"a": {"@path": "$.missing"}}]}, {}),
    (
        {"direction": "right", "objects": [{"@path": "$.nested"}, {"@path": "$.e"}]},
        {"0": [1, 2], "1": [3]},
    ),
    (
        {"direction": "right", "objects": [{"@path": "$.smile"}]},
        {"0": "a", "1": "\ud83d", "2": "\ude00", "3": "b"},
    ),
    ({"direction": "right", "objects": [{"@path": "$.n"}, {"@path": "$.nul"}]}, {}),
    ({"direction": "right", "objects": [{"a": {"b": 1}}, {"a": {"c": 2}}]}, {"a": {"c": 2}}),
]

TRANSFORM = [
    (
        {"apply": {"q": {"@path": "$.n"}}, "mapping": {"id": {"@path": "$.q"}}},
        {"id": 5},
    ),
    ({"apply": {"@path": "$.s"}, "mapping": {"l": {"@path": "$.length"}}}, {"l": 5}),
    (
        {"apply": {"a": [{"@path": "$.no"}]}, "mapping": {"@path": "$.a"}},
        [MISSING],
    ),
    (
        {
            "apply": {
                "__segment_internal_directive": {"@merge": {"direction": "left", "objects": []}},
                "q": 1,
            },
            "mapping": {"@path": "$."},
        },
        {},
    ),
]

EXCLUDE = [
    ({"@path": "$.nul"}, MISSING),
    ({"@path": "$.missing"}, MISSING),
    ({"@path": "$.o"}, {"b": {"c": 1}, "a": [1, {"x": None}]}),
    ({"@path": "$.arr"}, [1, 2, {"a": 1}]),
    ({"@path": "$.z"}, 0),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=ids(PLAIN))
def test_a_value_resolves(value, expected):
    assert value_of(value) == expected


@pytest.mark.parametrize(("text", "expected"), TEMPLATES, ids=ids(TEMPLATES))
def test_a_template_is_filled(text, expected):
    assert value_of({"@template": text}) == expected


def test_what_triple_braces_put_in_is_filled_again_and_what_double_ones_put_in_is_not():
    event = {"a": "{{b}}", "b": "{{a}}"}

    assert value_of({"@template": "{{{a}}} {{a}}"}, event) == "{{a}} {{b}}"


@pytest.mark.parametrize(
    ("directive", "operand", "expected"),
    [
        (name, operand, expected)
        for name, cases in {
            "@if": IF,
            "@case": CASE,
            "@replace": REPLACE,
            "@arrayPath": ARRAY_PATH,
            "@json": JSON,
            "@flatten": FLATTEN,
            "@merge": MERGE,
            "@transform": TRANSFORM,
            "@excludeWhenNull": EXCLUDE,
        }.items()
        for operand, expected in cases
    ],
)
def test_a_directive_resolves(directive, operand, expected):
    assert value_of({directive: operand}) == expected


def test_the_first_object_wins_from_the_left_and_the_keys_come_in_the_order_of_the_last():
    merged = value_of(
        {"@merge": {"direction": "left", "objects": [{"a": 1, "b": 1}, {"b": 2, "c": 2}]}}
    )

    assert list(merged.items()) == [("b", 1), ("c", 2), ("a", 1)]


def test_a_flattened_duplicate_keeps_the_earlier_place_and_index_keys_come_first():
    flat = value_of(
        {"@flatten": {"separator": ".", "value": {"a": {"2": 1, "1": 2}, "b": 3, "a.2": 4}}}
    )

    assert list(flat.items()) == [("a.1", 2), ("a.2", 4), ("b", 3)]


THROWN = [
    ({"@path": {"@path": "$.n"}}, "@path: expected string, got number"),
    ({"@path": {"@path": "$.missing"}}, "@path: expected string, got undefined"),
    ({"@template": {"@path": "$.arr"}}, "@template: expected string, got array"),
    ([{"@nope": 1}], "@nope is not a valid directive, got undefined"),
    ([{"@if": 1}], '@if requires an object with an "exists" key'),
    ({"@if": {"exists": "", "then": 1}}, '@if requires an "exists" key or a "blank" key'),
    ([{"@case": 1}], '@case requires an object with a "operator" key'),
    ({"@case": {"value": "x"}}, '@case requires a "operator" key'),
    (
        {"@case": {"operator": "Upper", "value": "x"}},
        'operator key should have a value of "lower" or "upper"',
    ),
    ([{"@replace": []}], '@replace requires an object with a "pattern" key'),
    ([{"@replace": {"pattern": ""}}], '@replace requires a "pattern" key'),
    (
        {"@replace": {"pattern": "a", "value": "a", "pattern2": "b" * 11}},
        '@replace requires a "pattern" less than 10 characters',
    ),
    (
        {"@replace": {"pattern": "a", "value": "a", "pattern2": "b", "replacement2": "c" * 11}},
        '@replace requires a "replacement" less than 10 characters',
    ),
    ([{"@arrayPath": "x"}], "@arrayPath expected array, got string"),
    ([{"@json": 1}], '@json requires an object with a "value" key'),
    ([{"@json": {"value": 1}}], '@json requires a "mode" key'),
    ({"@json": {"mode": "encode", "value": 0}}, '@json requires a "value" key'),
    ([{"@flatten": 1}], '@flatten requires an object with a "separator" key'),
    ({"@flatten": {"value": 1}}, '@flatten requires a "separator" key'),
    (
        [{"@flatten": {"separator": {"@path": "$.n"}, "value": 1}}],
        "@flatten requires a string separator",
    ),
    ([{"@merge": 1}], '@merge requires an object with an "objects" key and a "direction" key'),
    ({"@merge": {"objects": []}}, '@merge requires a "direction" key'),
    ([{"@merge": {"direction": "left"}}], '@merge requires a "objects" key'),
    (
        [{"@merge": {"direction": "left", "objects": {"a": 1}}}],
        "@merge: expected opts.array, got object",
    ),
    (
        [{"@transform": 1}],
        '@transform requires an object with an "apply" key and a "mapping" key',
    ),
    ([{"@transform": {"apply": {}}}], '@transform requires a "mapping" key'),
    ([{"@transform": {"mapping": {}}}], '@transform requires a "apply" key'),
    ([{"@transform": {"mapping": 1, "apply": 1}}], '@transform "apply" key should be an object'),
    (
        {"@arrayPath": ["$.prods", {"@transform": {"apply": {}, "mapping": {}}}]},
        "data must be an object, got null",
    ),
    ([{"@liquid": 5}], "liquid template value must be a string"),
    ({"@liquid": "x" * 1001}, "liquid template values are limited to 1000 characters"),
]


@pytest.mark.parametrize(("value", "message"), THROWN, ids=ids(THROWN))
def test_a_directive_throws_in_segments_words(value, message):
    with pytest.raises(Thrown) as caught:
        value_of(value)

    assert (caught.value.name, caught.value.message) == ("Error", message)


@pytest.mark.parametrize(
    "value",
    [
        {"@template": "{{own}}"},
        {"@template": "{{ x }}{{arrown}}"},
        {"@if": {"blank": {"@path": "$.own"}, "then": 1}},
    ],
)
def test_an_object_with_its_own_to_string_cannot_become_text(value):
    event = {"own": {"toString": 1}, "arrown": [[{"toString": 1}]]}

    with pytest.raises(Thrown) as caught:
        value_of(value, event)

    assert caught.value.name == "TypeError"
    assert caught.value.message == "Cannot convert object to primitive value"


def test_what_is_wrong_inside_a_list_throws_only_where_it_is_run():
    fields = {"@if": {"exists": {"@path": "$.no"}, "then": [{"@nope": 1}], "else": "fine"}}

    assert value_of(fields) == "fine"


@pytest.mark.parametrize(
    ("apply", "name", "message"),
    [
        (
            {"a": {"@path": 1}, "b": {"@nope": 1}},
            "AggregateError",
            (
                "/a/@path should be a string or a mapping directive but it is a number. "
                "/b has an invalid directive: @nope."
            ),
        ),
        (
            {"@path": 1},
            "ValidationError",
            "/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"@json": {}},
            "AggregateError",
            (
                '/@json should have field "value" but it doesn\'t. '
                '/@json should have field "mode" but it doesn\'t.'
            ),
        ),
        ({"__segment_internal_directive": 5}, "Error", "The root directive must be an object"),
        (
            {"__segment_internal_directive": None},
            "TypeError",
            "Cannot convert undefined or null to object",
        ),
    ],
)
def test_a_transform_checks_what_it_applies_for_each_event(apply, name, message):
    with pytest.raises(Thrown) as caught:
        value_of([{"@transform": {"apply": apply, "mapping": {"a": 1}}}])

    assert (caught.value.name, caught.value.message) == (name, message)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"@path": "$.userId"}, "u1"),
        ({"@path": "$.missing"}, MISSING),
        ({"@path": "$.nul"}, None),
        ("ab", {"0": "a", "1": "b"}),
        ([{"@path": "$.n"}], {"0": 5}),
        (5, {}),
        (
            {
                "__segment_internal_directive": {"@transform": {"apply": {"q": {"@path": "$.n"}}}},
                "userId": {"@path": "$.q"},
            },
            {"userId": 5},
        ),
        (
            {
                "__segment_internal_directive": {"@merge": {"direction": "left", "objects": []}},
                "userId": {"@path": "$.q"},
            },
            {},
        ),
        (
            {"__segment_internal_directive": [{"a": 1}], "userId": 1},
            [{"a": 1, "mapping": {"userId": 1}}],
        ),
    ],
)
def test_a_mapping_may_be_of_any_kind(fields, expected):
    assert compile_fields(fields)(EVENT) == expected


@pytest.mark.parametrize(
    ("event", "kind"),
    [(None, "null"), ("x", "string"), ([1], "array"), (5, "number"), (True, "boolean")],
)
def test_an_event_must_be_an_object(event, kind):
    with pytest.raises(Thrown, match=f"^data must be an object, got {kind}$"):
        resolve({}, event)


def test_index_keys_come_first_as_in_javascript():
    fields = {"b": 0, "2": 0, "1": 0, "01": 0, "4294967295": 0, "4294967294": 0}

    assert list(resolve(fields, {})) == ["1", "2", "4294967294", "b", "01", "4294967295"]


def test_what_leaves_is_json():
    fields = {"list": [{"@path": "$.no"}, {"@path": "$.big"}], "big": {"@path": "$.big"}}

    assert resolve(fields, {"big": float("inf")}) == {"list": [None, None], "big": None}
    assert resolve({"@path": "$.no"}, {}) is MISSING


def test_neither_the_event_nor_the_mapping_is_changed():
    event = {"a": {"b": None, "c": [None]}}
    fields = {
        "x": {"@excludeWhenNull": {"@path": "$.a"}},
        "y": {"@replace": {"pattern": "a", "value": "a"}},
        "z": {"@merge": {"direction": "left", "objects": [{"@path": "$.a"}]}},
    }

    resolve(fields, event)

    assert event == {"a": {"b": None, "c": [None]}}
    assert fields["y"] == {"@replace": {"pattern": "a", "value": "a"}}


def test_a_compiled_mapping_does_not_follow_later_changes_of_what_it_was_made_of():
    fields = {"x": {"@replace": {"pattern": "a", "value": "abc"}}}
    compiled = compile_fields(fields)

    fields["x"]["@replace"]["pattern"] = "b"

    assert compiled({}) == {"x": "bc"}


def deep(levels, kind):
    value = 1
    for level in range(levels):
        value = [value] if kind == "array" or (kind == "both" and level % 2) else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["object", "array", "both"])
@pytest.mark.parametrize(
    "directive",
    [
        {"@path": "$.x"},
        [{"@path": "$.x"}, {"a": {"@path": "$.missing"}}],
        {"@template": "{{x}}"},
        {"@flatten": {"separator": ".", "value": {"@path": "$.x"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.x"}}},
        {"@excludeWhenNull": {"@path": "$."}},
        {"@if": {"blank": {"@path": "$.x"}, "then": 1}},
        {"@arrayPath": ["$.x", {"@path": "$."}]},
        {"@transform": {"apply": {"y": {"@path": "$.x"}}, "mapping": {"@path": "$.y"}}},
    ],
    ids=lambda d: next(iter(d)) if isinstance(d, dict) else "list",
)
def test_an_event_500_levels_deep_resolves_also_from_a_deep_stack(directive, kind):
    event = {"x": deep(499, kind)}

    def called_from(depth):
        return resolve({"out": directive}, event) if depth == 0 else called_from(depth - 1)

    assert list(called_from(200)) == ["out"]


SHARED = {"a": {"@path": "$."}, "b": {"@path": "$."}}


def doubling(levels):
    fields = SHARED
    for _ in range(levels):
        fields = {"q": {"@transform": {"apply": fields, "mapping": SHARED}}}
    return fields


def encoded(levels):
    value = {"@path": "$.quote"}
    for _ in range(levels):
        value = {"@json": {"mode": "encode", "value": value}}
    return {"x": value}


BOMBS = {
    "transform": (doubling(24), "the mapping"),
    "json": (encoded(45), "@json"),
    "template": ({"x": {"@template": "{{long}}" * 1000}}, "@template"),
    "replace": (
        {"x": {"@replace": {"pattern": "a", "replacement": "$`$'", "value": {"@path": "$.long"}}}},
        "@replace",
    ),
    "flatten": (
        {"x": {"@flatten": {"separator": "-" * 10_000, "value": {"@path": "$.list"}}}},
        "@flatten",
    ),
    "copies": ({"x": [{"@path": "$.long"}] * 1000}, "the mapping"),
    "copies in a template": (
        {
            "@transform": {
                "apply": {"l": [{"@path": "$.long"}] * 20},
                "mapping": {"x": {"@template": "{{l}}" * 20}},
            }
        },
        "@template",
    ),
}


@pytest.mark.parametrize(("fields", "where"), BOMBS.values(), ids=BOMBS)
def test_a_mapping_that_explodes_is_stopped(fields, where):
    event = {"quote": '"\\', "long": "a" * 100_000, "list": [[0] * 20_000]}

    with pytest.raises(Thrown) as caught:
        resolve(fields, event)

    assert caught.value.name == "RangeError"
    assert caught.value.message == (
        f"{where}: the result is larger than 16,777,216 characters, where the sandbox stops"
    )


@pytest.mark.parametrize("text", ["{", "{{{a}", "{{{a}}", "{{a}", "}"])
def test_a_template_of_a_million_braces_takes_linear_time(text):
    template = text * (500_000 // len(text))

    assert isinstance(value_of({"@template": template}), str)


def test_a_json_text_deeper_than_an_event_may_be_is_refused():
    with pytest.raises(Thrown) as caught:
        value_of({"@json": {"mode": "decode", "value": "[" * 501}})

    assert caught.value.message == (
        "@json: nested more than 500 levels deep at offset 500, where the sandbox stops"
    )


def test_the_table_names_each_directive_once_with_a_summary():
    assert list(DIRECTIVES) == [
        "@path",
        "@template",
        "@literal",
        "@if",
        "@case",
        "@replace",
        "@arrayPath",
        "@json",
        "@flatten",
        "@merge",
        "@transform",
        "@excludeWhenNull",
        "@liquid",
    ]
    assert all(directive.summary for directive in DIRECTIVES.values())
    assert all(name == directive.name for name, directive in DIRECTIVES.items())
