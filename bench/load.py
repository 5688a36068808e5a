"""Load: how many times a second a server answers the same request, over kept connections.

A process of its own, `python bench/load.py`, so that the client's work is not the server's. Reads
one JSON object from standard input: port, request (text), connections, seconds; prints one.
"""

import json
import selectors
import socket
import sys
import time


class Connection:
    """One kept connection with one request under way."""

    def __init__(self, port, request):
        self.request = request
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.answered = 0

    def send(self):
        self.socket.sendall(self.request)

    def receive(self):
        """Take what came; return the status of a whole answer, or None while it is not whole."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed a kept connection")
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator or len(body) < length_of(head):
            return None
        status = int(head[9:12])
        self.received = b""
        self.answered += 1
        return status


def length_of(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"an answer without a length: {head!r}")


def measure(port, request, connections, seconds):
    selector = selectors.DefaultSelector()
    everyone = [Connection(port, request) for _ in range(connections)]
    for connection in everyone:
        connection.send()
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    statuses = {}
    start = time.perf_counter()
    end = start + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(timeout=1):
            status = key.data.receive()
            if status is not None:
                statuses[status] = statuses.get(status, 0) + 1
                key.data.send()
    elapsed = time.perf_counter() - start
    for connection in everyone:
        connection.socket.close()
    return {"per_second": sum(statuses.values()) / elapsed, "statuses": statuses}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    asked["request"] = asked["request"].encode()
    print(json.dumps(measure(**asked)))
