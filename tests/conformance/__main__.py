"""Conformance: does our mapper answer as Segment's own runtime does?

    python -m tests.conformance --cases 20000 --seed 1
    python -m tests.conformance --try fixtures/cases/fields/found-0123456789.json

CASES, SEED and LATEST=1 in the environment mean the same. Without Node it says so and ends well;
the recorded cases run as ordinary tests all the same. Exits with 1 where the two sides disagree.
"""

import argparse
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.conformance import corpus, json_wire
from tests.conformance.judge import Disagreement, Tally, both_sides, judge
from tests.conformance.kinds import DIFFERENT, KINDS, REFUSED, Kind, kind_of_folder
from tests.conformance.oracle import RuntimeMissingError, SegmentRuntime, installed

SHARDS = 2
Tallies = dict[str, Tally]


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    try:
        installed(latest=options.latest)
    except RuntimeMissingError as missing:
        print(f"Skipped: {missing}")
        print("The recorded cases still run: pytest tests/test_cases.py")
        return 0
    if options.file:
        return _try_again(options.file, latest=options.latest)
    return _compare(options.cases, options.seed, latest=options.latest, only=options.only)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance")
    cases, seed = os.environ.get("CASES") or 20_000, os.environ.get("SEED") or None
    latest = os.environ.get("LATEST", "") not in ("", "0")
    parser.add_argument("--cases", type=int, default=cases, help="how many, over all kinds")
    parser.add_argument("--seed", type=int, default=seed, help="a number; a new one each time")
    parser.add_argument(
        "--latest", action="store_true", default=latest, help="the newest packages, not the pins"
    )
    parser.add_argument("--only", choices=[kind.name for kind in KINDS], help="one kind alone")
    parser.add_argument("--try", dest="file", type=Path, help="compare the cases of a file again")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.randrange(10**6)
    return options


def _compare(cases: int, seed: int, *, latest: bool, only: str | None) -> int:
    print(f"seed {seed}, {cases:,} cases, {SHARDS} processes", flush=True)
    started = time.monotonic()
    kinds = [kind for kind in KINDS if only in (None, kind.name)]
    counts = {k.name: _count_of(k, cases, alone=len(kinds) == 1) for k in kinds}
    with ProcessPoolExecutor(SHARDS) as pool:
        shards = [
            pool.submit(_shard, counts, seed, number, latest=latest) for number in range(SHARDS)
        ]
        told = [shard.result() for shard in shards]

    total: Tallies = {name: Tally() for name in counts}
    for tallies, _versions in told:
        for name, tally in tallies.items():
            total[name].merge(tally)
    found = [each for tally in total.values() for each in tally.found]
    for each in found:
        _report(each)
    _print_table(kinds, total)
    _print_versions(told[0][1])
    print(f"{time.monotonic() - started:.0f} s, {len(found)} disagreements")
    return 1 if found else 0


def _count_of(kind: Kind, cases: int, *, alone: bool) -> int:
    """Give how many cases of the kind each process compares."""
    share = 100 if alone else kind.share
    return -(-cases * share // (100 * SHARDS))


def _shard(
    counts: dict[str, int],
    seed: int,
    number: int,
    *,
    latest: bool,
) -> tuple[Tallies, dict[str, str]]:
    with SegmentRuntime(latest=latest, install=False) as runtime:
        tallies = {
            kind.name: judge(
                kind, runtime, count=counts[kind.name], seed_number=seed * SHARDS + number
            )
            for kind in KINDS
            if kind.name in counts
        }
        return tallies, runtime.versions()


def _report(found: Disagreement) -> None:
    kind = next(kind for kind in KINDS if kind.name == found.kind)
    file = corpus.save_found(kind, found.case, found.theirs)
    shown = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
    print(f"\n{found.kind}: the two sides differ")
    print(f"  case     {json_wire.dumps(found.case)}")
    print(f"  Segment  {json_wire.dumps(found.theirs)}")
    print(f"  ours     {json_wire.dumps(found.ours)}")
    print(f"  again    python -m tests.conformance --try {shown}")


def _print_table(kinds: list[Kind], total: Tallies) -> None:
    print(f"\n{'kind':12}{'compared':>10}{'refused':>10}{'different':>11}  not trivial")
    for kind in kinds:
        tally = total[kind.name]
        refused = _share(tally, REFUSED) if tally.counts[REFUSED] else "-"
        reached = ", ".join(f"{tally.counts[x]:,} {x} ({_share(tally, x)})" for x in kind.labels)
        print(f"{kind.name:12}{tally.compared:>10,}{refused:>10}{len(tally.found):>11}  {reached}")


def _share(tally: Tally, label: str) -> str:
    return f"{100 * tally.counts[label] / max(1, tally.compared):.1f} %"


def _print_versions(versions: dict[str, str]) -> None:
    print("\nagainst " + ", ".join(f"{name} {version}" for name, version in versions.items()))


def _try_again(file: Path, *, latest: bool) -> int:
    kind = kind_of_folder(file.resolve().parent.name)
    different = 0
    with SegmentRuntime(latest=latest, install=False) as runtime:
        for case, _recorded in corpus.read(file):
            ours, theirs = both_sides(kind, runtime, case)
            verdict = kind.verdict(ours, theirs)
            different += verdict == DIFFERENT
            print(f"{verdict}\n  case     {json_wire.dumps(case)}")
            print(f"  Segment  {json_wire.dumps(theirs)}\n  ours     {json_wire.dumps(ours)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
