"""Recovery: once, late, twice, never, and what nobody sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.recovery import Arrival, Sent, recover, report

NOTHING = {"events": 0, "profiles": 0, "accounts": 0}


def sent(name, index=0, **more):
    return Sent(
        event=index, mapping="Send Events", envelope="events", item={"eventName": name, **more}
    )


def attempt(entry, name, *, stored=True, **more):
    return Arrival(
        entry=entry, at=entry / 10, envelope="events", item={"eventName": name, **more},
        stored=stored,
    )  # fmt: skip


def fortunes(recovery):
    return [(fate.fortune, fate.entries, fate.attempts) for fate in recovery.fates]


def test_the_four_fortunes():
    recovery = recover(
        [sent("a", 0), sent("b", 1), sent("c", 2), sent("d", 3), sent("e", 4)],
        [
            attempt(1, "a"),
            attempt(2, "b", stored=False),
            attempt(3, "c"),
            attempt(4, "c", stored=False),
            attempt(5, "b"),
            attempt(6, "c"),
            attempt(7, "d", stored=False),
        ],
    )

    assert fortunes(recovery) == [
        ("once", (1,), 1),
        ("late", (5,), 2),
        ("twice", (3, 6), 3),
        ("never", (), 1),
        ("never", (), 0),
    ]
    assert recovery.fates[1].waited == pytest.approx(0.3)
    assert recovery.counts == {"once": 1, "late": 1, "twice": 1, "never": 2}
    assert not recovery.is_whole


def test_an_attempt_after_the_one_that_was_stored_makes_nothing_late():
    recovery = recover([sent("a")], [attempt(1, "a"), attempt(2, "a", stored=False)])

    assert fortunes(recovery) == [("once", (1,), 2)]
    assert recovery.is_whole


def test_of_equal_items_as_many_are_expected_as_were_sent():
    three = [sent("a", number) for number in range(3)]

    assert fortunes(recover(three, [attempt(1, "a"), attempt(2, "a")])) == [
        ("once", (1,), 2),
        ("once", (2,), 2),
        ("never", (), 2),
    ]
    assert fortunes(recover(three[:2], [attempt(n, "a") for n in (1, 2, 3)])) == [
        ("twice", (1, 3), 3),
        ("once", (2,), 3),
    ]


def test_the_order_of_keys_and_the_way_a_number_is_written_make_no_other_item():
    recovery = recover(
        [sent("a", timestamp=1, eventProperties={"p": 10})],
        [
            Arrival(
                entry=1, at=0.0, envelope="events", stored=True,
                item={"timestamp": 1.0, "eventProperties": {"p": 1e1}, "eventName": "a"},
            )
        ],
    )  # fmt: skip

    assert recovery.counts["once"] == 1


def test_an_item_of_another_list_is_another_item():
    profile = Arrival(entry=1, at=0.0, envelope="profiles", item={"eventName": "a"}, stored=True)

    assert recover([sent("a")], [profile]).counts["never"] == 1


def test_what_nobody_sent_is_a_stray_if_it_was_stored():
    recovery = recover([], [attempt(1, "x"), attempt(2, "y", stored=False)])

    assert [stray.entry for stray in recovery.strays] == [1]
    assert not recovery.is_whole


def test_people_are_counted_as_the_state_counts_them():
    def profile(entry, **item):
        return Arrival(entry=entry, at=0.0, envelope="profiles", item=item, stored=True)

    recovery = recover(
        [],
        [
            profile(1, userId="u", anonymousId="x"),
            profile(2, userId="u"),
            profile(3, anonymousId="u"),
            profile(4),
            profile(5),
            Arrival(entry=6, at=0.0, envelope="accounts", item={"accountId": "u"}, stored=True),
        ],
    )

    assert recovery.people == {"profiles": 4, "accounts": 1}
    assert recovery.disagreements({"events": 0, "profiles": 4, "accounts": 1}) == []
    assert recovery.disagreements({"events": 1, "profiles": 3, "accounts": 1}) == [
        "The state has 1 events. The stored items amount to 0.",
        "The state has 3 profiles. The stored items amount to 4.",
    ]


def test_the_report_compares_no_totals_where_the_journal_dropped_entries():
    recovery = recover([sent("a")], [attempt(1, "a")])

    whole = report(recovery, {**NOTHING, "events": 1})
    partial = report(recovery, {**NOTHING, "events": 9}, dropped=8)

    assert (whole["agrees"], whole["differences"]) == (True, [])
    assert (partial["agrees"], partial["dropped"]) == (None, 8)
    assert whole["items"] == [
        {
            "event": 0, "mapping": "Send Events", "fortune": "once", "entries": [1],
            "attempts": 1, "waited": 0.0,
        }
    ]  # fmt: skip


NAMES = st.sampled_from("abcd")


@settings(max_examples=60)
@given(st.lists(NAMES, max_size=8), st.lists(st.tuples(NAMES, st.booleans()), max_size=20))
def test_every_item_has_one_fortune_and_every_stored_one_a_place(names, tried):
    attempts = [attempt(n, name, stored=stored) for n, (name, stored) in enumerate(tried, 1)]

    recovery = recover([sent(name, n) for n, name in enumerate(names)], attempts)

    assert sum(recovery.counts.values()) == len(names)
    assert [fate.sent.event for fate in recovery.fates] == list(range(len(names)))
    placed = [entry for fate in recovery.fates for entry in fate.entries]
    placed += [stray.entry for stray in recovery.strays]
    assert sorted(placed) == [a.entry for a in attempts if a.stored]
    for fate in recovery.fates:
        assert (fate.fortune == "never") == (not fate.entries)
        assert (fate.fortune == "twice") == (len(fate.entries) > 1)
