"""Laws of compiled mappings: what is compiled answers as the plain way does."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sandbox import PRESETS, Mapped, Mapping, Skipped, map_event, samples
from sandbox.compiled import compile_mappings, plain_json
from sandbox.compiled.compiled_mappings import EVENTS_BEFORE
from sandbox.compiled.payload_code import MAX_TEXT, compile_taken
from sandbox.compiled.plain_json import TIMES_BEFORE, Odd, count_wholes, plain_text
from sandbox.segment import pipeline
from sandbox.segment.dates import common_time, is_date_like, to_unix
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import json_text
from sandbox.strategies import events, mappings
from tests.conformance import compiled_agrees
from tests.conformance.generate_dates import DATES
from tests.conformance.generate_deliveries import DELIVERIES
from tests.conformance.generate_values import KEYS, NUMBERS, TEXTS

RULES = pytest.mark.parametrize("rules", ["documented", "observed"])
quick = settings(max_examples=40, deadline=None)
OWN = tuple(replace(preset) for preset in PRESETS)

scalars = st.sampled_from((*NUMBERS, *TEXTS, None, True, False)) | st.floats() | st.integers()
strange = st.sampled_from((MISSING, (), (1, "a"), {5: 1}, {None: 1, "a": 2}, {"__proto__": 1}))
values = st.recursive(
    scalars | strange,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
strange_events = st.builds(
    lambda event, more: {**event, **more},
    events(),
    st.dictionaries(
        st.sampled_from(("userId", "groupId", "event", "timestamp", "traits", "properties")),
        values,
        max_size=3,
    ),
)


@RULES
@given(mapping=mappings() | st.sampled_from(OWN), event=events() | events(odd=True))
@quick
def test_an_event_has_the_same_outcome_on_both_ways(rules, mapping, event):
    compiled_agrees.agreed_outcome(event, mapping, rules)


@RULES
@given(mapping=st.sampled_from(OWN), event=strange_events)
@quick
def test_strange_values_have_the_same_outcome_on_both_ways(rules, mapping, event):
    compiled_agrees.agreed_outcome(event, mapping, rules)


@given(case=DELIVERIES)
@quick
def test_what_is_compared_with_segments_runtime_goes_both_ways(case):
    for subscription in case["settings"]["subscriptions"]:
        try:
            mapping = Mapping(
                "one",
                action=subscription["partnerAction"],
                trigger=subscription["subscribe"],
                fields=subscription["mapping"],
            )
        except ValueError:
            continue
        compiled_agrees.agreed_outcome(case["event"], mapping, "documented")


def text_of(value):
    """Give the text that msgspec writes for an object, None where it is odd."""
    try:
        return plain_text(value, count_wholes(value)).decode()
    except (Odd, UnicodeEncodeError):
        return None


objects = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), values, max_size=20)


@given(value=objects)
@quick
def test_plain_text_is_json_text_or_nothing(value):
    text = text_of(value)

    assert text is None or text == json_text(value)


@given(
    keys=st.lists(st.sampled_from(("a", "b.0", "price")), min_size=1, unique=True),
    prices=st.lists(
        st.sampled_from((0.0, -0.0, 10.0, 1.5, 1e-5, 1e15, 1e16, 2**53, float("nan"), float("inf")))
        | st.floats()
        | st.integers()
        | st.sampled_from(("v1.0,", None, True, "1.0}", [1.0], {"a": 2.0})),
        max_size=20,
    ),
)
@quick
def test_numbers_in_lists_of_like_objects_are_written_as_json_text_writes_them(keys, prices):
    value = {"products": [dict.fromkeys(keys, price) for price in prices], "all": prices}

    text = text_of(value)

    assert text is None or text == json_text(value)


def test_fractions_of_zero_are_mended_unless_a_string_holds_the_same():
    assert text_of({"a": 10.0, "b": [2.0, {"c": 0.0}], "d": 1.5}) == (
        '{"a":10,"b":[2,{"c":0}],"d":1.5}'
    )
    assert text_of({"a": 10.0, "b": "v1.0,"}) is None
    assert text_of({"a": 10.5, "b": "v1.0,"}) == '{"a":10.5,"b":"v1.0,"}'


@given(data=st.data(), keys=st.lists(st.sampled_from(KEYS) | st.text("{}'\"\\\n", max_size=3)))
@quick
def test_plain_text_is_the_same_however_often_an_object_of_its_keys_has_come(data, keys):
    before, value = ({key: data.draw(values) for key in keys} for _ in range(2))
    plain_json._times.clear()  # or it could be full, and be cleared in between
    for _ in range(TIMES_BEFORE):
        text_of(before)

    text = text_of(value)

    assert text is None or text == json_text(value)


@given(case=DATES)
@quick
def test_a_compiled_time_is_the_one_that_is_sent_or_none(case):
    value = case["value"]
    time = common_time(value)

    if time is not None:
        assert time // 1000 == to_unix(value)
        assert not isinstance(value, str) or is_date_like(value)


@given(
    date=st.dates().map(str),
    clock=st.times().map(lambda time: f"{time:%H:%M:%S}"),
    fraction=st.from_regex(r"\A(\.[0-9]{1,11})?\Z"),
    zone=st.from_regex(r"\A(Z|[+-][0-2][0-9]:[0-6][0-9])?\Z"),
)
@quick
def test_an_iso_time_is_the_one_that_is_sent_or_none(date, clock, fraction, zone):
    text = f"{date}T{clock}{fraction}{zone}"

    time = common_time(text)

    assert time is None or time // 1000 == to_unix(text)


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-01T00:00:00Z",
        "2021-02-01T00:00:00.999Z",
        "2021-02-01T00:00:00.123456Z",
        "2021-02-01T00:00:00+00:00",
        "2021-02-01T00:00:00.123456+05:30",
        "1969-12-31T23:59:59.999-00:30",
    ],
)
def test_the_times_clients_write_are_known(text):
    time = common_time(text)

    assert time is not None
    assert time // 1000 == to_unix(text)


HANDED_OVER = object()


def compiled_alone(mapping, rules):
    return compile_taken(mapping, compiled_agrees.CHECKS[rules], lambda _event: HANDED_OVER)


@RULES
def test_what_real_clients_send_is_known_to_the_compiled_functions(rules):
    handed_over = [
        (sample.name, mapping.name)
        for sample in samples.recorded()
        for mapping in OWN
        if mapping.parsed_trigger.matches(sample.event.value)
        and compiled_alone(mapping, rules)(sample.event.value) is HANDED_OVER
    ]

    assert handed_over == []


@RULES
@given(event=events())
@quick
def test_realistic_events_are_known_to_the_compiled_functions(rules, event):
    assume(text_of({"event": event}) is not None)  # very small numbers are not
    for mapping in OWN:
        if mapping.parsed_trigger.matches(event):
            assert compiled_alone(mapping, rules)(event) is not HANDED_OVER


@given(mappings=st.lists(mappings() | st.sampled_from(OWN), max_size=5), event=events())
@quick
def test_mappings_make_the_same_of_an_event_together_as_alone(mappings, event):
    together = compile_mappings(mappings, events_before=0)(event)

    assert together == [compile_mappings([m], events_before=0)(event)[0] for m in mappings]


@pytest.mark.parametrize("kind", ["track", "page", "identify"])
def test_mappings_of_the_same_fields_make_each_its_own_outcome(kind):
    triggers = ('type = "track"', 'type = "page"', 'type != "identify"', 'event = "E"')
    mappings = [Mapping(text, action="sendEvents", trigger=text) for text in triggers]
    mappings += [replace(mappings[0], name="off", enabled=False)]
    mappings += [replace(mappings[2], name="renamed", fields={"eventName": {"@path": "$.type"}})]
    together = compile_mappings(mappings, events_before=0)

    for value in ("E", "", "F"):
        event = {"type": kind, "event": value, "timestamp": 0, "userId": "u"}
        assert together(event) == pipeline.map_event(event, mappings)


def test_a_mapping_answers_alike_before_and_after_it_is_compiled():
    mapping = Mapping("One", action="sendEvents", trigger='type = "track" and event != "E"')
    taken = {"type": "track", "event": "F", "userId": "u", "timestamp": 0, "properties": {"a": 1}}
    skipped = {**taken, "event": "E"}

    outcomes = [
        map_event(event, [mapping])[0]
        for _ in range(2 * EVENTS_BEFORE + 3)
        for event in (taken, skipped)
    ]

    first, other, *_, last_mapped, last_skipped = outcomes
    assert isinstance(first, Mapped)
    assert isinstance(other, Skipped)
    assert last_mapped == first
    assert last_skipped == other
    assert last_skipped.event is skipped
    assert last_skipped.reason == other.reason
    assert repr(last_mapped) == repr(first)
    assert hash(last_mapped.request) == hash(first.request)


def test_what_is_compiled_makes_values_as_frozen_as_any_value():
    map_alone = compiled_agrees.compiled(OWN[2], "documented")

    (mapped,) = map_alone({"type": "track", "event": "F", "userId": "u", "timestamp": 0})
    (skipped,) = map_alone({"type": "page"})

    for value, name in ((mapped, "request"), (mapped.request, "content"), (skipped, "code")):
        with pytest.raises(AttributeError):
            setattr(value, name, "other")


@pytest.mark.parametrize("length", [MAX_TEXT - 1000, MAX_TEXT + 1, MAX_SIZE + 1])
def test_a_very_large_event_has_the_same_outcome_on_both_ways(length):
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}

    compiled_agrees.agreed_outcome({**event, "properties": {"a": "x" * length}}, OWN[2], "observed")


@pytest.mark.parametrize("depth", [25, 31, 35, 490, 510])
def test_a_deep_event_has_the_same_outcome_on_both_ways(depth):
    properties = {}
    for _ in range(depth):
        properties = {"a": [properties]}
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}

    compiled_agrees.agreed_outcome({**event, "properties": properties}, OWN[2], "documented")
