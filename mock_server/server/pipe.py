"""Pipe: an answer that has no end yet, on its way to one client."""

import asyncio
from typing import Any

from mock_server.bounds import UNSENT_BYTES
from mock_server.exchange import Answer
from mock_server.toplyne.answers import phrase_of


class Pipe:
    """Writes to a client that may be slow or gone; `gone` is set when it is."""

    def __init__(self, transport: Any) -> None:
        """Write to an asyncio transport."""
        self._transport = transport
        self.gone = asyncio.Event()
        self.is_waiting = False

    def listen(self) -> None:
        """Read what the client sends meanwhile, which tells when it is gone."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def start(self, answer: Answer) -> None:
        """Write the head of an answer and its body so far; the connection's end is its end."""
        lines = [f"HTTP/1.1 {answer.status} {phrase_of(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in answer.all_headers]
        head = "".join(f"{line}\r\n" for line in (*lines, "Connection: close", ""))
        self._transport.write(head.encode("latin-1") + answer.body)

    async def write(self, body: bytes) -> None:
        """Write more, once the client has taken most of what was written before."""
        size = self._transport.get_write_buffer_size
        while size() > UNSENT_BYTES and not self.gone.is_set():  # noqa: ASYNC110 - slow is rare
            await asyncio.sleep(0.05)
        if not self.gone.is_set():
            self._transport.write(body)
