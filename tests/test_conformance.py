"""The conformance room's own tools: the wire, the comparison, the shrinking; without Node."""

import math
import random

import pytest

from sandbox.segment.javascript import MISSING
from sandbox.strategies.tape import Tape
from tests.conformance import __main__ as conformance
from tests.conformance import corpus, json_wire
from tests.conformance.canonical import canonical, same
from tests.conformance.generate_values import event
from tests.conformance.json_wire import UNDEFINED, Special
from tests.conformance.kinds import KINDS
from tests.conformance.shrink import shrunk
from tests.conformance.tape import mutated


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(math.inf, "1e400", id="infinity"),
        pytest.param([-math.inf], "[-1e400]", id="minus infinity in a list"),
        pytest.param(-0.0, "-0.0", id="minus zero"),
        pytest.param("\ud83d", '"\\ud83d"', id="lone surrogate"),
        pytest.param(12345678901234567890, "12345678901234567890", id="big integer"),
        pytest.param({"a": UNDEFINED}, '{"a":{"\\u0000js":"undefined"}}', id="undefined"),
        pytest.param(math.nan, '{"\\u0000js":"NaN"}', id="NaN"),
    ],
)
def test_the_wire_carries_what_pythons_json_refuses(value, text):
    assert json_wire.dumps(value) == text


def test_the_wire_reads_marked_values_and_doubles():
    read = json_wire.loads(
        b'[{"\\u0000js":"undefined"},{"\\u0000js":"-0"},{"\\u0000js":"function"},9007199254740993]'
    )

    assert read == [UNDEFINED, 0.0, Special("function"), 9007199254740992.0]
    assert math.copysign(1, read[1]) == -1


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, False, id="order of members"),
        pytest.param(1, True, False, id="one and true"),
        pytest.param(1, 1.0, True, id="one and one"),
        pytest.param(math.nan, math.nan, True, id="NaN"),
        pytest.param(2**53 + 1, float(2**53), True, id="the nearest double"),
        pytest.param(None, UNDEFINED, False, id="null and undefined"),
        pytest.param([1], [1, None], False, id="lengths"),
        pytest.param("1", 1, False, id="text and number"),
    ],
)
def test_values_are_the_same_as_javascript_sees_them(ours, theirs, verdict):
    assert same(ours, theirs) is verdict


def test_our_values_are_put_in_javascripts_order_before_they_are_compared():
    assert list(canonical({"b": MISSING, "2": 1, "1": 2}).items()) == [
        ("1", 2),
        ("2", 1),
        ("b", UNDEFINED),
    ]


def test_a_disagreement_is_shrunk_to_what_makes_it():
    case = {"mapping": {"a": 1, "b": {"c": ["x", "needle in hay"]}}, "event": {"n": 5}}

    smallest = shrunk(case, lambda candidate: "needle" in str(candidate))

    assert smallest == {"mapping": "needle", "event": 0}


def test_the_same_tape_makes_the_same_case_and_an_empty_one_the_plainest():
    content = random.Random(1).randbytes(60)

    assert event(Tape(content)) == event(Tape(content))
    assert Tape(b"").pick(("plain", "odd")) == "plain"
    assert Tape(b"").chance(99) is False


def test_a_mutation_makes_no_name_that_javascript_inherits():
    texts = {mutated(Tape(bytes([0, place, 70, 0])), "$.a", "t") for place in range(256)}

    assert texts == {"t$.a", "$t.a", "$.ta", "$.a"}  # and not $.at


def test_cases_are_kept_a_line_each_and_read_back(tmp_path):
    entries = [({"value": math.inf}, {"unix": None}), ({"value": "\ud83d"}, {"problems": ["no"]})]

    corpus.write(tmp_path / "kept.json", entries)

    assert corpus.read(tmp_path / "kept.json") == entries
    assert len((tmp_path / "kept.json").read_text().splitlines()) == 4


def test_every_percent_of_a_run_is_given_to_a_kind():
    assert sum(kind.share for kind in KINDS) == 100


def test_without_node_the_run_says_so_and_ends_well(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    code = conformance.main(["--cases", "10"])

    assert code == 0
    assert capsys.readouterr().out.startswith("Skipped: node is not on the PATH")
