"""Authentication: Segment's texts for an API key that is right, wrong, or cannot be tried."""

import socket
import threading

import pytest

from mock_server import MockServer
from sandbox.destination import check_authentication


def answered(answer):
    """Return the outcome and the request of one call that gets these bytes back."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        outcome = check_authentication({"apiKey": "k"}, base_url=url)
        thread.join(5)
    return outcome, received[0].decode()


def test_a_valid_key_is_told_the_clients_name():
    with MockServer() as toplyne:
        outcome = check_authentication({"apiKey": toplyne.token}, base_url=toplyne.api_url)

    assert (outcome.ok, outcome.error) == (True, "")
    assert outcome.delivery.json["status"] == "SUCCESS"


def test_it_asks_with_segments_headers_and_no_body():
    _, request = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    lines = request.split("\r\n")
    assert lines[0] == "GET /v1/auth/me HTTP/1.1"
    assert [line for line in lines[1:] if line and not line.startswith("Host:")] == [
        "authorization: Bearer k",
        "user-agent: Segment (Actions)",
        "Accept: */*",
        "Accept-Encoding: gzip,deflate",
    ]


@pytest.mark.parametrize(
    ("status_line", "error"),
    [
        (b"401 Unauthorized", "Credentials are invalid: 401 Unauthorized"),
        (b"401 Go Away", "Credentials are invalid: 401 Go Away"),
        (b"403 ", "Credentials are invalid: 403 Forbidden"),
        (b"413 ", "Credentials are invalid: 413 Payload Too Large"),
        (b"500 Internal Server Error", "Credentials are invalid: 500 Internal Server Error"),
        (b"599 ", "Credentials are invalid: 599 599"),
    ],
    ids=lambda value: value.decode().strip() if isinstance(value, bytes) else "",
)
def test_every_other_answer_is_invalid_with_its_reason(status_line, error):
    outcome, _ = answered(b"HTTP/1.1 " + status_line + b"\r\nContent-Length: 0\r\n\r\n")

    assert (outcome.ok, outcome.error) == (False, error)


def test_no_answer_leaves_the_status_out():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    outcome = check_authentication({"apiKey": "k"}, base_url=url)

    assert outcome.error.startswith(
        f"Credentials are invalid:  request to {url}/auth/me failed, reason: "
    )


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({}, "The root value is missing the required field 'apiKey'."),
        ({"apiKey": {}}, "API Key must be a string but it was an object."),
        (
            {"apiKey": "tok_secret_1234\n"},
            "Bearer …1234 is not a legal HTTP header value: the key holds '\\n'",
        ),
        (
            {"apiKey": "ключ"},
            "Bearer … is not a legal HTTP header value: the key holds 'к'",
        ),
    ],
)
def test_settings_that_are_wrong_in_themselves_are_told_unwrapped_and_not_sent(settings, error):
    outcome = check_authentication(settings, base_url="http://127.0.0.1:1/v1")

    assert (outcome.ok, outcome.error, outcome.delivery) == (False, error, None)
