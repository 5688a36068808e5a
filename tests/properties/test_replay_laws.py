"""Laws of a replay: how its work is split and who does it changes no number and no example."""

import gzip
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import PRESETS, Mapping, map_event
from sandbox.compiled import compile_mappings
from sandbox.replay import replay
from sandbox.replay.groups import looked_at
from sandbox.segment.pipeline import Mapped
from sandbox.strategies import events, mappings
from sandbox.suspicions import suspicious

NEW = (
    Mapping("Orders", action="sendEvents", trigger="properties.total > 50"),
    Mapping("People", action="sendUserProfiles", trigger='type = "identify"'),
    Mapping("All", action="sendEvents", trigger='type = "track"'),
    Mapping("All", action="sendEvents", trigger='event = "B"'),
)
OLD = (
    Mapping("Orders", action="sendEvents", trigger="properties.total > 20"),
    Mapping(
        "All",
        action="sendEvents",
        trigger='type = "track"',
        fields={
            "userId": {"@path": "$.userId"},
            "eventName": {"@path": "$.event"},
            "timestamp": {"@path": "$.timestamp"},
            "eventProperties": {"sum": {"@path": "$.properties.total"}},
        },
    ),
    Mapping("Gone", action="sendEvents", trigger='event = "A"'),
)

tracked = st.builds(
    lambda event, total, user, day: {
        "type": "track",
        "event": event,
        "userId": user,
        "timestamp": f"2026-03-0{day}T00:00:00.000Z",
        "properties": {"total": total},
    },
    st.sampled_from(["A", "B", ""]),
    st.integers(0, 99),
    st.sampled_from(["u1", "u2", "", "null"]),
    st.integers(1, 9),
)
lines = st.one_of(
    tracked.map(lambda event: json.dumps(event).encode()),
    events().map(lambda event: json.dumps(event).encode()),
    st.sampled_from([b"", b"{", b"[1]", b'{"type":NaN}', b'{"a":"\xff"}', b"   "]),
)
contents = st.lists(lines, min_size=2, max_size=30).map(
    lambda each: b'{"type":"page"}\n' * 2 + b"\n".join(each)
)


def told(sources, out, **options):
    report = replay(sources, workspace=NEW, against=OLD, out=out, requests=True, **options)
    rows = {
        name: gzip.decompress((Path(out) / f"{name}.ndjson.gz").read_bytes())
        for name in ("differences", "rejected", "requests")
    }
    return report.to_json(), rows


@settings(deadline=None, max_examples=max(8, settings.default.max_examples // 4))
@given(
    files=st.lists(contents, min_size=1, max_size=4),
    parts=st.integers(1, 60),
    order=st.randoms(use_true_random=False),
)
def test_any_split_and_any_order_gives_equal_numbers_examples_and_rows(files, parts, order):
    part_bytes = max(1, sum(map(len, files)) // parts)  # often less than a line
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, content in enumerate(files):
            path = Path(folder) / f"{number}.ndjson"
            path.write_bytes(gzip.compress(content) if number % 2 else content)
            paths.append(str(path))

        whole, rows = told(paths, f"{folder}/one")
        split, split_rows = told(paths, f"{folder}/two", part_bytes=part_bytes)
        order.shuffle(paths)
        shuffled, shuffled_rows = told(paths, f"{folder}/three", part_bytes=part_bytes)

    assert split == whole
    assert split_rows == rows
    assert shuffled == whole
    assert {k: sorted(v.splitlines()) for k, v in shuffled_rows.items()} == {
        k: sorted(v.splitlines()) for k, v in rows.items()
    }


@settings(deadline=None)
@given(st.lists(events(), min_size=1, max_size=20))
def test_old_against_old_is_zero_and_counts_are_those_of_the_mapper(found):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(found))
        report = replay(path, workspace=NEW, against=NEW).to_json()

    mapped = sum(isinstance(o, Mapped) for event in found for o in map_event(event, NEW))
    against = {"same": mapped, "appeared": 0, "vanished": 0, "changed": 0, "fields": {}}
    assert report["against"] == against
    assert sum(each["mapped"] for each in report["mappings"]) == mapped


PAIRS = [(0, 0), (1, None), (2, 1), (3, None), (None, 2)]
"""Which of NEW stands for which of OLD: Orders, People, All, the second All, Gone."""


def content(outcomes, index):
    outcome = outcomes[index] if index is not None else None
    return json.loads(outcome.request.content) if isinstance(outcome, Mapped) else None


@settings(deadline=None)
@given(st.lists(tracked, min_size=1, max_size=60))
def test_calls_compare_as_the_mapper_makes_them_one_by_one(found):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(found))
        report = replay(path, workspace=NEW, against=OLD).to_json()

    counts = dict.fromkeys(("same", "appeared", "vanished", "changed"), 0)
    for event in found:
        new, old = map_event(event, NEW), map_event(event, OLD)
        for one, other in PAIRS:
            after, before = content(new, one), content(old, other)
            if after is None and before is None:
                continue
            differs = "appeared" if before is None else "vanished" if after is None else "changed"
            counts["same" if after == before else differs] += 1
    assert {key: report["against"][key] for key in counts} == counts


@settings(deadline=None)
@given(events() | tracked)
def test_whom_a_call_is_about_is_the_same_by_its_payload_as_by_its_bytes(event):
    for plain, quick in zip(
        map_event(event, PRESETS),
        compile_mappings(PRESETS, events_before=0, with_payload=True)(event),
        strict=True,
    ):
        if isinstance(plain, Mapped) and isinstance(quick, Mapped):
            assert looked_at(quick.request)[:2] == looked_at(plain.request)[:2]


@settings(deadline=None)
@given(events(), st.lists(mappings(), max_size=1))
def test_nothing_is_suspicious_that_a_replay_does_not_look_at_closely(event, more):
    chosen = (*PRESETS, *more)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps([event]))
        report = replay(path, workspace=chosen, rules="observed").to_json()

    outcomes = map_event(event, chosen, "observed")
    expected = sum(
        len({each.code for each in suspicious(outcome.request, event, outcome.mapping)})
        for outcome in outcomes
        if isinstance(outcome, Mapped)
    )
    found = sum(each["count"] for each in report["suspicious"] if each["code"] != "sent-twice")
    assert found == expected
