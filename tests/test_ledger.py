"""The ledger: what is written down, changed, found, forgotten and counted."""

import pytest

from mock_server.segment.ledger import Ledger
from mock_server.segment.record import Attempt, DeliveryRecord, Record
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.store.database import Limits, Span
from sandbox.segment.json_text import packed
from sandbox.segment.pipeline import Request

EVERYTHING = Span()
REQUEST = Request(method="POST", path="/upload/events", content=b"{}")


def record(**members):
    known = {
        "number": 0,
        "tenant": 1,
        "at": 0.0,
        "source": "app",
        "message": b"{}",
        "outcome": "queued",
        "waiting": 1,
    }
    return Record(**{**known, **members})


def part(outcome, code="", *, mapping="Send Events", destination="T", attempts=()):
    return DeliveryRecord(
        destination=destination, mapping=mapping, outcome=outcome, code=code, request=REQUEST,
        attempts=attempts,
    )  # fmt: skip


def seen(*parts):
    return dict(enumerate(parts))


@pytest.fixture
def ledger():
    return Ledger(Limits(entries=3, body_bytes=1000), SegmentChoices(), None)


def outcomes(ledger, view=(1,), wanted=None):
    return [r.outcome for r in ledger.records(view, EVERYTHING, wanted or {})]


def test_numbers_go_on_over_tenants_and_resets(ledger):
    assert ledger.append([record(), record(tenant=2)]) == [1, 2]

    ledger.reset((1,), bool)

    assert ledger.append([record()]) == [3]
    assert ledger.record((1,), 1) is None
    assert ledger.record((1,), 2) is None
    assert ledger.record((1, 2), 2).tenant == 2


def test_a_message_is_queued_until_every_destination_has_seen_it(ledger):
    ledger.append([record(waiting=2)])

    ledger.write(1, 1, seen(part("delivered", "202")))
    assert outcomes(ledger) == ["queued"]
    ledger.write(1, 1, seen(part("unmapped", "NO_MATCHING_MAPPING", destination="U")))

    found = ledger.record((1,), 1)
    assert (found.outcome, found.code) == ("delivered", "202")


@pytest.mark.parametrize(
    ("parts", "decided"),
    [
        (["delivered", "retrying", "failed"], "retrying"),
        (["delivered", "failed", "rejected"], "failed"),
        (["delivered", "rejected"], "rejected"),
        (["filtered", "delivered"], "delivered"),
        (["unmapped", "filtered"], "filtered"),
        (["disabled", "unmapped"], "unmapped"),
    ],
)
def test_the_part_that_matters_most_decides(ledger, parts, decided):
    ledger.append([record()])

    ledger.write(1, 1, seen(*(part(o, o, mapping=f"m{n}") for n, o in enumerate(parts))))

    assert outcomes(ledger) == [decided]


def test_a_retry_that_arrives_changes_its_part_alone(ledger):
    ledger.append([record()])
    ledger.write(1, 1, seen(part("retrying", "RETRY"), part("delivered", "202", mapping="Other")))

    ledger.write(1, 1, {0: part("delivered", "202")})

    found = ledger.record((1,), 1)
    assert found.outcome == "delivered"
    assert [p.mapping for p in found.parts] == ["Send Events", "Other"]
    assert ledger.counts((1,)) == {"delivered": 1}
    assert ledger.lost_and_latest() == (0, [])


def test_a_drop_is_counted_once_and_stays_counted_after_a_reset(ledger):
    ledger.append([record(outcome="dropped", code="event_not_defined"), record()])
    ledger.write(1, 2, seen(part("failed", "400"), part("retrying", "RETRY", mapping="Other")))
    ledger.write(1, 2, {0: part("failed", "503", mapping="Other")})

    assert ledger.lost_and_latest()[0] == 2
    ledger.reset((1,), bool)
    lost, latest = ledger.lost_and_latest()
    assert (lost, [r.number for r in latest]) == (2, [1, 2])
    assert ledger.counts((1,)) == {}


def test_the_oldest_are_forgotten_and_counted(ledger):
    ledger.append([record(outcome="duplicate") for _ in range(5)])
    ledger.append([record(tenant=2)])

    assert [r.number for r in ledger.records((1,), EVERYTHING, {})] == [3, 4, 5]
    assert (ledger.forgotten((1,)), ledger.forgotten((2,))) == (2, 0)
    assert ledger.counts((1,)) == {"duplicate": 5}
    ledger.write(1, 1, seen(part("delivered", "202")))  # it is forgotten: nothing happens
    assert ledger.counts((1,)) == {"duplicate": 5}


def test_the_answers_of_destinations_count_as_bytes_of_a_message(ledger):
    answer = Attempt(at=0.0, code="400", status=400, error="", entry=None, text="x" * 600)
    ledger.append([record(), record()])
    for number in (1, 2):
        ledger.write(1, number, seen(part("failed", "400", attempts=(answer,))))

    ledger.append([record()])

    assert [each.number for each in ledger.records((1,))] == [2, 3]


def test_what_is_still_open_is_not_forgotten_and_in_nobodys_way(ledger):
    ledger.append([record(), record(), record(outcome="duplicate"), record(outcome="duplicate")])
    ledger.append([record(), record()])

    assert [r.number for r in ledger.records((1,), EVERYTHING, {})] == [1, 2, 5, 6]
    assert not ledger.write(1, 1, seen(part("delivered", "202")))
    ledger.append([record(outcome="duplicate")])
    assert [r.number for r in ledger.records((1,), EVERYTHING, {})] == [2, 5, 6]
    assert ledger.counts((1,)) == {"queued": 3, "delivered": 1, "duplicate": 3}


def test_they_are_forgotten_where_they_are_too_large_together(ledger):
    large = record(message=b"x" * 600, outcome="duplicate")
    ledger.append([large, large])

    assert [r.number for r in ledger.records((1,), EVERYTHING, {})] == [2]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"outcome": "delivered"}, [2]),
        ({"code": "event_not_defined"}, [1]),
        ({"code": "202"}, [2]),
        ({"type": "page"}, [3]),
        ({"event": "E"}, [2]),
        ({"source": "web"}, [3]),
        ({"message_id": "m2"}, [2]),
        ({"drop": True}, [1]),
        ({"drop": False}, [2, 3]),
        ({"drop": True, "type": "page"}, []),
    ],
)
def test_filters(ledger, wanted, numbers):
    ledger.append(
        [
            record(outcome="dropped", code="event_not_defined", type="track"),
            record(type="track", event="E", message_id="m2"),
            record(type="page", source="web"),
        ]
    )
    ledger.write(1, 2, seen(part("delivered", "202")))

    found = ledger.records((1,), EVERYTHING, wanted)

    assert [r.number for r in found] == numbers
    assert ledger.matching((1,), wanted) == len(numbers)


@pytest.mark.parametrize(
    ("page", "numbers"),
    [
        (Span(limit=2), [1, 2]),
        (Span(limit=2, offset=2), [3]),
        (Span(descending=True), [3, 2, 1]),
        (Span(after=1), [2, 3]),
        (Span(limit=1, descending=True, after=1), [3]),
    ],
)
def test_pages(ledger, page, numbers):
    ledger.append([record() for _ in range(3)])

    assert [r.number for r in ledger.records((1,), page, {})] == numbers


def test_a_record_as_json():
    attempts = (
        Attempt(at=0, code="ECONNRESET", status=None, error="gone", entry=None, text=""),
        Attempt(at=1, code="202", status=202, error="", entry=17, text="{}"),
    )
    shown = record(
        number=4,
        type="track",
        event="E",
        message_id="m",
        message=b'{"event":"E"}',
        remarks=("odd",),
        outcome="delivered",
        code="202",
        parts=(part("delivered", "202", attempts=attempts),),
    ).to_json("me")

    assert shown == {
        "number": 4,
        "at": "1970-01-01T00:00:00.000Z",
        "tenant": "me",
        "source": "app",
        "messageId": "m",
        "type": "track",
        "event": "E",
        "outcome": "delivered",
        "code": "202",
        "reason": None,
        "drop": False,
        "batchCode": None,
        "remarks": ["odd"],
        "message": {"event": "E"},
        "deliveries": [
            {
                "destination": "T",
                "mapping": "Send Events",
                "action": None,
                "outcome": "delivered",
                "code": "202",
                "reason": None,
                "problems": [],
                "request": {"method": "POST", "path": "/upload/events", "json": {}},
                "suspicions": [],
                "attempts": [
                    {
                        "at": "1970-01-01T00:00:00.000Z",
                        "code": "ECONNRESET",
                        "status": None,
                        "error": "gone",
                        "entry": None,
                        "answer": "",
                    },
                    {
                        "at": "1970-01-01T00:00:01.000Z",
                        "code": "202",
                        "status": 202,
                        "error": None,
                        "entry": 17,
                        "answer": "{}",
                    },
                ],
                "entry": 17,
            }
        ],
    }


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ({"a": [1, 2.5, None, "é"]}, b'{"a":[1,2.5,null,"\\u00e9"]}'),
        ({"a": float("inf")}, b'{"a":null}'),
        ("\ud800", b'"\\ud800"'),
        (None, b"null"),
    ],
)
def test_messages_are_kept_as_json(message, kept):
    assert packed(message) == kept
