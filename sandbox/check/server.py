"""Server: whether somebody else's server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from sandbox.check import judging
from sandbox.check.asking import Server
from sandbox.check.catalogue import catalogue
from sandbox.check.failure import CheckedRule, Failure, Kind
from sandbox.check.failures import Reproduction
from sandbox.check.http_calls import KINDS, OWN, Call, Reference, read_call
from sandbox.check.judging import State, Wrong
from sandbox.check.reproducing_server import reproduced
from sandbox.check.trial import Subject
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Calls: TypeAlias = tuple[Call, ...]

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules no call of the check touches: those of the mock alone, and what HTTP clients cannot do."""

_OF_STATE: Final = frozenset({
    "profile-identity", "users-not-joined", "merge-properties", "event-no-profile",
    "creation-time-user", "creation-time-account",
})  # fmt: skip
"""Rules that only the state of a server can show."""

FOREIGN_KEY: Final = "tok_of_nobody_at_all"

_SEQUENCES: Final = 10
"""Examples per sequence, as each sequence is a handful of calls."""


@dataclass(frozen=True)
class ServerSubject(Subject[Calls, Wrong]):
    """A server under test, held against a reference that knows the right answers.

    `own` is a string that no other check used, for ids; `numbers` tells its sequences apart.
    """

    check: ClassVar[Kind] = "server"
    server: Server
    reference: Reference
    own: str
    numbers: Iterator[int] = field(default_factory=count)

    def broken(self, case: Calls, known: Collection[str] = ()) -> dict[str, Wrong]:
        """Return the rules an answer or a state breaks, by key."""
        self.reference.forget()
        if len(case) > 1:
            return self._of_sequence(case)
        (call,) = case
        right, told = self.reference.expect(call), self.server.ask(call)
        documented = self.reference.expect_documented(call) if right.accepted else right
        found = judging.judge(call, right, documented, told)
        wrong = _by_key(found, right.answer.to_json(), told.to_json())
        if right.broken and right.broken[0].rule in known:
            wrong.pop("all-or-nothing", None)  # such an item is taken when it stands alone, too
        return wrong

    def _of_sequence(self, calls: Calls) -> dict[str, Wrong]:
        own = f"{self.own}-{next(self.numbers)}."
        for call in calls:
            owned = replace(call, body=call.body.replace(OWN.encode(), own.encode()))
            right = self.reference.expect(owned)
            if self.server.ask(owned).status // 100 != right.answer.status // 100:
                return {}  # a matter of single calls
        there = {kind: self.server.state(kind) or [] for kind in KINDS}
        if not any(there.values()):
            return {}  # it cannot be read at the moment
        known = _of(own, {kind: self.reference.state(kind) for kind in KINDS})
        found = _of(own, there)
        return _by_key(judging.compare_states(known, found), known, found)

    def failure(self, case: Calls, found: Wrong, *, unstable: bool) -> Failure:
        """Return the failure of calls, of which the last is told."""
        return Failure(
            check="server",
            case={"calls": [call.to_json() for call in case], "aspect": found.aspect},
            sentence=f"{case[-1].shown} {found.sentence}",
            unstable=unstable,
            **members(found, "rule", "right", "found", "differences"),
        )

    def plain(self) -> Iterator[Calls]:
        """Yield the calls of the catalogue."""
        return ((call,) for call in catalogue(foreign_key=FOREIGN_KEY))

    def generated(self) -> Iterator[tuple[SearchStrategy[Calls], int]]:
        """Yield the strategies of single calls, and of sequences if the server has a state."""
        # Hypothesis is slow to load
        from sandbox.check.generated_calls import CALLS, SEQUENCES  # noqa: PLC0415

        has_state = self.server.has_state
        yield CALLS.map(lambda call: (call,)), 1
        if has_state:
            yield SEQUENCES, _SEQUENCES

    def rules(self) -> tuple[CheckedRule, ...]:
        """Return the rules of the API that calls can touch, those of its state if it has one."""
        has_state = self.server.has_state
        left_out = _NOT_ASKED if has_state else _NOT_ASKED | _OF_STATE
        asked = [judging.declared(rule.key) for rule in TOPLYNE.rules if rule.key not in left_out]
        always = (*asked, judging.status_rule(400), judging.ANSWERED)
        return (*always, judging.STORED) if has_state else always

    def read(self, case: dict[str, Json]) -> Calls:
        """Return the calls of a saved case."""
        return tuple(read_call(call) for call in case["calls"])

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""
        return reproduced(failure, self.server.url)


def _by_key(wrong: Iterable[Wrong], right: Json, found: Json) -> dict[str, Wrong]:
    """Return the first of each rule, with the right answer or state and the one that came."""
    broken: dict[str, Wrong] = {}
    for each in wrong:
        broken.setdefault(each.rule.key, replace(each, right=right, found=found))
    return broken


def _of(own: str, state: State) -> State:
    """Return the items that hold an id of the sequence, with OWN in its place again."""
    return {
        kind: [_renamed(item, own) for item in items if own in json_text(item)]
        for kind, items in state.items()
    }


def _renamed(item: dict[str, Json], own: str) -> dict[str, Json]:
    ids = {key: item[key].replace(own, OWN) for key in IDS if isinstance(item.get(key), str)}
    return item | ids
