"""Messages a second from Segment's Python SDK to Toplyne's state, beside a bare Flask route.

The same SDK, unmodified, sends the same messages in batches of 100 to `serve`, whose queue is then
flushed, without and with `--db`, and to a Flask route that only answers 200. Server and SDK are a
process each.

`python bench/tracking_throughput.py [--messages 5000] [--pairs 5]`
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from segment.analytics.client import Client

HERE = Path(__file__).parent
BATCH = 100


def send(url, write_key, messages):
    """Send through the SDK as an application would; return when the SDK has sent everything."""
    client = Client(
        write_key, host=url, max_queue_size=messages + 1, upload_size=BATCH, timeout=60,
        on_error=lambda error, _: sys.exit(f"the SDK could not send: {error}"),
    )  # fmt: skip
    for number in range(messages):
        properties = {"plan": "pro", "total": 120.5, "currency": "EUR", "items": number}
        client.track(f"u{number % 50}", "Order Completed", properties)
    client.shutdown()


def post(url):
    request = urllib.request.Request(url, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def ours(messages, *options):
    command = [sys.executable, "-m", "toplyne_sandbox", "serve", "--port", "0", "--json"]
    program = [*command, *options]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    try:
        told = json.loads(process.stdout.readline())
        send(told["url"], told["write_key"], BATCH)
        post(f"{told['url']}/_sandbox/flush?timeout=300")

        started = time.perf_counter()
        send(told["url"], told["write_key"], messages)
        answered = time.perf_counter()
        flushed = post(f"{told['url']}/_sandbox/flush?timeout=300")
        ended = time.perf_counter()

        if flushed["outcomes"] != {"delivered": messages + BATCH}:
            raise RuntimeError(f"not all was delivered: {flushed}")
        return messages / (answered - started), messages / (ended - started)
    finally:
        process.terminate()
        process.wait(30)


def bare(messages):
    program = [sys.executable, str(HERE / "bare_flask.py")]
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        send(url, "a-write-key", BATCH)
        started = time.perf_counter()
        send(url, "a-write-key", messages)
        return messages / (time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(30)


def shown(name, rates):
    middle = statistics.median(rates)
    print(f"  {name:<49}{middle:>9,.0f}   {min(rates):,.0f} … {max(rates):,.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    answered, arrived, kept, flask = [], [], [], []
    for _ in range(asked.pairs):
        with tempfile.TemporaryDirectory() as folder:
            kept.append(ours(asked.messages, "--db", f"{folder}/mock.db")[1])
        one, other = ours(asked.messages)
        answered.append(one)
        arrived.append(other)
        flask.append(bare(asked.messages))
    print(f"messages a second, {asked.messages:,} of them; medians of {asked.pairs}, from … to")
    shown("to a bare Flask route that answers 200", flask)
    shown("to serve, answered", answered)
    shown("to serve, delivered and in Toplyne's state", arrived)
    shown("the same with --db", kept)
    ratios = [a / b for a, b in zip(kept, arrived, strict=True)]
    shown("in the state with --db, as a share of without, %", [100 * ratio for ratio in ratios])
    ratios = [a / b for a, b in zip(arrived, flask, strict=True)]
    shown("in the state, as a share of the bare route, %", [100 * ratio for ratio in ratios])


if __name__ == "__main__":
    main()
