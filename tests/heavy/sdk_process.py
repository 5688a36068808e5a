"""Segment's Python SDK in a process of its own: URL, write key, name, number of messages."""

import sys

from segment.analytics.client import Client

if __name__ == "__main__":
    url, write_key, name, number = sys.argv[1:]
    failed = []
    client = Client(
        write_key,
        host=url,
        max_queue_size=int(number) + 1,
        max_retries=10,
        on_error=lambda error, _: failed.append(error),
    )
    for index in range(int(number)):
        client.track(name, f"{name}/{index}", {"index": index})
    client.shutdown()
    sys.exit(f"the SDK gave up: {failed}" if failed else 0)
