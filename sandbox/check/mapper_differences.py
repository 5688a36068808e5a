"""Comparing: which of Segment's rules a mapper's answer breaks, each with a sentence."""

from collections import abc
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from sandbox.check.cases import MapperAnswer, Right, same
from sandbox.check.failures import Broken
from sandbox.check.segment_rules import RULES, FieldDifference, rule_of
from sandbox.contract.wording import describe
from sandbox.destination import map_taken
from sandbox.segment.definition import Rule
from sandbox.segment.errors import Thrown
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Rejected, Skipped
from sandbox.values import MISSING, Difference, Json, difference


def broken_requests(event: Json, right: Sequence[Right], answer: MapperAnswer) -> Iterator[Broken]:
    """Yield the rules the answer breaks, in the order of the requests.

    An event for which a mapping is not simulated breaks none.
    """
    if any(getattr(each.outcome, "code", "") == NOT_SIMULATED for each in right):
        return
    made = [each for each in right if each.request is not None]
    pairs, missing, surplus = _paired(made, answer.requests)
    for wanted, request in pairs:
        yield from _different(event, wanted, request)
    for wanted in missing:
        yield from _missing(event, [e for e in made if same(e.request, wanted.request)], answer)
    for request in surplus:
        yield _surplus(event, right, request)


def _paired(
    made: Sequence[Right], came: Sequence[dict[str, Json]]
) -> tuple[list[tuple[Right, dict[str, Json]]], list[Right], list[dict[str, Json]]]:
    """Return pairs of a right request and the mapper's, the right ones left over, and the mapper's.

    Their order means nothing, as Segment sends them all at once. Equal requests are paired first,
    then requests to the same path, then the rest.
    """
    pairs, missing, surplus = [], list(made), list(came)
    for alike in (same, lambda one, other: one["path"] == other["path"], lambda *_: True):
        for wanted in missing.copy():
            found = next((each for each in surplus if alike(wanted.request, each)), None)
            if found is not None:
                pairs.append((wanted, found))
                missing = [each for each in missing if each is not wanted]
                surplus = [each for each in surplus if each is not found]
    return pairs, missing, surplus


def _missing(event: Json, alike: Sequence[Right], answer: MapperAnswer) -> Iterator[Broken]:
    """Yield the breach of the mapping that probably did not send its request."""
    last_operator = RULES["trigger-last-operator"]
    odd = (each for each in alike if _trigger_rule(each.mapping) is last_operator)
    right = next(odd, alike[0])
    if not right.optional:
        is_of_trigger = not answer.raised and _is_plain(event, right)
        rule = _trigger_rule(right.mapping) if is_of_trigger else RULES["valid-sent"]
        raised = f"; it raised {answer.raised}" if answer.raised else ""
        sentence = f"{right.mapping.name}: the mapper sent no request{raised}; Segment sends one."
        yield Broken(rule, sentence, right=right)


def _is_plain(event: Json, right: Right) -> bool:
    """Return whether all values have their fields' types, so that only the trigger can decide."""
    action = right.mapping.action_definition
    resolved = _resolved(right.mapping, event)
    return isinstance(resolved, dict) and all(
        _is_plain_value(field.type, resolved[field.key])
        for field in action.fields
        if field.key in resolved
    )


def _is_plain_value(field_type: str, value: object) -> bool:
    if field_type == "object":
        return isinstance(value, dict)
    if field_type == "string":
        return isinstance(value, str) and bool(value.strip())
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _surplus(event: Json, right: Sequence[Right], request: dict[str, Json]) -> Broken:
    """Return the breach of the mapping that should not have sent the request."""
    path = request["path"]
    silent = [each for each in right if each.request is None]
    alike = [each for each in silent if _path(each) == path]
    if not silent or (not alike and any(_path(each) == path for each in right)):
        # the mapping that sends to this path has sent its request already
        said = f"the mapper sent one more request to {path} than Segment does."
        return Broken(RULES["one-request"], said, right=right[0])
    makers = [each for each in alike if len(alike) > 1 and _would_be(event, each, request)]
    likely = makers or alike or silent
    rejected = (each for each in likely if isinstance(each.outcome, Rejected))
    maker = makers[0] if makers else next(rejected, likely[0])
    rule, why = _silence(maker)
    said = f"{maker.mapping.name}: the mapper sent a request to {path}; Segment sends none. {why}"
    return Broken(rule, said, right=maker)


def _would_be(event: Json, right: Right, request: dict[str, Json]) -> bool:
    """Return whether the mapping would make the request if its trigger matched every event."""
    outcome = map_taken(event, right.mapping, "observed")
    return isinstance(outcome, Mapped) and same(outcome.request.to_json(), request)


def _path(right: Right) -> str:
    return right.mapping.action_definition.endpoint.path


def _silence(right: Right) -> tuple[Rule, str]:
    """Return the rule by which a mapping sends nothing, and the reason in words."""
    outcome = right.outcome
    if isinstance(outcome, Skipped):
        disabled = outcome.code == MAPPING_DISABLED
        rule = RULES["mapping-disabled"] if disabled else _trigger_rule(right.mapping)
        return rule, outcome.reason
    assert isinstance(outcome, Rejected)
    thrown = all(problem.path == "$" for problem in outcome.problems)
    why = " ".join(problem.message for problem in outcome.problems)
    return RULES["thrown-not-sent" if thrown else "invalid-not-sent"], why


def _trigger_rule(mapping: SegmentMapping) -> Rule:
    has_both = {"and", "or"} <= set(mapping.trigger.split())
    return RULES["trigger-last-operator" if has_both else "trigger"]


def _different(event: Json, right: Right, found: dict[str, Json]) -> Iterator[Broken]:
    name, wanted = right.mapping.name, cast("dict[str, Json]", right.request)
    for key in ("method", "path"):
        for each in difference(wanted[key], found[key], at=(key,)):
            said = f"{_named(each.found)}; Segment's is {describe(each.expected)}."
            yield Broken(RULES[key], f"{name}: the {key} is {said}", (each,), right)
    envelope, body = right.mapping.action_definition.endpoint.envelope, found["json"]
    sent = cast("dict[str, list[dict[str, Json]]]", wanted["json"])
    match [*body.items()] if isinstance(body, dict) else None:
        case [(key, [dict() as payload])] if key == envelope:
            yield from _of_fields(event, right, sent[envelope][0], payload)
        case _:
            sentence = f'{name}: the body is {describe(body)}, not {{"{envelope}": [one payload]}}.'
            place = Difference((), wanted["json"], body)
            yield Broken(RULES["envelope"], sentence, (place,), right)


def _of_fields(
    event: Json, right: Right, wanted: abc.Mapping[str, object], found: abc.Mapping[str, object]
) -> Iterator[Broken]:
    mapping = right.mapping
    action = mapping.action_definition
    resolved = _resolved(mapping, event)
    sources = mapping.fields if isinstance(mapping.fields, dict) else {}
    for key in dict.fromkeys((*wanted, *found)):
        at = (action.endpoint.envelope, 0, key)
        expected, there = wanted.get(key, MISSING), found.get(key, MISSING)
        if not (places := tuple(difference(expected, there, at=at))):
            continue
        differing = FieldDifference(
            field=action.field(key),
            source=sources.get(key, MISSING),
            raw=resolved.get(key, MISSING) if isinstance(resolved, dict) else MISSING,
            event=event,
            right=expected,
            found=there,
            places=places,
        )
        first = places[0]
        sentence = (
            f"{mapping.name}: {first.path} is {_named(first.found)}; "
            f"Segment sends {_named(first.expected, nothing='nothing there')}."
        )
        yield Broken(rule_of(differing), sentence, places, right)


def _resolved(mapping: SegmentMapping, event: Json) -> object:
    try:
        return mapping.resolve(event)
    except Thrown:  # then nothing is sent, and there are no fields to compare
        return MISSING


def _named(value: object, *, nothing: str = "missing") -> str:
    return nothing if value is MISSING else describe(value)


def segment_reason(event: Json, right: Right, differing: Sequence[Difference]) -> str:
    """Return what Segment does with this event, in a sentence or two."""
    outcome = right.outcome
    if not isinstance(outcome, Mapped):
        return _silence(right)[1]
    from sandbox.explain.fates import field_fates  # noqa: PLC0415 - only a failure is explained

    fields = {each.at[:3] for each in differing}
    envelope = right.mapping.action_definition.endpoint.envelope
    said = [
        fate.why
        for fate in field_fates(right.mapping, event, ())
        if fate.why and (not fields or (envelope, 0, fate.key) in fields)
    ]
    return " ".join(said)
