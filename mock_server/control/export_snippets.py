"""Copies: an event with its mappings in forms that are used elsewhere; none holds a key."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.delivery import wire_headers
from sandbox.destination import Mapping, map_event
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Mapped, Outcome, Rejected
from sandbox.toplyne import TOPLYNE

_KEY: Final = "key"
"""Stands where a case has its destination's API key."""
_ADDED: Final = frozenset({"Accept", "Accept-Encoding"})
"""Headers every client adds by itself; a case leaves them out."""

_TEST: Final = '''\
"""What Segment's mappings make of an event for {destination}."""

from sandbox import Mapped, Mapping, map_event

{event}
{mappings}
{requests}


def test_the_event_becomes_these_requests():
    outcomes = map_event(EVENT, [Mapping(**each) for each in MAPPINGS], rules="{rules}")

    made = [(o.request.path, o.request.json) for o in outcomes if isinstance(o, Mapped)]
    assert made == REQUESTS
'''


_TESTS: Final = '''\
"""What Segment's mappings make of events for {destination}."""

import pytest

from sandbox import Mapped, Mapping, map_event

{mappings}
{cases}


@pytest.mark.parametrize(("mappings", "event", "requests"), CASES)
def test_an_event_becomes_these_requests(mappings, event, requests):
    outcomes = map_event(event, [Mapping(**each) for each in MAPPINGS[mappings]], rules="{rules}")

    assert [(o.request.path, o.request.json) for o in outcomes if isinstance(o, Mapped)] == requests
'''


def mappings_test(told: Iterable[tuple[Json, list[Mapping]]], rules: Rules) -> str:
    """Return a test module of many events, each with the mappings it is for."""
    from sandbox.check.reproducing import literal  # noqa: PLC0415 - slow to load

    known, cases = list[list[Mapping]](), list[Json]()
    for event, mappings in told:
        if mappings not in known:
            known.append(mappings)
        cases.append((known.index(mappings), event, requests_of(map_event(event, mappings, rules))))
    return _TESTS.format(
        destination=TOPLYNE.name,
        mappings=literal("MAPPINGS", [[written(m) for m in each] for each in known]),
        cases=literal("CASES", cases),
        rules=rules,
    )


def requests_of(outcomes: Iterable[Outcome]) -> list[Json]:
    """Return path and JSON of each request that was made."""
    return [(o.request.path, o.request.json) for o in outcomes if isinstance(o, Mapped)]


def message_curl(message: Json) -> str:
    """Return a curl command that sends a message to the Tracking API of this server."""
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - slow to load

    json_header = [("Content-Type", "application/json")]
    body = json.dumps({"batch": [message]})
    line = curl_line("POST", "/batch", json_header, body, authorization=None)
    return f'{line} -u "$SEGMENT_WRITE_KEY:"'


def copies(event: Json, mappings: Sequence[Mapping], rules: Rules) -> dict[str, Json]:
    """Return the copies by what they are: `curl`, `pytest`, and `case`, a file of fixtures/cases.

    A copy is None where there is nothing to copy: no request for curl, or a number beyond what
    JSON can hold in the event.
    """
    outcomes = map_event(event, mappings, rules)
    try:
        json.dumps((event, [mapping.fields for mapping in mappings]), allow_nan=False)
    except ValueError:
        return {"curl": curl_lines(outcomes), "pytest": None, "case": None}
    return {
        "curl": curl_lines(outcomes),
        "pytest": test_module(event, mappings, outcomes, rules),
        "case": case_file(event, mappings),
    }


def curl_lines(outcomes: Iterable[Outcome]) -> str | None:
    """Return a curl command for each request that was made, None where none was."""
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - slow to load

    headers = [("Content-Type", "application/json")]
    lines = [
        curl_line(made.method, made.path, headers, made.content.decode("utf-8", "replace"))
        for made in (each.request for each in outcomes if isinstance(each, Mapped))
    ]
    return "\n".join(lines) or None


def test_module(
    event: Json, mappings: Iterable[Mapping], outcomes: Iterable[Outcome], rules: Rules
) -> str:
    """Return a test module that maps the event and knows which requests come of it."""
    from sandbox.check.reproducing import literal  # noqa: PLC0415 - slow to load

    requests = requests_of(outcomes)
    return _TEST.format(
        destination=TOPLYNE.name,
        event=literal("EVENT", event),
        mappings=literal("MAPPINGS", [written(mapping) for mapping in mappings]),
        requests=literal("REQUESTS", requests),
        rules=rules,
    )


def written(mapping: Mapping) -> dict[str, Json]:
    """Return what a mapping is made of."""
    names = ("name", "action", "trigger", "fields", "enabled")
    return {name: getattr(mapping, name) for name in names}


def case_file(event: Json, mappings: Iterable[Mapping]) -> str:
    """Return the text of a file for fixtures/cases/payloads: this one case.

    It holds what our mapper answers as Segment's runtime; the conformance run asks the runtime.
    """
    enabled = [mapping for mapping in mappings if mapping.enabled]
    subscriptions = [
        {"partnerAction": m.action, "subscribe": m.trigger, "mapping": m.fields} for m in enabled
    ]
    case = {
        "event": event,
        "settings": {"apiKey": _KEY, "subscriptions": subscriptions},
        "segment": _answer(map_event(event, enabled, "observed")),
    }
    return f"[\n{json.dumps(case, separators=(',', ':'))}\n]\n"


def _answer(outcomes: Iterable[Outcome]) -> dict[str, Json]:
    """Return what the runtime tells: every request, and the first error or each result."""
    requests: list[Json] = []
    results: list[Json] = []
    errors: list[Json] = []
    for outcome in outcomes:
        match outcome:
            case Mapped(request=request):
                pairs = wire_headers(request, _KEY)
                headers = [list(pair) for pair in pairs if pair[0] not in _ADDED]
                url = TOPLYNE.base_url + request.path
                requests.append([request.method, url, headers, request.content.decode()])
                results.append("sent")
            case Rejected(problems=problems):
                errors.append({"problems": [[p.path, p.message] for p in problems]})
            case _:
                results.append("not subscribed")
    if errors:
        return {"requests": requests, "error": errors[0]}
    return {"requests": requests, "results": results}
