"""Server: whether somebody else's server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import ClassVar, Final, NamedTuple, Protocol, TypeAlias

from sandbox.check.catalogue import catalogue
from sandbox.check.failure import CheckedRule, Failure, Kind, Report
from sandbox.check.failures import Reproduction
from sandbox.check.http_calls import Call, Reference, Told, read_call
from sandbox.check.judging import ANSWERED, Wrong, declared, judge, status_rule
from sandbox.check.reproducing_server import reproduced
from sandbox.check.sequences import KINDS, STORED, compare_states, of, owned
from sandbox.check.trial import Effort, Trial
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

Calls: TypeAlias = tuple[Call, ...]

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules no call of the check touches: those of the mock alone, and what HTTP clients cannot do."""

FOREIGN_KEY: Final = "tok_of_nobody_at_all"

_SEQUENCES: Final = 10
"""Examples per sequence, as each sequence is a handful of calls."""


class AnsweringServer(Protocol):
    """A server under test."""

    @property
    def url(self) -> str:
        """Its base URL."""

    def ask(self, call: Call) -> Told:
        """Return the answer to a call; raises CheckError if there is no answer."""

    @property
    def has_state(self) -> bool:
        """Whether its state can be read."""

    def state(self, kind: str) -> list[dict[str, Json]] | None:
        """Return its newest profiles, accounts or events, oldest first; None where it has none."""


class _Found(NamedTuple):
    """A wrong answer or state beside the right one, both as JSON."""

    wrong: Wrong
    right: Json
    told: Json


@dataclass(frozen=True)
class ServerSubject:
    """A server under test, held against a reference that knows the right answers.

    `own` is a string that no other check used, for ids; `numbers` tells its sequences apart.
    """

    check: ClassVar[Kind] = "server"
    server: AnsweringServer
    reference: Reference
    own: str
    numbers: Iterator[int] = field(default_factory=count)

    def broken(self, case: Calls, known: Collection[str] = ()) -> dict[str, _Found]:
        """Return the rules an answer or a state breaks, by key."""
        self.reference.forget()
        if len(case) > 1:
            return self._of_sequence(case)
        (call,) = case
        right = self.reference.expect(call)
        told = self.server.ask(call)
        documented = self.reference.expect_documented(call) if right.accepted else right
        wrong = judge(call, right, documented, told)
        if right.broken and right.broken[0].rule in known:
            wrong.pop("all-or-nothing", None)  # such an item is taken when it stands alone, too
        return {
            key: _Found(each, right.answer.to_json(), told.to_json()) for key, each in wrong.items()
        }

    def _of_sequence(self, calls: Calls) -> dict[str, _Found]:
        own = f"{self.own}-{next(self.numbers)}."
        for call in owned(calls, own):
            right = self.reference.expect(call)
            if self.server.ask(call).status // 100 != right.answer.status // 100:
                return {}  # a matter of single calls
        known = {kind: self.reference.state(kind) for kind in KINDS}
        there = {kind: self.server.state(kind) or [] for kind in KINDS}
        if not any(there.values()):
            return {}  # it cannot be read at the moment
        states = of(known, own), of(there, own)
        wrong = compare_states(*states)
        return {key: _Found(each, *states) for key, each in wrong.items()}

    def smallest(self, _key: str, case: Calls) -> Calls:
        """Return the case: calls are small as they are."""
        return case

    def failure(self, case: Calls, found: _Found, *, unstable: bool) -> Failure:
        """Return the failure of calls, of which the last is told."""
        wrong = found.wrong
        return Failure(
            check="server",
            rule=wrong.rule,
            case={"calls": [call.to_json() for call in case], "aspect": wrong.aspect},
            sentence=f"{case[-1].shown} {wrong.sentence}",
            right=found.right,
            found=found.told,
            differences=wrong.differences,
            unstable=unstable,
        )

    def report(self, effort: Effort, first: Collection[Calls] = ()) -> Report:
        """Try the calls of the catalogue, then generated ones, then sequences if it has a state."""
        from sandbox.check.bodies import CALLS  # noqa: PLC0415 - Hypothesis is slow to load
        from sandbox.check.sequences import SEQUENCES  # noqa: PLC0415 - as above

        trial = Trial(self, effort)
        for calls in (*first, *((call,) for call in catalogue(foreign_key=FOREIGN_KEY))):
            trial.try_one(calls)
        has_state = self.server.has_state
        trial.search(CALLS.map(lambda call: (call,)), effort.max_examples)
        if has_state:
            trial.search(SEQUENCES, max(1, effort.max_examples // _SEQUENCES))
        return trial.report(_rules(has_state=has_state))

    def read(self, case: dict[str, Json]) -> Calls:
        """Return the calls of a saved case."""
        return tuple(read_call(call) for call in case["calls"])

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""
        return reproduced(failure, self.server.url)


def _rules(*, has_state: bool) -> tuple[CheckedRule, ...]:
    state_rules = {"profile-identity", "users-not-joined", "merge-properties", "event-no-profile"}
    state_rules |= {"creation-time-user", "creation-time-account"}
    asked = [
        declared(rule.key)
        for rule in TOPLYNE.rules
        if rule.key not in _NOT_ASKED and (has_state or rule.key not in state_rules)
    ]
    return (*asked, status_rule(400), ANSWERED, *([STORED] if has_state else []))
