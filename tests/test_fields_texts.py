"""Texts: what @template, @case and @replace make of an event."""

import pytest

from sandbox.segment.fields import compile_fields
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
    "kelvin": "kKsſSéÉ",
    "smile": "a😀b",
    "arr": [1, 2, {"a": 1}],
    "nested": [[1, 2], [3]],
    "o": {"b": {"c": 1, "d": None}, "a": [1, {"x": None}], "k": None},
}


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


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


@pytest.mark.parametrize(("text", "expected"), TEMPLATES)
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
            "@case": CASE,
            "@replace": REPLACE,
        }.items()
        for operand, expected in cases
    ],
)
def test_a_text_is_changed(directive, operand, expected):
    assert value_of({directive: operand}) == expected
