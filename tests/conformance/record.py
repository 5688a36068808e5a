"""Recording the corpus: cases with Segment's answers, for tests that run without Node.

    python -m tests.conformance.record
    python -m tests.conformance.record --again dates   the answers to the cases that are there

Each file of fixtures/cases is one row of RECORDINGS: what it is about, how its cases are made, how
many. The cases are the same every time; the packages' answers are the only thing that can change.
What a case does not need for its answer is taken out of its event.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.strategies.tape import Tape
from tests.conformance import corpus, json_wire
from tests.conformance.compare import Case, Told
from tests.conformance.kinds import KINDS, Kind, kind_of_folder
from tests.conformance.oracle import SegmentRuntime
from tests.conformance.recordings import RECORDINGS, Recording

LONGEST = 1200
FAILED = {"problems", "thrown", "error"}
TAPE = 160


@dataclass
class _Quota:
    """Keeps a file from filling up with one and the same error."""

    most: int
    seen: Counter[str]

    def takes(self, told: Told) -> bool:
        if not told.keys() & FAILED:
            return True
        shape = re.sub(r"[0-9]+|\"[^\"]*\"", "", json_wire.dumps(told))[:80]
        self.seen[shape] += 1
        return self.seen[shape] <= self.most


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.record")
    folders = [kind.folder for kind in KINDS]
    parser.add_argument("--again", choices=folders, help="ask the cases of a folder again, as is")
    folder = parser.parse_args(arguments).again
    if folder:
        _record_again(kind_of_folder(folder))
    else:
        _record()


def _record_again(kind: Kind) -> None:
    with SegmentRuntime() as runtime:
        for file in sorted((corpus.CASES / kind.folder).glob("*.json")):
            cases = [case for case, _ in corpus.read(file)]
            answers = [kind.theirs(case, runtime.ask(kind.op, **case)) for case in cases]
            corpus.write(file, zip(cases, answers, strict=True))
            print(f"{kind.folder}/{file.name}: {len(cases)}")


def _record() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    total = 0
    with SegmentRuntime() as runtime:
        for recording in RECORDINGS:
            kind = kinds[recording.kind]
            entries = list(_recorded(recording, kind, runtime))
            corpus.write(corpus.CASES / kind.folder / f"{recording.file}.json", entries)
            print(f"{kind.folder}/{recording.file}.json: {len(entries)}")
            total += len(entries)
    print(f"{total} cases")


def _recorded(
    recording: Recording, kind: Kind, runtime: SegmentRuntime
) -> Iterator[tuple[Case, Told]]:
    quota = _Quota(max(3, recording.count // 6), Counter())
    wanted = recording.count
    for case in recording.fixed:
        yield _entry(kind, runtime, case)
    for case in _drawn(recording):
        if wanted == 0:
            return
        told = kind.theirs(case, runtime.ask(kind.op, **case))
        if not quota.takes(told):
            continue
        entry = _entry(kind, runtime, case)
        if len(json_wire.dumps(list(entry))) <= LONGEST:
            wanted -= 1
            yield entry


def _drawn(recording: Recording) -> Iterator[Case]:
    """Draw cases from tapes of a generator whose seed is the file's name, none of them twice."""
    source = random.Random(f"{recording.kind}/{recording.file}")
    seen = {json_wire.dumps(case) for case in recording.fixed}
    for _ in range(recording.count * 20):
        case = recording.build(Tape(source.randbytes(TAPE)))
        text = json_wire.dumps(case)
        if text not in seen:
            seen.add(text)
            yield case


def _entry(kind: Kind, runtime: SegmentRuntime, case: Case) -> tuple[Case, Told]:
    """Give the case, its events pruned, with Segment's answer."""
    told = kind.theirs(case, runtime.ask(kind.op, **case))

    def stays(smaller: Case) -> bool:
        return _same_text(kind.theirs(smaller, runtime.ask(kind.op, **smaller)), told)

    for path in _objects_to_prune(case):
        case = _pruned(case, path, stays)
    return case, told


def _same_text(told: Told, other: Told) -> bool:
    return json_wire.dumps(told) == json_wire.dumps(other)


def _objects_to_prune(case: Case) -> list[tuple[Any, ...]]:
    """Give the places of the events in a case, and of the objects in them."""
    places: list[tuple[Any, ...]] = []
    events = [("events", at) for at in range(len(case["events"]))] if "events" in case else []
    for place in [*events, *([("event",)] if "event" in case else [])]:
        event = _at(case, place)
        if isinstance(event, dict):
            places.append(place)
            places += [(*place, key) for key, value in event.items() if isinstance(value, dict)]
    return places


def _pruned(case: Case, place: tuple[Any, ...], stays: Callable[[Case], bool]) -> Case:
    value = _at(case, place)
    for key in value if isinstance(value, dict) else ():
        smaller = {name: item for name, item in value.items() if name != key}
        candidate = _replaced(case, place, smaller)
        if stays(candidate):
            case, value = candidate, smaller
    return case


def _at(value: Any, place: Iterable[Any]) -> Any:
    """Give what is at a place; None where an earlier pruning took it away."""
    for key in place:
        value = value.get(key) if isinstance(value, dict) else value[key]
    return value


def _replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    first, *rest = place
    copy = list(value) if isinstance(value, list) else dict(value)
    copy[first] = _replaced(value[first], tuple(rest), new)
    return copy


if __name__ == "__main__":
    main()
