"""Surroundings: mappings that say nothing else live by the clock of this machine."""

import time

from sandbox import Mapping, map_event, resolve
from sandbox.surroundings import OUTSIDE

FIELDS = {"at": {"@liquid": "{{ 'now' | date: '%s' }}"}}
EVENT = {"type": "track", "event": "E", "userId": "u", "timestamp": "2021-02-01"}


def test_now_is_the_time_of_this_machine():
    before = time.time()

    now = float(resolve(FIELDS, {})["at"])

    assert before - 1 <= now <= time.time() + 1


def test_a_clock_that_tests_replace_is_the_one_a_template_sees(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1612137600.0)

    assert resolve(FIELDS, {}) == {"at": "1612137600"}


def test_a_mapping_keeps_its_clock_however_many_events_it_takes():
    name = {"@liquid": "{{ 'now' | date: '%Y %H', 'America/New_York' }}"}
    fields = {"userId": "u", "eventName": name, "timestamp": {"@path": "$.timestamp"}}
    mapping = Mapping("Now", action="sendEvents", trigger='type = "track"', fields=fields)

    sent = {
        map_event(EVENT, [mapping])[0].request.json["events"][0]["eventName"] for _ in range(60)
    }

    assert len(sent) <= 2  # the hour may strike
    assert all(len(name) == len("2021 10") for name in sent)


def test_the_surroundings_of_a_mapping_are_not_part_of_what_it_is():
    mapping, other = (
        Mapping("A", action="sendEvents", trigger='type = "track"', outside=outside)
        for outside in (OUTSIDE, type(OUTSIDE)())
    )

    assert mapping == other
