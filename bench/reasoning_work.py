"""The work of explain and lint at 50 mappings, in a process of its own: prints runs a second.

PYTHONPATH=<folder that holds sandbox/> python bench/reasoning_work.py explain|lint SECONDS CLOCK
"""

import sys
import time
from collections import abc
from typing import Any

import mapper_events  # type: ignore[import-not-found]  # beside this file, whatever sandbox/ it is

from sandbox import explain, lint

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
EVENTS = 6


def work(name: str) -> abc.Callable[[], object]:
    """Return one run of the work, for EVENTS events or once for all mappings."""
    mappings, events = mapper_events.mappings(), mapper_events.events()[:EVENTS]
    if name == "lint":
        return lambda: lint.lint(mappings)
    every: Any = getattr(explain, "explain_all", None)
    if every is not None:
        return lambda: [every(event, mappings) for event in events]
    return lambda: [explain.explain(event, m) for event in events for m in mappings]


def main() -> None:
    """Print how many runs a second: of one event at all mappings, of one lint of all."""
    name, seconds, clock = sys.argv[1], float(sys.argv[2]), CLOCKS[sys.argv[3]]
    run = work(name)
    run()
    done, start = 0, clock()
    while (spent := clock() - start) < seconds:
        run()
        done += 1
    print(done * (EVENTS if name == "explain" else 1) / spent)


main()
