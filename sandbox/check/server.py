"""Server: whether somebody else's server answers as Toplyne's API does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

from sandbox.check.catalogue import catalogue
from sandbox.check.failure import CheckedRule, Failure, Report
from sandbox.check.http_calls import Call, Reference, Told
from sandbox.check.judging import ANSWERED, Wrong, declared, judge, status_rule
from sandbox.check.sequences import KINDS, STORED, compare_states, of, owned
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

_NOT_ASKED: Final = frozenset({"own-host", "fault-header", "body-complete"})
"""Rules no call of the check touches: those of the mock alone, and what HTTP clients cannot do."""

FOREIGN_KEY: Final = "tok_of_nobody_at_all"

_SEQUENCES: Final = 10
"""Examples per sequence, as each sequence is a handful of calls."""


class AnsweringServer(Protocol):
    """A server under test."""

    def ask(self, call: Call) -> Told:
        """Return the answer to a call; raises CheckError if there is no answer."""

    @property
    def has_state(self) -> bool:
        """Whether its state can be read."""

    def state(self, kind: str) -> list[dict[str, Json]] | None:
        """Return its newest profiles, accounts or events, oldest first; None where it has none."""


def check_server(  # noqa: PLR0913 - what a check depends on, each by name
    server: AnsweringServer,
    reference: Reference,
    *,
    own: str,
    max_examples: int = 1000,
    seed: int = 0,
    first: Iterable[tuple[Call, ...]] = (),
    tick: Callable[[], None] = lambda: None,
) -> Report:
    """Hold a server against the contract: the calls of the catalogue first, then generated ones.

    `reference` knows the right answers. `own` is a string that no other check used,
    for ids. If the server's state can be read, sequences of calls are tried too. `first` are cases
    to try before. Raises CheckError if the server cannot be asked.
    """
    trial = _Trial(server, reference, own, tick)
    for calls in first:
        trial.try_one(calls)
    for call in catalogue(foreign_key=FOREIGN_KEY):
        trial.try_one((call,))
    trial.search(max_examples, seed)
    return Report(
        check="server",
        failures=tuple(trial.failures.values()),
        rules=_rules(trial),
        examples=trial.examples,
    )


class _Trial:
    """One check under way: what was found so far, and the counters ids are made of."""

    def __init__(
        self, server: AnsweringServer, reference: Reference, own: str, tick: Callable[[], None]
    ) -> None:
        self.failures: dict[str, Failure] = {}
        self.examples = 0
        self.has_state = server.has_state
        self._server = server
        self._reference = reference
        self._own = own
        self._tick = tick
        self._sequences = 0

    def try_one(self, calls: tuple[Call, ...]) -> None:
        """Put one case to the server and keep what it breaks."""
        self.examples += 1
        broken = self.broken(calls)
        for key in [key for key in broken if key not in self.failures]:
            again = self.broken(calls)
            self.failures[key] = _failure(calls, broken[key], unstable=key not in again)

    def search(self, max_examples: int, seed: int) -> None:
        """Generate single calls, then sequences where there is a state to read."""
        from sandbox.check.bodies import CALLS  # noqa: PLC0415 - Hypothesis is slow to load
        from sandbox.check.searching import search  # noqa: PLC0415 - as above
        from sandbox.check.sequences import SEQUENCES  # noqa: PLC0415 - as above

        single = CALLS.map(lambda call: (call,))
        rounds = [(single, max_examples), (SEQUENCES, max(1, max_examples // _SEQUENCES))]
        for strategy, count in rounds if self.has_state else rounds[:1]:
            searched = search(
                strategy,
                self.broken,
                max_examples=count,
                seed=seed,
                known=frozenset(self.failures),
                tick=self._tick,
            )
            self.examples += searched.examples
            for key, shown in searched.shown.items():
                calls, found = shown.example, shown.broken
                self.failures[key] = _failure(calls, found, unstable=shown.unstable)

    def broken(self, calls: tuple[Call, ...]) -> dict[str, _Found]:
        """Return the rules a case breaks, by key."""
        self._reference.forget()
        if len(calls) > 1:
            return self._of_sequence(calls)
        (call,) = calls
        right = self._reference.expect(call)
        told = self._server.ask(call)
        documented = self._reference.expect_documented(call) if right.accepted else right
        wrong = judge(call, right, documented, told)
        if right.broken and right.broken[0].rule in self.failures:
            wrong.pop("all-or-nothing", None)  # such an item is taken when it stands alone, too
        return {
            key: _Found(each, right.answer.to_json(), told.to_json()) for key, each in wrong.items()
        }

    def _of_sequence(self, calls: tuple[Call, ...]) -> dict[str, _Found]:
        self._sequences += 1
        own = f"{self._own}-{self._sequences}."
        for call in owned(calls, own):
            right = self._reference.expect(call)
            if self._server.ask(call).status // 100 != right.answer.status // 100:
                return {}  # a matter of single calls
        known = {kind: self._reference.state(kind) for kind in KINDS}
        there = {kind: self._server.state(kind) or [] for kind in KINDS}
        if not any(there.values()):
            return {}  # it cannot be read at the moment
        states = of(known, own), of(there, own)
        wrong = compare_states(*states)
        return {key: _Found(each, *states) for key, each in wrong.items()}


class _Found(NamedTuple):
    """A wrong answer or state beside the right one, both as JSON."""

    wrong: Wrong
    right: Json
    told: Json


def _failure(calls: tuple[Call, ...], found: _Found, *, unstable: bool) -> Failure:
    wrong = found.wrong
    return Failure(
        check="server",
        rule=wrong.rule,
        case={"calls": [call.to_json() for call in calls], "aspect": wrong.aspect},
        sentence=f"{calls[-1].shown} {wrong.sentence}",
        right=found.right,
        found=found.told,
        differences=wrong.differences,
        unstable=unstable,
    )


def _rules(trial: _Trial) -> tuple[CheckedRule, ...]:
    state_rules = {"profile-identity", "users-not-joined", "merge-properties", "event-no-profile"}
    state_rules |= {"creation-time-user", "creation-time-account"}
    asked = [
        declared(rule.key)
        for rule in TOPLYNE.rules
        if rule.key not in _NOT_ASKED and (trial.has_state or rule.key not in state_rules)
    ]
    return (*asked, status_rule(400), ANSWERED, *([STORED] if trial.has_state else []))


def passes(
    server: AnsweringServer, reference: Reference, calls: tuple[Call, ...], *, own: str
) -> bool:
    """Return whether a case is answered rightly now."""
    return not _Trial(server, reference, own, lambda: None).broken(calls)
