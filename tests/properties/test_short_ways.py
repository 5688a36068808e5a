"""Laws of the short ways: what is compiled answers as the exact rules do, or not at all."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import PRESETS, Mapped, Mapping, Skipped, map_event, samples
from sandbox.contract import check_item
from sandbox.contract.demands import demands_of
from sandbox.segment.compiled import plain_text
from sandbox.segment.compiled.fields import straight_resolve
from sandbox.segment.compiled.payload import MAX_TEXT
from sandbox.segment.compiled.plain_text import TIMES_BEFORE, plain_object
from sandbox.segment.compiled.times import unix_seconds
from sandbox.segment.compiled.triggers import take_of
from sandbox.segment.compiled.ways import EVENTS_BEFORE
from sandbox.segment.dates import is_date_like, to_unix
from sandbox.segment.fields import compile_fields
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.javascript import MISSING, SURROGATE
from sandbox.segment.json_text import json_text
from sandbox.strategies import events, mappings
from sandbox.toplyne import TOPLYNE
from tests.conformance import short_ways
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
    short_ways.agreed_outcome(event, mapping, rules)


@RULES
@given(mapping=st.sampled_from(OWN), event=strange_events)
@quick
def test_strange_values_have_the_same_outcome_on_both_ways(rules, mapping, event):
    short_ways.agreed_outcome(event, mapping, rules)


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
        short_ways.agreed_outcome(case["event"], mapping, "documented")


@given(value=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), values, max_size=20))
@quick
def test_plain_text_is_json_text_or_nothing(value):
    text = plain_object(value)

    if text is not None and not SURROGATE.search(text):  # those are left to UTF-8, which refuses
        assert text == json_text(value)


@given(data=st.data(), keys=st.lists(st.sampled_from(KEYS) | st.text("{}'\"\\\n", max_size=3)))
@quick
def test_plain_text_is_the_same_however_often_an_object_of_its_keys_has_come(data, keys):
    before, value = ({key: data.draw(values) for key in keys} for _ in range(2))
    plain_text._times.clear()  # or it could be full, and be cleared in between
    for _ in range(TIMES_BEFORE):
        plain_object(before)

    text = plain_object(value)

    assert text is None or tuple(value) in plain_text._writers or len(value) > plain_text._FEW
    if text is not None and not SURROGATE.search(text):
        assert text == json_text(value)


@given(case=DATES)
@quick
def test_a_compiled_time_is_the_one_that_is_sent_or_none(case):
    value = case["value"]
    seconds = unix_seconds(value)

    if seconds is not None:
        assert seconds == to_unix(value)
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

    assert unix_seconds(text) in {None, to_unix(text)}


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
    assert unix_seconds(text) == to_unix(text)
    assert unix_seconds(text) is not None


@given(event=strange_events)
@quick
def test_fields_resolve_to_the_same_on_both_ways(event):
    for mapping in OWN:
        short_ways.assert_fields_agree(mapping.fields, compile_fields(mapping.fields), event)


@RULES
def test_what_real_clients_send_goes_the_short_way(rules):
    handed_over = [
        (sample.name, mapping.name)
        for sample in samples.recorded()
        for mapping in OWN
        if mapping.parsed_trigger.matches(sample.event.value)
        and mapping.ways.make(short_ways.DEMANDS[rules])(sample.event.value) is None
    ]

    assert handed_over == []


@RULES
@given(event=events())
@quick
def test_realistic_events_go_the_short_way(rules, event):
    for mapping in OWN:
        if mapping.parsed_trigger.matches(event):
            assert mapping.ways.make(short_ways.DEMANDS[rules])(event) is not None


@given(mappings=st.lists(mappings() | st.sampled_from(OWN), max_size=5), event=events())
@quick
def test_mappings_take_the_same_events_together_as_alone(mappings, event):
    take = take_of([mapping.parsed_trigger for mapping in mappings])

    assert take(event) == tuple(mapping.parsed_trigger.matches(event) for mapping in mappings)


@given(data=st.data(), upload=st.sampled_from(TOPLYNE.uploads))
@quick
def test_a_plain_payload_holds_to_the_contract_just_when_its_demands_are_met(data, upload):
    plain = {
        "string": st.text(min_size=1, max_size=3),
        "datetime": st.integers(-8_640_000_000_000, 8_640_000_000_000),
        "object": st.dictionaries(st.text(max_size=3), scalars, max_size=2),
    }
    fields = {field.key: plain[field.type] for field in upload.fields}
    payload = data.draw(st.fixed_dictionaries({}, optional=fields))

    demands = demands_of(upload, rules="documented")

    assert demands is not None
    met = all(any(key in payload for key in group) for group in demands)
    assert met == (not check_item(upload, payload, rules="documented"))


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


def test_what_is_made_on_the_short_way_is_as_frozen_as_any_value():
    alone = short_ways.compiled(OWN[2], "documented")
    taken = {"type": "track", "event": "F", "userId": "u", "timestamp": 0}

    (mapped,) = map_event(taken, alone)
    (skipped,) = map_event({"type": "page"}, alone)

    for value, name in ((mapped, "request"), (mapped.request, "content"), (skipped, "code")):
        with pytest.raises(AttributeError):
            setattr(value, name, "other")


@pytest.mark.parametrize("length", [MAX_TEXT - 1000, MAX_TEXT + 1, MAX_SIZE + 1])
def test_a_very_large_event_has_the_same_outcome_on_both_ways(length):
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}

    short_ways.agreed_outcome({**event, "properties": {"a": "x" * length}}, OWN[2], "observed")


def test_a_very_large_event_resolves_alike_on_both_ways():
    fields = OWN[2].fields
    event = {"event": "x" * (MAX_SIZE // 2), "properties": {"a": ["x" * (MAX_SIZE // 2)]}}

    exact = compile_fields(fields)

    short_ways.assert_fields_agree(fields, exact, event)
    assert straight_resolve(fields, exact) is not exact


@pytest.mark.parametrize("depth", [25, 31, 35, 490, 510])
def test_a_deep_event_has_the_same_outcome_on_both_ways(depth):
    properties = {}
    for _ in range(depth):
        properties = {"a": [properties]}
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}

    short_ways.agreed_outcome({**event, "properties": properties}, OWN[2], "documented")
