"""Comparing deliveries: the requests that leave, and what becomes of each mapping.

The runtime takes all mappings of an event at once and tells of the first error alone; ours tells
of each mapping. So the comparison puts our outcomes together as the runtime would: results in
order where nothing failed, else the first failure before any answer, else a failed answer.
"""

from collections.abc import Iterator
from typing import Any

import httpx

from sandbox import toplyne
from sandbox.delivery import Delivery, deliver, wire_headers
from sandbox.destination import Mapping
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem, Thrown
from sandbox.segment.payload import check_settings
from sandbox.segment.pipeline import Mapped, Rejected, Request
from sandbox.segment.triggers import Trigger, parse_trigger
from tests.conformance.compare import Case, Told, problems_of, told_error
from tests.conformance.compiled_agrees import agreed_outcome

BASE_URL = toplyne.TOPLYNE.base_url
NOT_SUBSCRIBED = "not subscribed"
SENT = "sent"
ANSWERED = frozenset({"HTTPError", "FetchError", "TimeoutError"})


def ours_deliveries(case: Case) -> Told:
    settings, problems = check_settings(toplyne.TOPLYNE.settings, _own_settings(case))
    if problems:
        told_problems = [_told_problem(problem) for problem in problems]
        return {"requests": [], "error": {"problems": told_problems}}

    requests: list[Request] = []
    results: list[str] = []
    errors: list[Told] = []
    for subscription in case["settings"]["subscriptions"]:
        outcome = _outcome(case["event"], subscription)
        if isinstance(outcome, Request):
            requests.append(outcome)
            results.append(SENT)
        elif isinstance(outcome, dict):
            errors.append(outcome)
        elif outcome:
            results.append(outcome)
    told: Told = {"requests": [_wire(request, settings["apiKey"]) for request in requests]}
    if errors:
        return {**told, "error": errors[0]}
    if failures := list(_failures(case, requests, settings["apiKey"])):
        return {**told, "failed": failures}
    return {**told, "results": results}


def _own_settings(case: Case) -> dict[str, Any]:
    """Give the destination's settings without what the runtime itself takes from them."""
    return {name: value for name, value in case["settings"].items() if name != "subscriptions"}


def _outcome(event: Any, subscription: dict[str, Any]) -> Request | Told | str:
    """Give the request, the error, the output's text, or "" where there is no output at all."""
    if not subscription["subscribe"]:
        return "Failed to validate subscription"  # before any parsing; ours names the parse error
    try:
        trigger = parse_trigger(subscription["subscribe"])
    except InvalidTrigger as error:
        return f"Invalid subscription : {error.segment_message}"
    try:
        mapping = Mapping(
            "one",
            action=subscription["partnerAction"],
            trigger=subscription["subscribe"],
            fields=subscription["mapping"] or {},
        )
    except InvalidMapping as error:
        if isinstance(matched := _matched(trigger, event), dict):
            return matched
        if not matched:
            return NOT_SUBSCRIBED
        return "" if _names_the_action(error) else _refused(error)
    agreed_outcome(event, mapping, "documented")
    return _told_outcome(agreed_outcome(event, mapping, "observed"))


def _matched(trigger: Trigger, event: Any) -> bool | Told:
    try:
        return trigger.evaluate(event)
    except Thrown as thrown:
        return {"problems": [["$", thrown.message]]}


def _refused(error: InvalidMapping) -> Told:
    told = problems_of(error)
    return {"problems": [["$", told["thrown"][1]]]} if "thrown" in told else told


def _names_the_action(error: InvalidMapping) -> bool:
    return any(problem.at == ("action",) for problem in error.problems)


def _told_outcome(outcome: Any) -> Request | Told | str:
    if isinstance(outcome, Mapped):
        return outcome.request
    if isinstance(outcome, Rejected):
        return {"problems": [_told_problem(problem) for problem in outcome.problems]}
    return NOT_SUBSCRIBED


def _told_problem(problem: Problem) -> list[str]:
    return [problem.path, problem.message]


def _wire(request: Request, api_key: str) -> Told:
    """Give a request as it is handed to the network, but for what every client adds itself."""
    added = {"Accept", "Accept-Encoding"}
    headers = [list(pair) for pair in wire_headers(request, api_key) if pair[0] not in added]
    return [request.method, BASE_URL + request.path, headers, request.content.decode()]


def _failures(case: Case, requests: list[Request], api_key: str) -> Iterator[Told]:
    """Send the requests to the scripted replies, and tell of those that failed."""
    if "replies" not in case:
        return
    with httpx.Client(transport=httpx.MockTransport(_Replies(case["replies"]))) as client:
        for request in requests:
            delivery = deliver(request, api_key=api_key, base_url=BASE_URL, client=client)
            if not delivery.ok:
                yield _told_failure(delivery)


class _Replies:
    """The scripted replies as httpx's transport gives them."""

    def __init__(self, replies: list[dict[str, Any]]) -> None:
        self._replies = replies
        self._given = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        reply = self._replies[min(self._given, len(self._replies) - 1)]
        self._given += 1
        if reply.get("timeout"):
            raise httpx.ReadTimeout("timed out", request=request)
        if "network" in reply:
            raise httpx.ConnectError("[Errno 111] Connection refused", request=request)
        extensions = {}
        if "statusText" in reply:
            extensions["reason_phrase"] = reply["statusText"].encode()
        return httpx.Response(
            reply["status"],
            headers=reply.get("headers"),
            content=reply.get("body", "").encode(),
            extensions=extensions,
        )


def _told_failure(delivery: Delivery) -> Told:
    if delivery.status is None and delivery.code != "ETIMEDOUT":
        return delivery.code  # the system's own words for it differ
    return delivery.error


def theirs_deliveries(_case: Case, answer: Told) -> Told:
    requests = [
        [request["method"], request["url"], _trimmed(request["headers"]), request["body"]]
        for request in answer["requests"]
    ]
    told: Told = {"requests": requests}
    if "error" not in answer:
        return {**told, "results": [text for text in map(_output, answer["results"]) if text]}
    error = answer["error"]
    if error["name"] in ANSWERED:
        text = error["code"] if error["name"] == "FetchError" else error["message"]
        return {**told, "failed": text}
    return {**told, "error": _rejection(error)}


def _trimmed(headers: list[list[str]]) -> list[list[str]]:
    """Take white space off the values' ends: on the wire it is no part of them (RFC 9110, 5.5)."""
    return [[name, value.rstrip(" \t")] for name, value in headers]


def _output(result: dict[str, Any]) -> str:
    """Give a result's text; of the three of a delivery only the last counts."""
    text: str = result["output"]
    return {"Mappings resolved": "", "Payload validated": "", "Action Executed": SENT}.get(
        text, text
    )


def _rejection(error: Told) -> Told:
    """Give the error of one mapping as a Rejected has it.

    The payload's problems have paths; a missing field's is the root for Segment, and the field for
    us, whose name the sentence holds.
    """
    if error["name"] == "AggregateAjvError":
        return {"problems": [_pointed(part) for part in error["parts"]]}
    told = told_error(error)
    return told if "problems" in told else {"problems": [["$", error["message"]]]}


def _pointed(part: dict[str, str]) -> list[str]:
    before, _, name = part["message"].partition("is missing the required field '")
    return [f"$.{name[:-2]}" if name and before else part["path"], part["message"]]


def agree_on_deliveries(ours: Told, theirs: Told) -> bool:
    """Which of several failed answers the runtime tells of hangs on the network's order."""
    if "failed" in ours and "failed" in theirs:
        return ours["requests"] == theirs["requests"] and theirs["failed"] in ours["failed"]
    return bool(ours == theirs)
