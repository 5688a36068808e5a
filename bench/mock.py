"""The mock against Prism, in turn in one run: ratios of medians with their spread.

`python bench/mock.py [--pairs 5] [--seconds 2]`
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from servers import TOKEN, Ours, Prism, SilentPrism, install_peers

EVENT = {
    "userId": "u1",
    "eventName": "Order Completed",
    "timestamp": 1795450639,
    "eventProperties": {"plan": "pro", "total": 120.5, "currency": "EUR", "items": 3},
}


def request(port, body):
    content = json.dumps(body, separators=(",", ":"))
    return (
        f"POST /v1/upload/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n{content}"
    )


def load(server, body, connections, seconds, expected):
    asked = {
        "port": server.port,
        "request": request(server.port, body),
        "connections": connections,
        "seconds": seconds,
    }
    result = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "load.py")],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    measured = json.loads(result.stdout)
    if set(measured["statuses"]) != {str(expected)}:
        raise RuntimeError(f"{server.name} answered {measured['statuses']}, not {expected} only")
    return measured["per_second"]


WORK = {
    "one event a request": ({"events": [EVENT]}, 16, 202),
    "a list of 500 events": ({"events": [EVENT] * 500}, 4, 202),
    "a refused request": ({"events": [{**EVENT, "timestamp": "now"}]}, 16, 400),
}


def one_run(kind, seconds):
    """Start a server, measure everything once, and stop it."""
    with kind() as server:
        figures = {"first answer, s": server.first_answer, "memory idle, MB": server.memory()}
        for name, (body, connections, expected) in WORK.items():
            load(server, body, connections, 0.3, expected)
            rate = load(server, body, connections, seconds, expected)
            figures[f"{name}, per s"] = rate
        figures["memory after, MB"] = server.memory()
    return figures


def table(peer, pairs, seconds):
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(one_run(Ours, seconds))
        theirs.append(one_run(peer, seconds))
    print(f"\n{Ours.name} against {peer.name}: medians of {pairs} interleaved pairs")
    print(f"  {'work':<32}{'ours':>12}{'theirs':>12}{'ratio':>9}   from … to")
    for name in ours[0]:
        mine, other = ([run[name] for run in runs] for runs in (ours, theirs))
        ratios = sorted(a / b for a, b in zip(mine, other, strict=True))
        middle = statistics.median(ratios)
        print(
            f"  {name:<32}{statistics.median(mine):>12,.2f}{statistics.median(other):>12,.2f}"
            f"{middle:>8.2f}×   {ratios[0]:.2f} … {ratios[-1]:.2f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    install_peers()
    for peer in (Prism, SilentPrism):
        table(peer, asked.pairs, asked.seconds)


if __name__ == "__main__":
    main()
