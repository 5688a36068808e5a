"""Export snippets: received messages and calls as curl commands, tests, cases and HAR.

No snippet has a key.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from typing import Any, Final

from mock_server.control.har import har_entry
from mock_server.exchange import AUTHORIZATION, HttpAnswer, Refusal, target_of
from mock_server.routes import PREFIX, find_route
from mock_server.store.journal_entry import Entry, answer_text
from mock_server.toplyne import answers
from sandbox.delivery import wire_headers
from sandbox.destination import Mapping, map_event
from sandbox.segment.definition import Rules
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Request
from sandbox.segment.toml_tables import toml_table
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free
from sandbox.values import Json, members
from sandbox.wire_types import AnswerJson

_KEY: Final = "key"
"""The API key of the destination in a case."""
_ADDED: Final = frozenset({"Accept", "Accept-Encoding"})
"""Headers that every client adds by itself. A case does not list them."""
_JSON_TYPE: Final = [("Content-Type", "application/json")]
_CLIENTS_OWN: Final = frozenset(
    {"host", "authorization", "connection", "content-length", "transfer-encoding", "expect"}
)
"""Headers that the next client writes itself. Masked headers are left out too."""
_LONGEST_ARGUMENT: Final = 30_000
"""A longer body goes through a pipe: systems limit an argument's length, Linux to 128 KiB."""
_NO_ARGUMENT: Final = ("\0", "\ufffd")
_ROOT: Final = "${TOPLYNE_API_URL%/v1}"


def _template(name: str) -> str:
    return str(toml_table(__package__, "export_snippets")[name])


# messages


def mapping_json(mapping: Mapping) -> Free:
    """Return a mapping as a JSON object."""
    return members(mapping, "name", "action", "trigger", "fields", "enabled")


def event_snippets(event: object, mappings: Sequence[Mapping], rules: Rules) -> Free:
    """Return the snippets of an event: `curl`, `pytest`, and `case`, a file for fixtures/cases.

    A snippet is None if it cannot be made: curl without a request, the others for an event with a
    number that JSON cannot express.
    """
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - slow to load

    made = _made(map_event(event, mappings, rules))
    curls = [
        curl_line(each.method, each.path, _JSON_TYPE, each.content.decode("utf-8", "replace"))
        for each in made
    ]
    told: Free = {"curl": "\n".join(curls) or None, "pytest": None, "case": None}
    try:
        json.dumps((event, [mapping.fields for mapping in mappings]), allow_nan=False)
    except ValueError:
        return told
    known = [mapping_json(mapping) for mapping in mappings]
    test = _filled("event", rules, event=event, mappings=known, requests=_shown(made))
    return told | {"pytest": test, "case": _case_file(event, mappings)}


def message_curl(message: Json) -> str:
    """Return a curl command that sends a message to the Tracking API of this server."""
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - as above

    body = json.dumps({"batch": [message]})
    line = curl_line("POST", "/batch", _JSON_TYPE, body, authorization=None)
    return f'{line} -u "$SEGMENT_WRITE_KEY:"'


def mappings_test(told: Iterable[tuple[Json, list[Mapping]]], rules: Rules) -> str:
    """Return a test module for many events, each with its mappings."""
    known, cases = list[list[Mapping]](), list[object]()
    for event, mappings in told:
        known += [] if mappings in known else [mappings]
        made = _made(map_event(event, mappings, rules))
        cases.append((known.index(mappings), event, _shown(made)))
    groups = [[mapping_json(mapping) for mapping in each] for each in known]
    return _filled("events", rules, mappings=groups, cases=cases)


def _made(outcomes: Iterable[Outcome]) -> list[Request]:
    return [each.request for each in outcomes if isinstance(each, Mapped)]


def _shown(requests: Iterable[Request]) -> list[object]:
    return [[each.path, each.json] for each in requests]


def _filled(name: str, rules: Rules, **values: object) -> str:
    """Return a template filled in with values, each as the assignment of a constant."""
    from sandbox.check.reproducing import literal  # noqa: PLC0415 - as above

    parts = {key: literal(key.upper(), value) for key, value in values.items()}
    return _template(name).format(destination=TOPLYNE.name, rules=rules, **parts)


def _case_file(event: object, mappings: Iterable[Mapping]) -> str:
    """Return the text of a file for fixtures/cases/payloads with this one case.

    `segment` is the result of our mapper. The conformance run replaces it by the runtime's.
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


def _answer(outcomes: Sequence[Outcome]) -> Free:
    """Return the runtime's report: all requests, and the first error or each result."""
    requests = [_sent(each) for each in _made(outcomes)]
    for each in outcomes:
        if isinstance(each, Rejected):
            problems = [[problem.path, problem.message] for problem in each.problems]
            return {"requests": requests, "error": {"problems": problems}}
    results = ["sent" if isinstance(each, Mapped) else "not subscribed" for each in outcomes]
    return {"requests": requests, "results": results}


def _sent(request: Request) -> list[object]:
    pairs = wire_headers(request, _KEY)
    headers = [list(pair) for pair in pairs if pair[0] not in _ADDED]
    return [request.method, TOPLYNE.base_url + request.path, headers, request.content.decode()]


# calls


def answer_to(entry: Entry) -> HttpAnswer | None:
    """Return the answer to an entry's call, or None if it is unknown."""
    if entry.answer is not None:
        told: AnswerJson = json.loads(entry.answer)
        body = b64decode(told["base64"]) if "base64" in told else told.get("text", "").encode()
        headers = tuple((name, value) for name, value in told["headers"])
        return HttpAnswer(told["status"], headers, body, entry.number, wire=told["wire"])  # type: ignore[arg-type]
    route = find_route(entry.method, entry.path)
    if entry.fault or isinstance(route, Refusal) or entry.tenant is None:
        return None
    answer = answers.success(entry.path, entry.tenant)
    return answer.of_entry(entry.number) if answer.status == entry.status else None


def answer_json(entry: Entry) -> AnswerJson | None:
    """Return the answer to an entry's call, as `/_sandbox/entries/17` shows it."""
    answer = answer_to(entry)
    if answer is None:
        return None
    told: AnswerJson = json.loads(answer_text(answer._replace(headers=answer.all_headers)))
    return told


def sent_headers(entry: Entry) -> list[tuple[str, str]]:
    """Return the headers for repeating a call, without secrets and what clients add themselves."""
    return [
        pair for pair in entry.call.headers if pair[0] not in _CLIENTS_OWN and "…" not in pair[1]
    ]


def call_curl(entry: Entry) -> str:
    """Return a curl command that sends the same bytes. It reads the key from the environment."""
    from sandbox.check.http_calls import AUTHORIZED  # noqa: PLC0415 - slow to load
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - as above

    before, body = "", entry.body.decode(errors="replace")
    is_long = len(body) > _LONGEST_ARGUMENT
    if is_long or body[:1] == "@" or any(each in body for each in _NO_ARGUMENT):
        before, body = f"printf %s {b64encode(entry.body).decode()} | base64 -d | ", "@-"
    names = entry.call.headers.by_name
    unsaid = [] if "content-type" in names else [("Content-Type", "")]  # curl would add one
    return before + curl_line(
        entry.method,
        target_of(entry.path, entry.query),
        [*sent_headers(entry), *unsaid],
        body or None,
        url=_ROOT,
        authorization=AUTHORIZED if AUTHORIZATION in names else None,
    )


def calls_test(entries: Iterable[Entry]) -> str:
    """Return a test module that repeats calls and expects the same status of each."""
    return _template("calls") + "\n\n".join(map(_call_test, entries))


def _call_test(entry: Entry) -> str:
    path, answer, fault = target_of(entry.path, entry.query), answer_to(entry), ""
    is_below = path.startswith(f"{PREFIX}/")
    headers = [f"{name!r}: {value!r}" for name, value in sent_headers(entry)]
    if AUTHORIZATION in entry.call.headers.by_name:
        is_known = entry.status not in {401, 403} or entry.fault
        bearer = 'f"Bearer {toplyne.token}"' if is_known else '"Bearer none"'
        headers.append(f"'authorization': {bearer}")
    if entry.fault and answer is not None:
        parts = f"status={answer.status}, headers={dict(answer.headers)}, body={answer.body!r}"
        fault = f"    toplyne.answer_next({parts})\n"
    return _template("call").format(
        number=entry.number,
        status=entry.status,
        fault=fault,
        method=entry.method,
        root="toplyne.api_url" if is_below else "toplyne.url",
        path=path.removeprefix(PREFIX) if is_below else path,
        headers=f"{{{', '.join(headers)}}}",
        body=entry.body,
    )


def call_har(entry: Entry, *, root: str) -> dict[str, Any]:
    """Return a call as an entry of an HTTP archive."""
    return har_entry(entry.call, entry.content, answer_to(entry), at=entry.at, root=root)
