"""The same test without a mock: a thread reads what comes and sends one constant answer.

It checks, keeps and judges nothing, so it is the least that a test with one call by this client can
take, whatever answers it.
"""

import socket
import threading

import pytest
from test_toplyne import UPLOAD

BODY = b'{"status":"SUCCESS","data":{"message":"Events uploaded."}}'
ANSWER = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


@pytest.fixture(scope="session")
def url():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_answer_all, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


def _answer_all(listening):
    connection, _ = listening.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while piece := connection.recv(65536):
        received += piece
        if received.endswith(b"}]}"):
            connection.sendall(ANSWER)
            received = b""


def test_one_call(url, client):
    answer = client.post(
        f"{url}/upload/events", json=UPLOAD, headers={"Authorization": "Bearer a-token"}
    )

    assert answer.status_code == 202
