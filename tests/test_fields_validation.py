"""Validation: what is refused before any event, in Segment's texts, paths and order."""

import pytest

from sandbox.segment.errors import InvalidMapping
from sandbox.segment.fields import MAX_MAPPING_DEPTH, check_fields, compile_fields
from sandbox.segment.javascript import MISSING


def problems(fields):
    with pytest.raises(InvalidMapping) as caught:
        check_fields(fields)
    return [f"{problem.path} {problem.message}".lstrip() for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (
            {"x": {"@if": {"exists": {"@path": 5}, "then": 1}}},
            "/x/@if/exists/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"a": {"@path": "$.n", "other": 1}},
            "/a should only have one @-prefixed key but it has 2 keys.",
        ),
        (
            {"a": {"@path": "$.n", "other": 1, "_metadata": {}}},
            "/a should only have one @-prefixed key but it has 3 keys.",
        ),
        (
            {"a": {"@path": "$.n", "@if": 1, "other": 1}},
            "/a should only have one @-prefixed key but it has 2 keys.",
        ),
        ({"x": {"@nope": 1}}, "/x has an invalid directive: @nope."),
        ({"x": {"@if": "str"}}, "/x/@if should be an object but it is a string."),
        ({"x": {"@if": []}}, "/x/@if should be an object but it is an array."),
        (
            {"x": {"@if": {"@path": "$.a"}}},
            "/x/@if should be an object but it is a directive.",
        ),
        (
            {"x": {"@replace": {"value": "x"}}},
            '/x/@replace should have field "pattern" but it doesn\'t.',
        ),
        (
            {"x": {"@replace": {"value": "x", "pattern": ""}}},
            "/x/@replace/pattern should be a string of length 1 or greater.",
        ),
        (
            {"x": {"@replace": {"value": "x", "pattern": "😀" * 5 + "x"}}},
            "/x/@replace/pattern should be a string of length 10 or less.",
        ),
        (
            {"x": {"@replace": {"value": "x", "pattern": "x", "replacement": "x" * 11}}},
            "/x/@replace/replacement should be a string of length 10 or less.",
        ),
        (
            {"x": {"@replace": {"value": "x", "pattern": "x", "ignorecase": None}}},
            "/x/@replace/ignorecase should be a boolean but it is a null.",
        ),
        (
            {"x": {"@arrayPath": []}},
            "/x/@arrayPath should be a string or a mapping directive but it is an undefined.",
        ),
        (
            {"x": {"@arrayPath": {"@path": "$.a"}}},
            "/x/@arrayPath should be an array but it is an object.",
        ),
        (
            {"x": {"@arrayPath": ["$.a", {"b": {"@path": 1}}]}},
            "/x/@arrayPath/b/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"x": {"@path": None}},
            "/x/@path should be a string or a mapping directive but it is a null.",
        ),
        ({"@path": 5}, "/@path should be a string or a mapping directive but it is a number."),
        ({"@json": {"mode": "encode"}}, '/@json should have field "value" but it doesn\'t.'),
        (
            {"x": {"@json": {"mode": "Xencode", "value": 1}}},
            '/x/@json/mode should be one of encode, decode but it is "Xencode".',
        ),
        (
            {"x": {"@merge": {"direction": "up", "objects": []}}},
            '/x/@merge/direction should be one of left, right but it is "up".',
        ),
        (
            {"x": {"@merge": {"objects": [{}, 1, {"@nope": 1}]}}},
            "/ should be a object or a mapping directive but it is a number.",
        ),
        (
            {"x": {"@merge": {"objects": [{"a": {"@path": 1}}, 1]}}},
            "/a/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"x": {"@transform": {"apply": [], "mapping": {}}}},
            "/x/@transform/apply should be a object or a mapping directive but it is an array.",
        ),
        (
            {"x": {"@liquid": {"@path": "$.a"}}},
            "/x/@liquid should be a string but it is a directive.",
        ),
        (
            {"x": {"@case": {"operator": "lower", "value": 5}}},
            "/x/@case/value should be a string or a mapping directive but it is a number.",
        ),
        (
            {"x": {"@flatten": {"separator": 1, "value": 1}}},
            "/x/@flatten/separator should be a string but it is a number.",
        ),
        (None, "Cannot convert undefined or null to object"),
        (
            {"__segment_internal_directive": {"@path": "a", "_metadata": {}}},
            "The root mapping must only have a single directive object",
        ),
        ({"__segment_internal_directive": {}}, "The root directive must be an object"),
        ({"__segment_internal_directive": "x"}, "The root directive must be an object"),
        ({"__segment_internal_directive": None}, "Cannot convert undefined or null to object"),
    ],
)
def test_a_mapping_segment_refuses_is_refused_in_its_words(fields, problem):
    assert problems(fields) == [problem]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        [],
        "text",
        5,
        {"x": None, "y": [1, {"a": []}], "z": {"a": {"b": "$.c"}}},
        {"@path": "$.userId"},
        {"x": {"@path": {"@path": "$.a"}, "_metadata": {"@nope": 1}}},
        {"x": {"@literal": {"a": {"@nope": 1}}}},
        {"x": {"@if": {}}},
        {"x": {"@if": {"blank": 1, "more": 2}}},
        {"x": {"@case": {}}},
        {"x": {"@json": {"mode": "ENCODE", "value": None}}},
        {"x": {"@merge": {"objects": [{}, {"@path": "$.a"}]}}},
        {"x": [{"@nope": 1}, {"@path": 5}, {"@path": "a", "other": 1}]},
        {"x": {"@replace": {"pattern": "😀" * 5, "value": {"@path": "$.a"}}}},
        {"@arrayPath": ["$.a", [{"@nope": 1}]]},
    ],
)
def test_a_mapping_segment_takes_is_taken(fields):
    check_fields(fields)


def test_every_problem_is_told_at_once_in_the_order_of_the_keys():
    fields = {
        "b": {"@path": 1},
        "a": {"c": {"@nope": 1}, "7": {"@liquid": 1}},
        "1": {"@replace": {"value": 2, "global": 3}},
    }

    assert problems(fields) == [
        '/1/@replace should have field "pattern" but it doesn\'t.',
        "/1/@replace/value should be a string or a mapping directive but it is a number.",
        "/1/@replace/global should be a boolean but it is a number.",
        "/b/@path should be a string or a mapping directive but it is a number.",
        "/a/7/@liquid should be a string but it is a number.",
        "/a/c has an invalid directive: @nope.",
    ]


def test_problems_inside_an_operand_are_told_instead_of_its_own():
    fields = {"x": {"@replace": {"other": {"@nope": 1}}}}

    assert problems(fields) == ["/x/@replace/other has an invalid directive: @nope."]


def test_a_root_directive_is_checked_with_the_other_fields_put_into_it():
    fields = {
        "__segment_internal_directive": {"@transform": {"apply": {"q": {"@path": "$.n"}}}},
        "userId": {"@path": 1},
    }

    [problem] = problems(fields)

    assert problem.startswith("/@transform/mapping/userId/@path should be a string or a mapping")


def test_compiling_refuses_what_checking_refuses():
    with pytest.raises(InvalidMapping, match="has an invalid directive: @nope"):
        compile_fields({"x": {"@nope": 1}})


def nested(levels, outermost):
    value = 1
    for _ in range(levels - 1):
        value = {"a": value}
    return outermost(value)


@pytest.mark.parametrize("outermost", [lambda v: {"x": v}, lambda v: [v]], ids=["object", "array"])
def test_a_mapping_may_nest_a_hundred_levels_and_no_more(outermost):
    check_fields(nested(MAX_MAPPING_DEPTH, outermost))

    assert MAX_MAPPING_DEPTH == 100
    assert problems(nested(101, outermost)) == ["/ should not nest deeper than 100 levels."]


def test_a_mapping_a_hundred_thousand_levels_deep_is_refused_and_not_recursed_into():
    assert problems(nested(100_000, lambda v: {"x": v})) == [
        "/ should not nest deeper than 100 levels."
    ]


def test_directives_inside_directives_are_checked_once_each():
    fields = {"@path": 5}
    for _ in range(48):
        fields = {"@if": {"exists": "x", "then": fields}}

    assert problems(fields) == [
        "/"
        + "@if/then/" * 48
        + "@path should be a string or a mapping directive but it is a number."
    ]


def test_an_object_that_stands_in_many_places_counts_each_time():
    fields = {"a": 1}
    for _ in range(40):
        fields = {"a": fields, "b": fields}

    assert problems(fields) == ["/ should not hold more than 100,000 values."]


def test_an_object_that_holds_itself_is_too_deep():
    fields = {}
    fields["a"] = fields

    assert problems(fields) == ["/ should not nest deeper than 100 levels."]


def test_what_is_no_json_is_refused_with_its_place():
    fields = {"a": {1: 2, None: 3}, "b": [{"c": {1, 2}}], "d": {"@path": MISSING}}

    assert problems(fields) == [
        "/a should have text as keys but it has 1.",
        "/a should have text as keys but it has None.",
        "/d/@path should be JSON but it is of the type Missing.",
        "/b/0/c should be JSON but it is of the type set.",
    ]
