"""Compiled mappings: one function that returns the outcomes of an event for several mappings.

Most mappings skip most events, so the function tests all triggers in a row and builds the usual
outcome in place. For an event that a mapping takes, it calls that mapping's own function.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Final, TypeAlias, TypeVar

from sandbox.segment import pipeline
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Outcome, OutcomeOf, PayloadCheck, Skipped

T = TypeVar("T")

EVENTS_BEFORE: Final = 20
"""A function is generated after this many events: generating takes as long as mapping them."""

MOST_KEPT: Final = 128
"""At most this many lists of mappings keep their function; then all are dropped."""

MapEvent: TypeAlias = Callable[[object], list[Outcome]]


def map_event(
    event: object, mappings: Iterable[SegmentMapping], *, check: PayloadCheck | None = None
) -> list[Outcome]:
    """Return what `pipeline.map_event` returns; faster if the same list is used repeatedly."""
    key: Hashable
    if type(mappings) is tuple:
        key = id(mappings), check
    else:
        mappings = tuple(mappings)
        key = tuple(map(id, mappings)), check
    function = _KEPT.get(key)
    if function is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        plain = partial(pipeline.map_event, mappings=mappings, check=check)
        compile_it = partial(compile_mappings, mappings, check=check)
        keep = partial(_KEPT.__setitem__, key)
        function = _KEPT[key] = _warming(plain, compile_it, keep, EVENTS_BEFORE)
    return function(event)


_KEPT: Final[dict[Hashable, MapEvent]] = {}
"""Functions by the identity of their mappings, which have no hash. Each function holds a reference
to its mappings, so Python cannot reuse an identity."""


def _warming(
    plain: Callable[[object], T],
    compile_it: Callable[[], Callable[[object], T]],
    keep: Callable[[Callable[[object], T]], None],
    events_before: int,
) -> Callable[[object], T]:
    """Return a function that calls `plain`, and later its compiled form, which `keep` stores."""
    left = events_before

    def warming(event: object) -> T:
        nonlocal left
        if left <= 0:
            compiled = compile_it()
            keep(compiled)
            return compiled(event)
        left -= 1
        return plain(event)

    return warming


def compile_mappings(
    mappings: Iterable[SegmentMapping],
    *,
    check: PayloadCheck | None = None,
    events_before: int = EVENTS_BEFORE,
    with_payload: bool = False,
) -> MapEvent:
    """Return a function that takes an event and returns the outcome of each mapping, in order.

    Each mapping's own function is compiled after the mapping took `events_before` events. From then
    on, with `with_payload`, most requests are instances of RequestOfPayload.
    """
    from sandbox.compiled.payload_code import compile_taken  # noqa: PLC0415 - only when it pays
    from sandbox.compiled.source import EVENT, THROWN, Names, function_of  # noqa: PLC0415 - as above
    from sandbox.compiled.trigger_code import head_lines, trigger_test  # noqa: PLC0415 - as above

    mappings = tuple(mappings)
    taken: list[OutcomeOf] = []
    for number, mapping in enumerate(mappings):
        plain_outcome = partial(pipeline.map_taken, mapping=mapping, check=check)
        compiled = partial(compile_taken, mapping, check, plain_outcome, with_payload=with_payload)
        keep = partial(taken.__setitem__, number)
        taken.append(_warming(plain_outcome, compiled, keep, events_before))

    plain = partial(pipeline.map_event, mappings=mappings, check=check)
    names = Names(
        plain=plain, taken=taken, new=tuple.__new__, of=_of, Skipped=Skipped, THROWN=THROWN
    )
    outcomes = []
    shared: dict[int, str] = {}
    like = _first_like(mappings)
    for number, mapping in enumerate(mappings):
        if mapping.enabled:
            first = like[number]
            made = f"taken[{first}]({EVENT})"
            if like.count(first) > 1:
                kept = shared.setdefault(first, f"made_{first}")
                made = f"({kept} := {kept} or {made})"
                made = made if number == first else f"of({names.of(mapping)}, {made})"
            skipped = f"({names.of(mapping)}, {pipeline.FILTERED_AT_MAPPING!r}, {EVENT}, '')"
            test = trigger_test(mapping.parsed_trigger, names)
            outcomes.append(f"{made} if {test} else new(Skipped, {skipped})")
        else:
            outcomes.append(names.of(pipeline.disabled(mapping)))
    listed = f"[{', '.join(outcomes)}]"
    lines = [f"if type({EVENT}) is not dict:", f"    return plain({EVENT})", *head_lines(listed)]
    lines += [*(f"{kept} = None" for kept in shared.values()), "try:", f"    return {listed}"]
    lines += ["except THROWN:", f"    return plain({EVENT})"]
    return function_of(lines, names)


def _first_like(mappings: tuple[SegmentMapping, ...]) -> list[int]:
    """Return, for each mapping, the number of the first mapping with the same action and fields."""
    first: dict[Hashable, int] = {}
    keys = [(id(each.action_definition), id(each.outside), repr(each.fields)) for each in mappings]
    return [first.setdefault(key, number) for number, key in enumerate(keys)]


def _of(mapping: SegmentMapping, outcome: Outcome) -> Outcome:
    """Return the outcome with another mapping, one with the same action and fields."""
    return tuple.__new__(type(outcome), (mapping, *outcome[1:]))
