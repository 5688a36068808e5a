"""Laws of triggers that hold for any text and any event."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.segment.triggers import InvalidTrigger, parse_trigger

NAMES = ("type", "event", "name", "userId", "properties.a", "traits.a.b", "context.x\\[0\\]", "foo")
OPERATORS = (" = ", " != ", " < ", " >= ", "=", ">=", " contains ", " \\. ", " !", " ")
VALUES = ('"a"', "'a'", "5", "-", "true", "null", "a", "an", '"😀*"', '"a"x', '\\*\\"', "(", '"')
CALLS = ('contains(event, "a")', '!match(name, "a*")', "match(properties.a, b", "contains(")
JOINS = (" and ", " or ", " AND ", " or(", ") or ", " (", "(", ") ", " ", "\r\n", ", ")
VALUES_OF_EVENTS = st.sampled_from(
    ["a", "b", "5", "😀x", "", 5, 0, True, None, [], ["a"], {"b": 0}]
)


def conditions():
    """Texts of one condition, most of them as people write them."""
    parts = st.tuples(*map(st.sampled_from, (NAMES, OPERATORS, VALUES)))
    return parts.map("".join) | st.sampled_from(CALLS)


def triggers():
    """Texts of triggers: about half of them Segment can parse."""
    return st.lists(conditions() | st.sampled_from(JOINS), max_size=9).map("".join)


def events():
    """Events with a few of the fields triggers look at."""
    container = st.dictionaries(st.sampled_from(["a", "b", "x"]), VALUES_OF_EVENTS)
    return st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("type", "event", "name", "userId"), VALUES_OF_EVENTS)
        | dict.fromkeys(("properties", "traits", "context"), container | VALUES_OF_EVENTS),
    )


def parsed(text):
    try:
        return parse_trigger(text)
    except InvalidTrigger as refused:
        return refused


@given(st.text() | triggers())
def test_every_text_is_a_trigger_or_refused_at_a_place_in_it(text):
    trigger = parsed(text)

    if isinstance(trigger, InvalidTrigger):
        assert 0 <= trigger.position <= len(text)
        assert trigger.reason.endswith(".")
        assert trigger.segment_message


@settings(max_examples=300)
@given(triggers())
def test_what_segment_takes_is_taken_again(text):
    trigger = parsed(text)

    if not isinstance(trigger, InvalidTrigger):
        again = parse_trigger(trigger.as_taken)
        assert again.tree == trigger.tree
        assert again.as_taken == trigger.as_taken


@settings(max_examples=300)
@given(triggers(), events() | VALUES_OF_EVENTS)
def test_there_is_a_reason_where_and_only_where_an_event_is_not_taken(text, event):
    trigger = parsed(text)

    if not isinstance(trigger, InvalidTrigger):
        assert (trigger.reason(event) == "") is trigger.matches(event)


@settings(max_examples=300)
@given(triggers())
def test_nodes_and_ignored_tokens_stand_in_the_text_in_order(text):
    trigger = parsed(text)

    if not isinstance(trigger, InvalidTrigger):
        starts = [child.start for child in trigger.tree.children]
        ends = [child.end for child in trigger.tree.children]
        assert starts == sorted(starts)
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
        assert [each.start for each in trigger.ignored] == sorted(e.start for e in trigger.ignored)
        assert ends[-1] <= len(text)
