"""Server: whether another server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from sandbox.check import judging
from sandbox.check.cases import reduced_case, simpler_values
from sandbox.check.failures import Broken, CheckedRule, CheckKind, Failure, Reproduction, by_rule
from sandbox.check.http_calls import (
    JSON_TYPE,
    KINDS,
    LARGE,
    OWN,
    Expected,
    HttpCall,
    Reference,
    Reply,
    body_of,
)
from sandbox.check.reproducing import server_reproduced
from sandbox.check.server_under_test import ServerUnderTest
from sandbox.check.trial import Subject
from sandbox.segment.json_text import json_text
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import MISSING, Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Calls: TypeAlias = tuple[HttpCall, ...]

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules that the check does not test: only the mock has them, or no client can break them."""

_OF_STATE: Final = frozenset({
    "profile-identity", "users-not-joined", "merge-properties", "event-no-profile",
    "creation-time-user", "creation-time-account",
})  # fmt: skip
"""Rules that only the state of a server can show."""

_FOREIGN_KEY: Final = "tok_of_nobody_at_all"

_SEQUENCES: Final = 10
"""How many examples one sequence counts as, since it makes several calls."""


@dataclass(frozen=True)
class ServerSubject(Subject[Calls]):
    """A server under test, compared with a reference that knows the right answers.

    `own` is a string for ids that no other check used; `numbers` numbers the sequences.
    """

    check: ClassVar[CheckKind] = "server"
    server: ServerUnderTest
    reference: Reference
    own: str
    numbers: Iterator[int] = field(default_factory=count)

    def broken(self, case: Calls, known: Collection[str] = ()) -> dict[str, Broken]:
        """Return the rules that an answer or the state breaks, by key."""
        self.reference.forget()
        if len(case) > 1:
            return self._of_sequence(case)
        (call,) = case
        right, before, answer = self.reference.expect(call), self.server.last, self.server.ask(call)
        wrong = _judged(call, right, answer)
        if answer.status and wrong.keys() - {"no-rate-limit", *known}:
            self.server.renew()
            if not _judged(call, right, self.server.ask(call)):
                return by_rule([judging.not_alike(answer, right.answer, before)])
        if right.broken and right.broken[0]["rule"] in known:
            wrong.pop("all-or-nothing", None)  # it accepts such an item alone, too
        return wrong

    def _of_sequence(self, calls: Calls) -> dict[str, Broken]:
        own = f"{self.own}-{next(self.numbers)}."
        for call in calls:
            owned = replace(call, body=call.body.replace(OWN.encode(), own.encode()))
            right = self.reference.expect(owned)
            if self.server.ask(owned).status // 100 != right.answer.status // 100:
                return {}  # the checks of single calls report this
        there = {kind: items for kind in KINDS if (items := self.server.state(kind)) is not None}
        if len(there) < len(KINDS):
            return {}  # the state cannot be read now
        known = _of(own, {kind: self.reference.state(kind) for kind in KINDS})
        found = _of(own, there)
        return _by_key(judging.compare_states(known, found), known, found)

    def renew(self) -> None:
        """Close the connection, so that the next call does not follow another on it."""
        self.server.renew()

    def smallest(self, found: Broken, case: Calls) -> Calls:
        """Return fewer calls, or a call with less in its body, that break the same rule."""
        refused_for = self._refused_for(case)

        def still(simpler: Calls) -> bool:
            if self._refused_for(simpler) != refused_for:
                return False
            again = self.broken(simpler).get(found.rule.key)
            return again is not None and again.aspect == found.aspect

        return reduced_case(case, still, _simpler)

    def _refused_for(self, case: Calls) -> set[str]:
        self.reference.forget()
        return {each["rule"] for call in case for each in self.reference.expect(call).broken}

    def failure(self, case: Calls, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure of some calls; the sentence names the last one."""
        return Failure(
            check="server",
            case={"calls": [call.to_json() for call in case], "aspect": found.aspect},
            sentence=f"{case[-1].shown} {found.sentence}",
            unstable=unstable,
            **members(found, "rule", "right", "found", "differences"),
        )

    def plain(self) -> Iterator[Calls]:
        """Yield the calls of the catalogue."""
        from sandbox.check.catalogue import catalogue  # noqa: PLC0415 - Hypothesis is slow to load

        return ((call,) for call in catalogue(foreign_key=_FOREIGN_KEY))

    def generated(self) -> Iterator[tuple[SearchStrategy[Calls], int]]:
        """Yield the strategies of single calls, and of sequences if the server has a state."""
        # Hypothesis is slow to load
        from sandbox.check.catalogue import CALLS, SEQUENCES  # noqa: PLC0415

        has_state = self.server.has_state
        yield CALLS.map(lambda call: (call,)), 1
        if has_state:
            yield SEQUENCES, _SEQUENCES

    def rules(self) -> tuple[CheckedRule, ...]:
        """Return the rules of the API that calls can test, and those of its state if it has one."""
        has_state = self.server.has_state
        left_out = _NOT_ASKED if has_state else _NOT_ASKED | _OF_STATE
        under = [rule.key for rule in TOPLYNE.rules if self.reference.rules in rule.under]
        asked = [judging.declared(key) for key in under if key not in left_out]
        always = (*asked, judging.status_rule(400), judging.ANSWERED, judging.ALIKE)
        return (*always, judging.STORED) if has_state else always

    def read(self, case: dict[str, Json]) -> Calls:
        """Return the calls of a saved case."""
        return tuple(HttpCall.several(case["calls"]))

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""
        return server_reproduced(failure, self.server.url)


def _simpler(calls: Calls) -> Iterator[Calls]:
    """Yield the calls without one of them, or with one of them made simpler."""
    for number, call in enumerate(calls):
        before, after = calls[:number], calls[number + 1 :]
        if before or after:
            yield before + after
        body = Reply(0, (), call.body).json if len(call.body) < LARGE else MISSING
        if body is not MISSING and call.headers == (JSON_TYPE,):
            for simpler in simpler_values(body):
                yield (*before, replace(call, body=body_of(simpler)), *after)


def _judged(call: HttpCall, right: Expected, answer: Reply) -> dict[str, Broken]:
    found = judging.broken_rules(call, right, answer)
    return _by_key(found, right.answer.to_json(), answer.to_json())


def _by_key(broken: Iterable[Broken], right: object, found: object) -> dict[str, Broken]:
    """Return the first breach of each rule, with the right answer or state and the found one."""
    return by_rule(replace(each, right=right, found=found) for each in broken)


def _of(own: str, state: judging.StateItems) -> judging.StateItems:
    """Return the items with an id of this sequence; the ids have OWN again in place of `own`."""
    return {
        kind: [_renamed(item, own) for item in items if own in json_text(item)]
        for kind, items in state.items()
    }


def _renamed(item: dict[str, Json], own: str) -> dict[str, Json]:
    ids = ((key, value) for key, value in item.items() if key in IDS and isinstance(value, str))
    return item | {key: value.replace(own, OWN) for key, value in ids}
