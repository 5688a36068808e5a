"""Judging: cases of one kind put to both sides, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.conformance.compare import Case, Told
from tests.conformance.kinds import DIFFERENT, Kind, our_answer
from tests.conformance.oracle import SegmentRuntime
from tests.conformance.shrink import shrunk

# Hypothesis keeps a tree of all it has tried; a new run for each chunk keeps that small.
CHUNK = 2000
MOST_FOUND = 5


@dataclass(frozen=True)
class Disagreement:
    kind: str
    case: Case
    ours: Told
    theirs: Told


class DisagreementError(AssertionError):
    """What Hypothesis shrinks: the two sides differ on a case."""

    def __init__(self, found: Disagreement) -> None:
        self.found = found
        super().__init__(found)  # its only argument, so that it can leave a worker's process

    def __str__(self) -> str:
        found = self.found
        return f"the two sides differ on {found.case!r}: {found.ours!r} / {found.theirs!r}"


@dataclass
class Tally:
    """How many cases were compared, what they reached, and where the sides differ."""

    compared: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    found: list[Disagreement] = field(default_factory=list)

    def add(self, kind: Kind, theirs: Told, verdict: str) -> None:
        self.compared += 1
        self.counts[verdict] += 1
        for label, reached in zip(kind.labels, kind.reached(theirs), strict=True):
            self.counts[label] += reached

    def merge(self, other: "Tally") -> None:
        self.compared += other.compared
        self.counts += other.counts
        known = [found.case for found in self.found]
        self.found += [found for found in other.found if found.case not in known]


def both_sides(kind: Kind, runtime: SegmentRuntime, case: Case) -> tuple[Told, Told]:
    """Give our answer and Segment's."""
    return our_answer(kind, case), kind.theirs(case, runtime.ask(kind.op, **case))


def judge(kind: Kind, runtime: SegmentRuntime, *, count: int, seed_number: int) -> Tally:
    """Compare `count` cases; stops early after MOST_FOUND disagreements."""
    tally = Tally()
    chunk = 0
    while tally.compared < count and len(tally.found) < MOST_FOUND:
        examples = min(CHUNK, count - tally.compared)
        _judge_chunk(kind, runtime, tally, examples, (seed_number, kind.name, chunk))
        chunk += 1
    return tally


def _judge_chunk(
    kind: Kind, runtime: SegmentRuntime, tally: Tally, examples: int, seed_key: Any
) -> None:
    counting = True

    def check(case: Case) -> None:
        nonlocal counting
        ours, theirs = both_sides(kind, runtime, case)
        verdict = kind.verdict(ours, theirs)
        if counting:
            tally.add(kind, theirs, verdict)
        if verdict == DIFFERENT:
            counting = False  # what follows is Hypothesis shrinking
            raise DisagreementError(Disagreement(kind.name, case, ours, theirs))

    try:
        _under_hypothesis(check, kind, examples, str(seed_key))
    except DisagreementError as error:
        tally.found.append(_smallest(kind, runtime, error.found))


def _under_hypothesis(check: Callable[[Case], None], kind: Kind, count: int, key: str) -> None:
    run = given(kind.cases)(check)
    run = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )(run)
    seed(key)(run)()


def _smallest(kind: Kind, runtime: SegmentRuntime, found: Disagreement) -> Disagreement:
    """Shrink what Hypothesis left, without turning a wrong answer into a mere crash."""

    def differs(case: Case) -> bool:
        if not kind.is_case(case):
            return False
        ours, theirs = both_sides(kind, runtime, case)
        crash_stays = ("crashed" in ours) == ("crashed" in found.ours)
        return crash_stays and kind.verdict(ours, theirs) == DIFFERENT

    case = shrunk(found.case, differs)
    return Disagreement(kind.name, case, *both_sides(kind, runtime, case))
