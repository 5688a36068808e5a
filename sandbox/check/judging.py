"""Judging: which rules of the API a server breaks: its answer or state against the right one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from sandbox.check.failures import Broken
from sandbox.check.http_calls import Calls, Expected, HttpCall, Reply, json_in
from sandbox.contract.answer_schemas import success_body
from sandbox.contract.wording import describe
from sandbox.known_rules import rules_in
from sandbox.segment.definition import Evidence, Headers, Rule
from sandbox.segment.json_text import json_text, text_literal
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import MISSING, Difference, Json, as_object, difference, members, shortened

StateItems: TypeAlias = dict[str, list[dict[str, Json]]]
"""The profiles, accounts and events of one sequence, in the order they were sent."""

_UNKNOWN: Final = Evidence("assumed", "no documentation and no recording shows it")
_ITEM: Final = re.compile(r"\$\.\w+\[(\d+)\]")
ANSWERED, ALIKE, STORED = rules_in(__package__, "server_rules")
_SUCCESS: Final = {"status": "SUCCESS", "data": str}
_ERROR: Final = {"status": "ERROR", "error": dict.fromkeys(("code", "message", "details"), str)}
"""The shapes of the answer to a valid key and of a refusal, as `_is_like` reads them."""


def success_rule(path: str) -> Rule:
    """Return the rule of the answer to an accepted call."""
    return TOPLYNE.rule("auth-answer" if path == TOPLYNE.auth_path else "accepted-answer")


def status_rule(status: int) -> Rule:
    """Return the rule that a refusal has this status."""
    error = TOPLYNE.error(status)
    said = f"{error.when} {status}."
    return Rule(key=f"answer-{status}", statement=said, evidence=error.evidence)


def _not_enforced(key: str) -> Rule:
    """Return the rule that, under observed rules, what this rule forbids is accepted."""
    rule = TOPLYNE.rule(key)
    if key == "time-integer":
        return TOPLYNE.rule("time-number")
    evidence = rule.against[0] if rule.against else _UNKNOWN
    statement = f"Not enforced, as observed: {rule.statement}"
    return Rule(key=f"{key}-not-enforced", statement=statement, evidence=evidence)


def broken_rules(call: HttpCall, right: Expected, answer: Reply) -> Iterator[Broken]:
    """Yield the rules an answer breaks."""
    status, wanted = answer.status, right.answer.status
    if status == 0:
        said = f"was not answered: {answer.shown}. Expected {wanted}."
        yield Broken(ANSWERED, said, aspect="status")
        return
    if status == 429:
        said = f"was answered 429 with {answer.shown}."
        yield Broken(TOPLYNE.rule("no-rate-limit"), said, aspect="taken")
        return
    if status != wanted:
        yield _wrong_status(call, right, answer)
    if 200 <= status < 300 if right.accepted else status >= 400:
        yield from broken_body(call.method, call.path, answer)
    yield from broken_headers(answer.headers)


def not_alike(wrong: Broken, calls: Calls) -> Broken:
    """Return the breach of a call that is answered rightly alone, but not with other calls."""
    said = f"{wrong.sentence} On a new connection its answer is right."
    if calls.way == "kept":
        said += f" The call before it: {calls.calls[0].shown}"
    return replace(wrong, rule=ALIKE, sentence=said, case=calls)


def _wrong_status(call: HttpCall, right: Expected, answer: Reply) -> Broken:
    """Return the breach of an answer that has another status than the right one."""
    status, wanted = answer.status, right.answer.status
    if right.accepted:
        usual = success_rule(call.path)
        if 200 <= status < 300:
            said = f"was answered {status}. Expected {wanted}."
            return Broken(usual, said, aspect="status")
        shown = TOPLYNE.rule(call.shows) if call.shows else usual
        rule = _not_enforced(right.stricter) if right.stricter else shown
        said = f"was refused with {status}. Expected {wanted}. {answer.shown}"
        return Broken(rule, said, aspect="taken")
    worst = right.broken[0]
    where = "The body" if worst["path"] == "$" else text_literal(worst["path"])[1:-1]
    first = f"{where} {worst['message']}" if worst["message"][0].islower() else worst["message"]
    if status < 400:
        key = call.shows or ("all-or-nothing" if _is_mixed(call, right) else worst["rule"])
        said = f"was answered {status}. Expected {wanted}: {first}"
        return Broken(TOPLYNE.rule(key), said, aspect="refused")
    named = (TOPLYNE.rule(each["rule"]) for each in right.broken)
    of_status = (rule for rule in named if str(wanted) in rule.statement)
    said = f"was refused with {status}. Expected {wanted}: {first}"
    return Broken(next(of_status, status_rule(wanted)), said, aspect="status")


def _is_mixed(call: HttpCall, right: Expected) -> bool:
    """Return whether some items of an upload break rules and others do not."""
    places = [_ITEM.match(each["path"]) for each in right.broken]
    bad = {place[1] for place in places if place is not None}
    upload = TOPLYNE.upload_at(call.path)
    items = upload.items_in(json_in(call.body)) if upload is not None else []
    return None not in places and len(items) > len(bad)


def broken_body(method: str, path: str, answer: Reply) -> Iterator[Broken]:
    """Yield the rules that the body of an answer breaks, given its own status."""
    said, upload = answer.shown or "nothing", TOPLYNE.upload_at(path)
    if method == "HEAD":
        return  # its answer has no body
    if answer.status >= 400:
        yield from _broken_error(answer)
    elif path == TOPLYNE.auth_path:
        if not _is_like(_SUCCESS, answer.json):
            sentence = f'was answered with {said}. Expected {{"status":"SUCCESS","data":NAME}}.'
            yield Broken(TOPLYNE.rule("auth-answer"), sentence, aspect="name")
    elif upload is not None:
        right = success_body({"message": upload.endpoint.accepted})
        if places := tuple(difference(right, answer.json)):
            sentence = f"was answered with {said}. Expected {json_text(right)}."
            yield Broken(TOPLYNE.rule("accepted-answer"), sentence, places, aspect="body")


def _broken_error(answer: Reply) -> Iterator[Broken]:
    if not _is_like(_ERROR, answer.json):
        sentence = (
            f"was refused with {answer.shown or 'nothing'}. "
            "Expected an ERROR with code, message and details."
        )
        yield Broken(TOPLYNE.rule("error-body"), sentence, aspect="error")
        return
    of_status = (each for each in TOPLYNE.errors if each.status == answer.status)
    for right in of_status:
        wanted = members(right, "code", "message", *(["details"] if right.details else []))
        if places := tuple(difference(wanted, as_object(answer.json)["error"], partial=True)):
            said = ", ".join(
                f"{each.at[0]} {each.found!r}, not {each.expected!r}" for each in places
            )
            sentence = f"was refused with {said}."
            yield Broken(TOPLYNE.rule("error-words"), sentence, places, aspect="words")


def _is_like(shape: object, value: object) -> bool:
    """Return whether a value has this shape, in which a type stands for any value of it."""
    return not any(difference(shape, value, matches=lambda kind, found: isinstance(found, kind)))


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
        rule = TOPLYNE.rule("answer-headers")
        yield Broken(rule, f"was answered with {said}.", wrong, aspect="headers")


def compare_states(
    right: StateItems, found: StateItems, *, in_order: bool = True
) -> Iterator[Broken]:
    """Yield the rules a state breaks; without `in_order` only whether everything is stored."""
    for kind in right:
        wanted, there = (
            state[kind] if in_order else sorted(state[kind], key=json_text)
            for state in (right, found)
        )
        places = difference(wanted, there, at=(kind,))
        rule: Rule | None = None
        if kind == "events" or not in_order:
            rule = STORED
        elif _ids(wanted) != _ids(there):
            of_profiles = TOPLYNE.rule("profile-identity" if wanted else "event-no-profile")
            rule = of_profiles if kind == "profiles" else STORED
            places = iter([Difference((kind,), wanted, there)])
        for each in places:
            there_is, expected = (
                "nothing" if value is MISSING else describe(value)
                for value in (each.found, each.expected)
            )
            said = f"then the {kind} differ: {each.path} is {there_is}. Expected {expected}."
            yield Broken(rule or _rule_of_member(kind, each.path), said, (each,), aspect="state")


def _ids(items: list[dict[str, Json]]) -> list[list[Json]]:
    return [[item.get(key) for key in IDS] for item in items]


def _rule_of_member(kind: str, path: str) -> Rule:
    if "creationTime" in path:
        return TOPLYNE.rule(f"creation-time-{'user' if kind == 'profiles' else 'account'}")
    return TOPLYNE.rule("merge-properties" if "Properties" in path else "users-not-joined")
