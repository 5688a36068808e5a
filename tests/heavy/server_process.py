"""A server in a process of its own, to be killed: prints its port, then waits to be."""

import sys
import threading

from mock_server import MockServer

if __name__ == "__main__":
    path, *pairs = sys.argv[1:]
    tokens = dict(pair.split("=", 1) for pair in pairs)
    server = MockServer(tokens=tokens, db=path).start()
    print(server.port, flush=True)  # noqa: T201 - how the test learns it
    threading.Event().wait()
