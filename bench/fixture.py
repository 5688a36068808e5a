"""What the pytest fixture costs: ratios of interleaved pairs, as medians with their quartiles.

A test with one call through `toplyne.client` against the bare round trip of the same call on an
open client, and the first fixture of a pytest process against `import flask`: in the same place,
where pytest has loaded half of it already, and in a bare process.

`python bench/fixture.py [--pairs 15] [--tests 300]`
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 - the tree's own packages, wherever this is run

from mock_server.pytest_plugin import Servers  # noqa: E402 - as above

EVENT = {"events": [{"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}]}
MOST_OF_A_ROUND_TRIP = 3
MOST_OF_FLASK = 2

TIMED = """
import time, pytest, {before}
started = time.perf_counter()
{work}
print(time.perf_counter() - started)
"""
FLASK = TIMED.format(before="sys", work="import flask")
BARE_FLASK = FLASK.replace("pytest, ", "")
FIXTURE = TIMED.format(
    before="mock_server.pytest_plugin as plugin",
    work="toplyne = plugin.Servers().tenant().__enter__()",
)


def one_test(servers):
    """What the fixture and a test with one call do, from set-up to teardown."""
    with servers.tenant() as toplyne:
        answer = toplyne.client.post("/upload/events", json=EVENT)
        assert answer.status_code == 202
        assert toplyne.refused() == []


def bare_call(client):
    assert client.post("/upload/events", json=EVENT).status_code == 202


def seconds(work, times):
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def in_a_process(program):
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(ran.stdout)


def tell(name, pairs, most):
    ratios = [ours / other for ours, other in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    ours, other = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    verdict = "holds" if middle <= most else "MISSED"
    print(
        f"{name}: {middle:.2f} ({low:.2f} to {high:.2f}) of at most {most}: {verdict}; "
        f"{ours:.2f} ms against {other:.2f} ms"
    )
    return middle <= most


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--tests", type=int, default=300)
    chosen = parser.parse_args()

    servers = Servers()
    server = servers.by("documented")
    with httpx.Client(
        base_url=server.api_url,
        headers={"Authorization": f"Bearer {server.token}"},
        trust_env=False,
    ) as client:
        bare_call(client)
        one_test(servers)
        calls = [
            (
                seconds(lambda: one_test(servers), chosen.tests),
                seconds(lambda: bare_call(client), chosen.tests),
            )
            for _ in range(chosen.pairs)
        ]
    servers.close()

    for program in (FLASK, FIXTURE):
        in_a_process(program)  # the first of each writes the bytecode
    starts = [[in_a_process(p) for p in (FIXTURE, FLASK, BARE_FLASK)] for _ in range(chosen.pairs)]
    same = [(ours, flask) for ours, flask, _ in starts]
    bare = [(ours, flask) for ours, _, flask in starts]

    held = [
        tell("one test against the bare round trip", calls, MOST_OF_A_ROUND_TRIP),
        tell("the first fixture against import flask beside pytest", same, MOST_OF_FLASK),
        tell("the first fixture against import flask in a bare process", bare, MOST_OF_FLASK),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
