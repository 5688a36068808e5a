"""Server: whether another server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Final

from sandbox.check import judging
from sandbox.check.cases import reduced_case, simpler_values
from sandbox.check.failures import Broken, CheckKind, Failure, Reproduction, by_rule
from sandbox.check.http_calls import (
    JSON_TYPE,
    KINDS,
    LARGE,
    OWN,
    Calls,
    Expected,
    HttpCall,
    Reference,
    Reply,
    body_of,
    json_in,
)
from sandbox.check.reproducing import server_reproduced
from sandbox.check.server_under_test import ServerUnderTest
from sandbox.check.trial import Subject
from sandbox.segment.definition import Rule
from sandbox.segment.json_text import json_text
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import MISSING, Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules that the check does not test: only the mock has them, or no client can break them."""

_OF_STATE: Final = frozenset({
    "profile-identity", "users-not-joined", "merge-properties", "event-no-profile",
    "creation-time-user", "creation-time-account",
})  # fmt: skip
"""Rules that only the state of a server can show."""

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
        if case.way != "kept":
            return self._of_several(case, known)
        *earlier, call = case.calls
        if earlier:
            self.server.renew()
        for each in earlier:
            self.server.ask(each)
        before, right, answer = self.server.last, self.reference.expect(call), self.server.ask(call)
        beside = Calls((before, call)) if before is not None and answer.status else None
        wrong = self._judged(call, right, answer, beside, known)
        if right.broken and right.broken[0]["rule"] in known:
            wrong.pop("all-or-nothing", None)  # it accepts such an item alone, too
        return wrong

    def _of_several(self, case: Calls, known: Collection[str]) -> dict[str, Broken]:
        """Return the rules that the answers to several calls break, or the state after them."""
        own = f"{self.own}-{next(self.numbers)}."
        calls = [*case.owned(own)]
        rights = [*map(self.reference.expect, calls)]
        in_order = case.way == "state"
        if in_order:
            answers = [self.server.ask(call) for call in calls]
        else:
            answers = self.server.ask_together(calls)
        wanted, told = [right.answer.to_json() for right in rights], [a.to_json() for a in answers]
        for call, right, answer in zip(calls, rights, answers, strict=True):
            wrong = self._judged(call, right, answer, None if in_order else case, known)
            if wrong.keys() & {judging.ALIKE.key, judging.ANSWERED.key}:
                shown = {} if in_order else {"answers": wanted}
                return by_rule(wrong.values(), right=shown, found={"answers": told})
            if answer.status // 100 != right.answer.status // 100:
                return {}  # the checks of single calls report this
        there = {kind: items for kind in KINDS if (items := self.server.state(kind)) is not None}
        if len(there) < len(KINDS):
            return {}  # it has no state, or it cannot be read now
        right_state = _of(own, {kind: self.reference.state(kind) for kind in KINDS})
        found = _of(own, there)
        places = judging.compare_states(right_state, found, in_order=in_order)
        return by_rule(places, right=right_state, found=found)

    def _judged(
        self,
        call: HttpCall,
        right: Expected,
        answer: Reply,
        beside: Calls | None,
        known: Collection[str],
    ) -> dict[str, Broken]:
        """Return the rules an answer breaks; ALIKE alone if the call alone is answered rightly."""
        wrong = _breaches(call, right, answer)
        odd = wrong.keys() - {"no-rate-limit", *known}
        if odd and beside is not None:
            self.server.renew()
            if not _breaches(call, right, self.server.ask(call)):
                return by_rule([judging.not_alike(wrong[min(odd)], beside)])
        return wrong

    def renew(self) -> None:
        """Close the connection, so that the next call does not follow another on it."""
        self.server.renew()

    def smallest(self, found: Broken, case: Calls) -> Calls:
        """Return fewer calls, or a call with less in its body, that break the same rule."""
        if found.rule.key == judging.ANSWERED.key or case.way == "together":
            return case  # each try may wait for the time-out, or succeed by chance
        case = found.case or case
        refused_for = self._refused_for(case)

        def still(simpler: Calls) -> bool:
            if self._refused_for(simpler) != refused_for:
                return False
            again = self.broken(simpler).get(found.rule.key)
            return again is not None and again.aspect == found.aspect

        return reduced_case(case, still, _simpler)

    def _refused_for(self, case: Calls) -> set[str]:
        self.reference.forget()
        return {each["rule"] for call in case.calls for each in self.reference.expect(call).broken}

    def failure(self, case: Calls, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure of some calls; the sentence names the last one."""
        named = case.calls[-1].shown
        if case.way == "together":
            named = f"Of {len(case.calls)} calls that were sent at once, one"
        return Failure(
            check="server",
            case={**case.to_json(), "aspect": found.aspect},
            sentence=f"{named} {found.sentence}",
            unstable=unstable,
            **members(found, "rule", "right", "found", "differences"),
        )

    def plain(self) -> Iterator[Calls]:
        """Yield the calls of the catalogue, and some that are sent at once."""
        # Hypothesis is slow to load
        from sandbox.check.catalogue import TOGETHER, catalogue  # noqa: PLC0415

        yield from (Calls((call,)) for call in catalogue())
        yield TOGETHER

    def generated(self) -> Iterator[tuple[SearchStrategy[Calls], int]]:
        """Yield the strategies of single calls, and of sequences if the server has a state."""
        # Hypothesis is slow to load
        from sandbox.check.catalogue import CALLS, SEQUENCES  # noqa: PLC0415

        yield CALLS, 1
        if self.server.has_state:
            yield SEQUENCES, _SEQUENCES

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules of the API that calls can test, and those of its state if it has one."""
        has_state = self.server.has_state
        left_out = _NOT_ASKED if has_state else _NOT_ASKED | _OF_STATE
        under = (rule for rule in TOPLYNE.rules if self.reference.rules in rule.under)
        asked = (rule for rule in under if rule.key not in left_out)
        always = (*asked, judging.status_rule(400), judging.ANSWERED, judging.ALIKE)
        return (*always, judging.STORED) if has_state else always

    def read(self, case: dict[str, Json]) -> Calls:
        """Return the calls of a saved case."""
        return Calls.of(case)

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""
        return server_reproduced(failure, self.server.url)


def _simpler(case: Calls) -> Iterator[Calls]:
    """Yield the calls without one of them, or with one of them made simpler."""
    for number, call in enumerate(case.calls):
        before, after = case.calls[:number], case.calls[number + 1 :]
        if case.way == "state" and (before or after):
            yield Calls(before + after, case.way)
        body = json_in(call.body) if len(call.body) < LARGE else MISSING
        if body is not MISSING and call.headers == (JSON_TYPE,):
            for simpler in simpler_values(body):
                changed = replace(call, body=body_of(simpler))
                yield Calls((*before, changed, *after), case.way)


def _breaches(call: HttpCall, right: Expected, answer: Reply) -> dict[str, Broken]:
    found = judging.broken_rules(call, right, answer)
    return by_rule(found, right=right.answer.to_json(), found=answer.to_json())


def _of(own: str, state: judging.StateItems) -> judging.StateItems:
    """Return the items with an id of this sequence; the ids have OWN again in place of `own`."""
    return {
        kind: [_renamed(item, own) for item in items if own in json_text(item)]
        for kind, items in state.items()
    }


def _renamed(item: dict[str, Json], own: str) -> dict[str, Json]:
    ids = ((key, value) for key, value in item.items() if key in IDS and isinstance(value, str))
    return item | {key: value.replace(own, OWN) for key, value in ids}
