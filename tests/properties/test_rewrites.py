"""Laws of what lint claims: the same is the same, never is never, an example is one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.lint import lint_trigger
from sandbox.reasoning.changing import changed_event, compare
from sandbox.reasoning.satisfiability import is_always, is_never
from sandbox.segment.errors import InvalidTrigger
from sandbox.segment.triggers import parse_trigger
from tests.conformance.generate_triggers import TRIGGERS

# few values and few names, so that clauses often meet
NAMES = ("type", "event", "properties.a", "traits.b", "properties.a.b")
VALUES = ('"a"', '"b"', "1", "2", "true", "null", '"ab"')
OPERATORS = ("=", "!=", "<", ">=", "contains", "starts_with", "not_ends_with")
ACTUAL = st.sampled_from(["a", "b", "ab", "ba", 1, 2, 1.5, 0, True, False, None, "", {"b": 1}])


def clauses():
    return st.tuples(*map(st.sampled_from, (NAMES, OPERATORS, VALUES))).map(" ".join)


def lists(of):
    joins = st.sampled_from((" and ", " or "))
    return st.tuples(joins, st.lists(of, min_size=1, max_size=3)).map(lambda t: t[0].join(t[1]))


def triggers():
    return lists(clauses() | lists(clauses()).map(lambda text: f"({text})"))


def events():
    inner = st.dictionaries(st.sampled_from(["a", "b"]), ACTUAL)
    return st.fixed_dictionaries(
        {}, optional={"type": ACTUAL, "event": ACTUAL, "properties": inner, "traits": inner}
    )


@settings(max_examples=120, deadline=None)
@given(TRIGGERS)
def test_what_lint_calls_the_same_takes_the_same_generated_events(case):
    for finding in lint_trigger(case["text"]):
        if finding.rewrite and finding.rewrite.same:
            first, second = parse_trigger(case["text"]), parse_trigger(finding.rewrite.text)
            for event in case["events"]:
                assert first.matches(event) == second.matches(event)


@settings(max_examples=120, deadline=None)
@given(TRIGGERS)
def test_on_the_example_of_another_rewrite_the_two_differ(case):
    for finding in lint_trigger(case["text"]):
        if finding.rewrite and finding.rewrite.example is not None:
            first, second = parse_trigger(case["text"]), parse_trigger(finding.rewrite.text)
            assert first.matches(finding.rewrite.example) != second.matches(finding.rewrite.example)
            assert not finding.rewrite.same


@settings(max_examples=120, deadline=None)
@given(triggers(), triggers(), st.lists(events(), max_size=5))
def test_triggers_proven_equal_take_the_same_events(first, second, tried):
    one, other = parse_trigger(first), parse_trigger(second)

    is_proven, example = compare(one, other)

    if is_proven:
        assert [one.matches(event) for event in tried] == [other.matches(event) for event in tried]
    if example is not None:
        assert one.matches(example) != other.matches(example)


@settings(max_examples=120, deadline=None)
@given(triggers(), st.lists(events(), max_size=5))
def test_never_and_always_hold_for_every_event(text, tried):
    trigger = parse_trigger(text)

    assert not (is_never(trigger.tree) and any(map(trigger.matches, tried)))
    assert not is_always(trigger.tree) or all(map(trigger.matches, tried))


@settings(max_examples=120, deadline=None)
@given(triggers(), st.lists(events(), min_size=2, max_size=6))
def test_where_any_event_is_taken_one_that_is_not_can_be_changed(text, tried):
    """Law: a change is found wherever one exists; a generated event that is taken shows it does."""
    trigger = parse_trigger(text)
    taken = [trigger.matches(event) for event in tried]

    changed = [changed_event(trigger, event) for event in tried]

    assert not any(taken) or None not in changed


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="typeandor=!<>()\"' .1,*\\&|\n", max_size=30)
    | TRIGGERS.map(lambda c: c["text"])
)
def test_lint_takes_any_text_and_points_into_it(text):
    for finding in lint_trigger(text):
        assert 0 <= finding.start <= finding.end <= len(text)
        if finding.rewrite:
            assert_parses(finding.rewrite.text)


def assert_parses(text):
    try:
        parse_trigger(text)
    except InvalidTrigger as error:
        raise AssertionError(f"a rewrite cannot be read: {text!r}") from error
