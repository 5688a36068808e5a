"""Judging: which rules of the API a server breaks: its answer or state against the right one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from sandbox.check.failures import Broken, CheckedRule
from sandbox.check.http_calls import Calls, Expected, HttpCall, Reply
from sandbox.contract.answer_schemas import success_body
from sandbox.contract.wording import describe
from sandbox.segment.definition import Evidence, Headers
from sandbox.segment.json_text import json_text, text_literal
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import MISSING, Difference, Json, difference, members, shortened

StateItems: TypeAlias = dict[str, list[dict[str, Json]]]
"""The profiles, accounts and events of one sequence, in the order they were sent."""

_UNKNOWN: Final = Evidence("assumed", "no documentation and no recording shows it")
_ITEM: Final = re.compile(r"\$\.\w+\[(\d+)\]")
ANSWERED: Final = CheckedRule(
    "answered", "Every call is answered.", Evidence("docs", "HTTP itself (RFC 9110)")
)
ALIKE: Final = CheckedRule(
    "answered-alike",
    "A call is answered alike alone, after another on its connection, and beside others.",
    Evidence("docs", "HTTP itself (RFC 9112)"),
)
STORED: Final = CheckedRule(
    "stored",
    "What was accepted is stored, in the order it was sent.",
    Evidence("assumed", "the state is the sandbox's own; nobody outside can read Toplyne's"),
)


def declared(key: str) -> CheckedRule:
    """Return a rule of the declaration as a CheckedRule."""
    rule = TOPLYNE.rule(key)
    return CheckedRule(rule.key, rule.statement, rule.evidence)


def status_rule(status: int) -> CheckedRule:
    """Return the rule that a refusal has this status."""
    error = TOPLYNE.error(status)
    return CheckedRule(f"answer-{status}", f"{error.when} {status}.", error.evidence)


def _not_enforced(key: str) -> CheckedRule:
    """Return the rule that, under observed rules, what this rule forbids is accepted."""
    rule = TOPLYNE.rule(key)
    if key == "time-integer":
        return declared("time-number")
    evidence = rule.against[0] if rule.against else _UNKNOWN
    statement = f"Not enforced, as observed: {rule.statement}"
    return CheckedRule(f"{key}-not-enforced", statement, evidence)


def broken_rules(call: HttpCall, right: Expected, answer: Reply) -> Iterator[Broken]:
    """Yield the rules an answer breaks."""
    wanted = right.answer.status
    if answer.status == 0:
        said = f"was not answered: {answer.shown}. Expected {wanted}."
        yield Broken(ANSWERED, said, aspect="status")
    elif answer.status == 429:
        said = f"was answered 429 with {answer.shown}."
        yield Broken(declared("no-rate-limit"), said, aspect="taken")
    else:
        if right.accepted:
            yield from _of_taken(call, right, answer)
        else:
            yield from _of_refused(call, right, answer)
        yield from broken_headers(answer.headers)


def not_alike(wrong: Broken, calls: Calls) -> Broken:
    """Return the breach of a call that is answered rightly alone, but not with other calls."""
    said = f"{wrong.sentence} On a new connection its answer is right."
    if calls.way == "kept":
        said += f" The call before it: {calls.calls[0].shown}"
    return replace(wrong, rule=ALIKE, sentence=said, case=calls)


def _of_taken(call: HttpCall, right: Expected, answer: Reply) -> Iterator[Broken]:
    wanted = right.answer
    is_upload = call.path != TOPLYNE.auth_path
    usual = declared("accepted-answer" if is_upload else "auth-answer")
    if not 200 <= answer.status < 300:
        rule = declared(call.shows) if call.shows else usual
        if right.stricter:
            rule = _not_enforced(right.stricter)
        said = f"was refused with {answer.status}. Expected {wanted.status}. {answer.shown}"
        yield Broken(rule, said, aspect="taken")
        return
    if answer.status != wanted.status:
        said = f"was answered {answer.status}. Expected {wanted.status}."
        yield Broken(usual, said, aspect="status")
    yield from broken_body(call.method, call.path, answer)


def broken_body(method: str, path: str, answer: Reply) -> Iterator[Broken]:
    """Yield the rules that the body of an answer breaks, given its own status."""
    said, upload = answer.shown or "nothing", TOPLYNE.upload_at(path)
    if method == "HEAD":
        return  # its answer has no body
    if answer.status >= 400:
        yield from _broken_error(answer)
    elif path == TOPLYNE.auth_path:
        if not _is_auth_answer(answer.json):
            sentence = f'was answered with {said}. Expected {{"status":"SUCCESS","data":NAME}}.'
            yield Broken(declared("auth-answer"), sentence, aspect="name")
    elif upload is not None:
        right = success_body({"message": upload.endpoint.accepted})
        if places := tuple(difference(right, answer.json)):
            sentence = f"was answered with {said}. Expected {json_text(right)}."
            yield Broken(declared("accepted-answer"), sentence, places, aspect="body")


def _broken_error(answer: Reply) -> Iterator[Broken]:
    error = _error_of(answer.json)
    if error is None:
        sentence = (
            f"was refused with {answer.shown or 'nothing'}. "
            "Expected an ERROR with code, message and details."
        )
        yield Broken(declared("error-body"), sentence, aspect="error")
        return
    of_status = (each for each in TOPLYNE.errors if each.status == answer.status)
    for right in of_status:
        wanted = members(right, "code", "message", *(["details"] if right.details else []))
        if places := tuple(difference(wanted, {word: error[word] for word in wanted})):
            said = ", ".join(
                f"{each.at[0]} {each.found!r}, not {each.expected!r}" for each in places
            )
            yield Broken(
                declared("error-words"), f"was refused with {said}.", places, aspect="words"
            )


def _is_auth_answer(value: object) -> bool:
    """Return whether a body is the API's answer to a valid key, with any name in it."""
    name = value.get("data") if isinstance(value, dict) else None
    return isinstance(name, str) and bool(value == success_body(name))


def _of_refused(call: HttpCall, right: Expected, answer: Reply) -> Iterator[Broken]:
    wanted, worst = right.answer, right.broken[0]
    where = "The body" if worst["path"] == "$" else text_literal(worst["path"])[1:-1]
    first = f"{where} {worst['message']}" if worst["message"][0].islower() else worst["message"]
    if answer.status < 400:
        sentence = f"was answered {answer.status}. Expected {wanted.status}: {first}"
        key = call.shows or ("all-or-nothing" if _is_mixed(call, right) else worst["rule"])
        yield Broken(declared(key), sentence, aspect="refused")
        return
    if answer.status != wanted.status:
        named = (declared(each["rule"]) for each in right.broken)
        of_status = (rule for rule in named if str(wanted.status) in rule.statement)
        sentence = f"was refused with {answer.status}. Expected {wanted.status}: {first}"
        yield Broken(next(of_status, status_rule(wanted.status)), sentence, aspect="status")
    yield from _broken_error(answer)


def _is_mixed(call: HttpCall, right: Expected) -> bool:
    """Return whether some items of an upload break rules and others do not."""
    places = [_ITEM.match(each["path"]) for each in right.broken]
    bad = {place[1] for place in places if place is not None}
    if None in places:
        return False
    body = Reply(0, (), call.body).json
    lists = [v for v in body.values() if isinstance(v, list)] if isinstance(body, dict) else []
    return any(len(each) > len(bad) for each in lists)


def _error_of(value: object) -> dict[str, str] | None:
    """Return the error of a body in the recorded shape, None for any other body."""
    match value:
        case {"status": "ERROR", "error": {**error}, **more} if not more:
            texts = {str(word): text for word, text in error.items() if isinstance(text, str)}
            return texts if texts.keys() == error.keys() == {"code", "message", "details"} else None
    return None


def broken_headers(headers: Headers) -> Iterator[Broken]:
    """Yield the breach of headers that lack one of the API's or have another value for it.

    Others are ignored: a proxy adds some.
    """
    there, wanted = dict(headers), dict(TOPLYNE.answer_headers)
    found = {name: there[name.lower()] for name in wanted if name.lower() in there}
    if wrong := tuple(difference(wanted, found)):
        said = ", ".join(
            f"{each.at[0]} "
            f"{'missing' if each.found is MISSING else repr(shortened(str(each.found)))}"
            for each in wrong
        )
        rule = declared("answer-headers")
        yield Broken(rule, f"was answered with {said}.", wrong, aspect="headers")


def compare_states(
    right: StateItems, found: StateItems, *, in_order: bool = True
) -> Iterator[Broken]:
    """Yield the rules a state breaks; without `in_order` only whether everything is stored."""
    if not in_order:
        right, found = (
            {kind: sorted(items, key=json_text) for kind, items in state.items()}
            for state in (right, found)
        )
    for kind, wanted in right.items():
        there = found[kind]
        is_profiles = kind == "profiles"
        if kind == "events" or not in_order:
            for each in difference(wanted, there, at=(kind,)):
                yield _in_state(STORED, kind, each)
        elif _ids(wanted) != _ids(there):
            rule = declared("profile-identity" if wanted else "event-no-profile")
            place = Difference((kind,), wanted, there)
            yield _in_state(rule if is_profiles else STORED, kind, place)
        else:
            time = f"creation-time-{'user' if is_profiles else 'account'}"
            for each in difference(wanted, there, at=(kind,)):
                other = "merge-properties" if "Properties" in each.path else "users-not-joined"
                key = time if "creationTime" in each.path else other
                yield _in_state(declared(key), kind, each)


def _ids(items: list[dict[str, Json]]) -> list[list[Json]]:
    return [[item.get(key) for key in IDS] for item in items]


def _in_state(rule: CheckedRule, kind: str, place: Difference) -> Broken:
    found, right = (
        "nothing" if each is MISSING else describe(each) for each in (place.found, place.expected)
    )
    sentence = f"then the {kind} differ: {place.path} is {found}. Expected {right}."
    return Broken(rule, sentence, (place,), aspect="state")
