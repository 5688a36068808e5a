"""1,000 events through a Python SDK that is told nothing but a key: `thousand.py MODULE`."""

import sys
from importlib import import_module

client = import_module(f"{sys.argv[1]}.analytics.client").Client("key", max_queue_size=2000)
for number in range(1000):
    client.track(f"u{number % 50}", "Signed Up", {"n": number})
client.shutdown()
