"""Lifelines: whether a process that nobody waits for has ended, told without any tool.

The process holds a connection to the test. The system closes it when the process ends, also where
nobody collects what is left of it.
"""

import socket

SECONDS = 60  # far more than is needed, as a machine may be busy


class Lifeline:
    """Waits for the connection of a process, and for its end."""

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(SECONDS)
        self._held = None
        return self

    def __exit__(self, *_):
        self._listening.close()
        if self._held is not None:
            self._held.close()

    @property
    def code(self):
        """Python that holds the connection for as long as its process lives."""
        address = self._listening.getsockname()
        return f"import socket; held = socket.create_connection({address!r}); held.recv(1)"

    def begin(self):
        """Wait until the process is there."""
        self._held, _ = self._listening.accept()
        self._held.settimeout(SECONDS)

    def await_end(self):
        """Wait until it has ended."""
        try:
            assert self._held.recv(1) == b""
        except ConnectionResetError:
            return  # an end as well
