"""Paths: how a text is split, and what the pieces find."""

import pytest

from sandbox.segment.errors import NotSimulated
from sandbox.segment.fields import compile_fields, resolve
from sandbox.segment.fields.paths import path_names, without_root
from sandbox.segment.inherited import PathLookup
from sandbox.segment.javascript import MISSING, JavaScriptFunction


def get(data, path):
    return PathLookup(path_names(path), lambda _: None).at(data)


DATA = {
    "n": 5,
    "z": 0,
    "e": "",
    "f": False,
    "t": True,
    "nul": None,
    "s": "a😀",
    "arr": [1, None, {"id": "x"}],
    "o": {"a.b": 1, "a": {"b": 2}, "[b]": 3, "length": 9},
    "a[b]": {"c": 4},
    "it's": 6,
    "its": 7,
    " userId": 8,
    "$": 10,
    "$x": 11,
    "": {"": 12},
}


@pytest.mark.parametrize(
    ("path", "pieces"),
    [
        ("a.b", ("a", "b")),
        ("a..b", ("a", "b")),
        (".a.b", ("a", "b")),
        ('a["b"]', ("a", "b")),
        ("a['b']", ("a", "b")),
        ("a[0].b", ("a", "0", "b")),
        ("a.[0].b", ("a", "0", "b")),
        ("a[0]b", ("a", "0", "b")),
        ("a[b].c", ("a[b]", "c")),
        ("a['b.c']", ("a", "b", "c")),
        ("a[0][b]", ("a", "0", "[b]")),
        ("a[ 0]", ("a[ 0",)),
        ("a]]", ("a]]",)),
        ("a1]]b", ("a1", "b")),
        ("it's", ("its",)),
        ("a['']", ("a", "")),
        ("a[٠]", ("a[٠]",)),
        ("..", ()),
        (".", ()),
        ("", ()),
    ],
)
def test_a_path_is_split_at_dots_and_at_brackets_next_to_quotes_and_digits(path, pieces):
    assert path_names(path) == pieces


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.n", 5),
        ("n", 5),
        ("$.z.b", 0),
        ("$.e.b", ""),
        ("$.f.b", False),
        ("$.nul.b", None),
        ("$.missing", MISSING),
        ("$.missing.b", MISSING),
        ("$.t.b", MISSING),
        ("$.n.b", MISSING),
        ("$.arr[2].id", "x"),
        ("$.arr.1", None),
        ("$.arr[3]", MISSING),
        ("$.arr[-1]", MISSING),
        ("$.arr[00]", MISSING),
        ("$.arr.length", 3),
        ("$.s.length", 3),
        ("$.s[0]", "a"),
        ("$.s[1]", "\ud83d"),
        ("$.s[3]", MISSING),
        ("$.o['a.b']", 2),
        ("$.o.[b]", 3),
        ("$.o.length", 9),
        ("$.n.length", MISSING),
        ("a[b].c", 4),
        ("$.it's", 7),
        ("$. userId", 8),
        ("$. n", MISSING),
        ("$", 10),
        ("$$.x", 11),
        ("n$.", 5),
        ("['']['']", 12),
    ],
)
def test_a_path_finds_what_the_runtime_finds(path, value):
    assert get(DATA, without_root(path)) is value or get(DATA, without_root(path)) == value


@pytest.mark.parametrize("path", ["$.", ".", "", ".."])
def test_a_path_without_pieces_is_the_whole_data(path):
    assert get(DATA, without_root(path)) is DATA


def test_only_the_first_root_is_taken_off_a_path_wherever_it_stands():
    assert without_root("a.$.b.$.c") == "a.b.$.c"


def test_inherited_names_are_functions_unless_the_data_has_them():
    assert get({}, "constructor") == JavaScriptFunction("Object")
    assert get([], "map") == JavaScriptFunction("map")
    assert get({}, "map") is MISSING
    assert get("a", "trimLeft") == JavaScriptFunction("trimStart")
    assert get(5, "toFixed.constructor.name") == "Function"
    assert get(True, "__proto__.x") is MISSING
    assert get("a", "__proto__.length") == 0
    assert get("a", "__proto__.trim") == JavaScriptFunction("trim")
    assert get(5, "__proto__.toFixed") == JavaScriptFunction("toFixed")
    assert get("a", "__proto__.__proto__.trim") is MISSING
    assert get({"constructor": 1}, "constructor") == 1


@pytest.mark.parametrize("value", ["Acme", 5, True])
@pytest.mark.parametrize("fields", [{"@path": "$.v.__proto__"}, {"@template": "{{v.__proto__}}"}])
def test_what_scalars_inherit_from_is_not_simulated_as_its_json_is_a_scalar(fields, value):
    with pytest.raises(NotSimulated, match=r"^`v\.__proto__`: the sandbox does not simulate the"):
        resolve({"a": fields}, {"v": value})


@pytest.mark.parametrize(("value", "inherited"), [([1], []), ({"a": 1}, {})])
def test_lists_and_objects_inherit_from_empty_ones(value, inherited):
    assert resolve({"a": {"@path": "$.v.__proto__"}}, {"v": value}) == {"a": inherited}


@pytest.mark.parametrize(
    ("value", "chain"),
    [
        ({"a": 1}, [{}, None, None]),
        ([1], [[], {}, None]),
        ({"__proto__": {"__proto__": 1}}, [{"__proto__": 1}, 1]),
    ],
)
def test_what_a_value_inherits_from_inherits_from_objects_which_inherit_from_null(value, chain):
    paths = [".".join(["__proto__"] * length) for length in range(1, len(chain) + 1)]

    assert [get(value, path) for path in paths] == chain


@pytest.mark.parametrize("value", ["a", 5, True])
def test_what_scalars_inherit_from_inherits_from_objects(value):
    assert get(value, "__proto__.__proto__") == {}
    assert get(value, "__proto__.__proto__.__proto__") is None


def test_functions_inherit_from_a_function_without_a_name():
    assert get("a", "link.__proto__") == JavaScriptFunction("")
    assert get("a", "link.__proto__.__proto__") == {}
    assert get("a", "link.__proto__.__proto__.__proto__") is None


def test_what_an_event_got_of_what_objects_inherit_is_its_own():
    get({}, "__proto__")["a"] = 1
    get([], "__proto__").append(1)

    assert get({}, "__proto__") == {}
    assert get([], "__proto__") == []


def test_a_function_is_no_part_of_a_result_and_null_in_a_list():
    link = {"@path": "$.s.link"}
    event = {"s": "Acme"}

    assert resolve({"a": link, "b": [link], "c": {"d": link}}, event) == {"b": [None], "c": {}}
    assert resolve(link, event) is MISSING
    assert resolve({"a": {"@template": "{{s.link}}"}}, event) == {
        "a": "function link() { [native code] }"
    }


def test_a_path_of_ten_thousand_pieces_is_followed_without_recursion():
    resolve = compile_fields({"x": {"@path": "$." + ".".join(["a"] * 10_000)}})

    assert resolve({"a": {"a": 0}}) == {"x": 0}
    assert resolve({"a": {"a": 1}}) == {}


@pytest.mark.parametrize("unit", ["]", "['", "[0]", ".", "$."])
def test_a_path_of_a_million_separators_is_split_in_linear_time(unit):
    assert len(path_names("a" + unit * (1_000_000 // len(unit)))) <= 500_001
