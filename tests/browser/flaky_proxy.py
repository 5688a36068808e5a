"""A proxy between browser and server that can fail as networks do."""

import socket
import threading
from contextlib import suppress

_BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 12\r\n"
    b"Connection: close\r\n\r\n<h1>502</h1>"
)


class FlakyProxy:
    """Passes bytes on; `mode` is pass, silent (nothing comes through any more) or 502."""

    def __init__(self, port):
        self.port_behind, self.mode = port, "pass"
        self.connections = 0
        self._open = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, suppress(OSError):
            if self.mode == "502":
                client.recv(65536)
                client.sendall(_BAD_GATEWAY)
                return
            self.connections += 1
            with socket.create_connection(("127.0.0.1", self.port_behind)) as server:
                self._open |= {client, server}
                threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
                self._pump(server, client)
                self._open -= {client, server}

    def _pump(self, source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                if self.mode != "silent":
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        """Break all connections."""
        for each in tuple(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.cut()
        self._listening.close()
