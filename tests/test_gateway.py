"""The gateway: a proxy for whoever asks one, the host itself for whoever was led here."""

import socket
import socketserver
import ssl
import threading
from base64 import b64encode
from pathlib import Path

import pytest

from mock_server import MockServer
from mock_server.bounds import Bounds
from mock_server.intercept.gateway import ConnectedHost, Gateway
from mock_server.intercept.upstream import InvalidProxy, Upstream, bypasses, proxies_of
from mock_server.server.certificates import Authority

HOST = "api.toplyne.io"


@pytest.fixture(scope="module")
def authority():
    return Authority([HOST])


@pytest.fixture(scope="module")
def toplyne():
    with MockServer(allowed_hosts=[HOST]) as started:
        yield started


@pytest.fixture
def gateway_with(authority, toplyne):
    """Return a function that starts a gateway with an upstream, or without one."""
    started = []

    def start(upstream):
        context = authority.server_context([HOST])
        gateway = Gateway(toplyne.serving, [HOST], context, upstream)
        started.append(gateway)
        return gateway

    toplyne.reset()
    yield start
    for gateway in started:
        gateway.stop()


@pytest.fixture
def gateway(gateway_with):
    return gateway_with(Upstream({}, Path("/nowhere")))


class Echo(socketserver.StreamRequestHandler):
    """Says what it was sent as the head of a request."""

    def handle(self):
        head = b""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
        self.server.heads.append(head)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine")


@pytest.fixture
def other():
    """Another server on this machine, which is not caught."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.heads = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def say(gateway, *sent, tls=None):
    """Send texts to the gateway, one after each answer's head, and return all it said."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        said = b""
        for number, text in enumerate(sent):
            if number and tls:
                connection = tls.wrap_socket(connection, server_hostname=HOST)  # noqa: PLW2901
            connection.sendall(text.encode())
            while b"\r\n\r\n" not in said and (more := connection.recv(4096)):
                said += more
            if number < len(sent) - 1:
                assert said.startswith(b"HTTP/1.1 200 "), said
                said = b""
        while more := connection.recv(4096):
            said += more
        connection.close()
    return said.decode()


def client_of(authority):
    return ssl.create_default_context(cadata=authority.pem.decode())


def get(target, host=HOST):
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"


def test_a_caught_host_is_served_behind_connect(gateway, authority, toplyne):
    said = say(
        gateway, f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n", get("/v1/auth/me"),
        tls=client_of(authority),
    )  # fmt: skip

    assert said.startswith("HTTP/1.1 401 ")
    assert gateway.seen == {ConnectedHost(HOST, "caught"): 1}
    assert [entry["path"] for entry in toplyne.entries] == ["/v1/auth/me"]


@pytest.mark.parametrize(
    "sent",
    [
        [get(f"https://{HOST}/v1/auth/me")],
        [get(f"http://{HOST}/v1/auth/me?x=1")],
        [get("/v1/auth/me")],
        [f"CONNECT {HOST}:80 HTTP/1.1\r\n\r\n", get("/v1/auth/me")],
        [f"CONNECT {HOST}:8080 HTTP/1.1\r\n\r\n", get("/v1/auth/me")],
        [f"CONNECT {HOST}. HTTP/1.1\r\n\r\n", get("/v1/auth/me", f"{HOST}.")],
        [get(f"https://{HOST.upper()}:443/v1/auth/me")],
        [get(f"http://{HOST}./v1/auth/me", f"{HOST}.")],
    ],
    ids=[
        "https as axios asks it",
        "http",
        "led here",
        "CONNECT without TLS",
        "CONNECT to another port without TLS",
        "CONNECT without a port, to the full name",
        "upper case",
        "the full name with its dot",
    ],
)
def test_a_caught_host_is_served_without_tls_as_well(gateway, toplyne, sent):
    assert say(gateway, *sent).startswith("HTTP/1.1 401 ")
    assert gateway.seen == {ConnectedHost(HOST, "caught"): 1}
    assert [entry["path"] for entry in toplyne.entries] == ["/v1/auth/me"]


def test_who_asks_for_a_caught_host_and_then_says_nothing_is_not_taken_for_distrustful(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""

    assert gateway.seen == {}


def test_a_client_that_does_not_trust_us_is_told_apart(gateway):
    context = ssl.create_default_context(cadata=Authority().pem.decode())

    with (
        socket.create_connection(("127.0.0.1", gateway.port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(connection, server_hostname=HOST)

    gateway.stop()
    gateway.stop = lambda: None
    assert gateway.seen == {ConnectedHost(HOST, "distrusted"): 1}


def test_another_host_is_passed_on_in_its_own_words(gateway, other):
    port = other.server_address[1]
    tunnelled = say(gateway, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n", get("/a", "b"))
    plain = say(gateway, f"GET http://127.0.0.1:{port}/c?d HTTP/1.1\r\nHost: e\r\nX: y\r\n\r\n")

    assert tunnelled.endswith("\r\n\r\nfine")
    assert plain.endswith("\r\n\r\nfine")
    assert other.heads == [
        b"GET /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n",
        b"GET /c?d HTTP/1.1\r\nHost: e\r\nX: y\r\nConnection: close\r\n",
    ]
    assert gateway.seen == {ConnectedHost("127.0.0.1", "passed on"): 2}


def test_another_host_is_denied_where_there_is_no_way_elsewhere(gateway_with):
    gateway = gateway_with(None)

    said = say(gateway, "CONNECT bank.example:443 HTTP/1.1\r\n\r\n")

    assert said.startswith("HTTP/1.1 403 Forbidden\r\n")
    assert said.endswith("toplyne-sandbox run denies bank.example.\n")
    assert gateway.seen == {ConnectedHost("bank.example", "denied"): 1}


def test_another_host_that_is_not_there_is_said(gateway):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    said = say(gateway, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n")

    assert said.startswith("HTTP/1.1 502 Bad Gateway\r\n")
    assert f"127.0.0.1:{port} cannot be reached" in said
    assert gateway.seen == {ConnectedHost("127.0.0.1", "unreachable"): 1}


def test_the_users_own_proxy_is_asked_for_other_hosts(gateway_with, other):
    url = f"http://me:se%40cret@127.0.0.1:{other.server_address[1]}"
    gateway = gateway_with(Upstream({"https_proxy": url, "no_proxy": "near.example"}, Path("/")))
    key = b64encode(b"me:se@cret")

    say(gateway, "CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n")

    assert other.heads == [
        b"CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n"
        b"Proxy-Authorization: Basic " + key + b"\r\n"
    ]


def test_a_connection_that_was_passed_on_is_not_used_for_a_caught_host(gateway_with, other):
    url = f"http://127.0.0.1:{other.server_address[1]}"
    gateway = gateway_with(Upstream({"http_proxy": url}, Path("/")))
    asked = (
        "GET http://far.example/ HTTP/1.1\r\nHost: far.example\r\nConnection: keep-alive\r\n\r\n"
    )

    say(gateway, asked)

    assert other.heads == [
        b"GET http://far.example/ HTTP/1.1\r\nHost: far.example\r\nConnection: close\r\n"
    ]


@pytest.mark.parametrize(
    "sent",
    [
        get("http://["),
        get("http://a:b/"),
        get("https://a:99999/"),
        "CONNECT [::1 HTTP/1.1\r\n\r\n",
        "CONNECT far.example:https HTTP/1.1\r\n\r\n",
        f"CONNECT far.example:{'9' * 20} HTTP/1.1\r\n\r\n",
        f"CONNECT far.example:{'9' * 5000} HTTP/1.1\r\n\r\n",
    ],
)
def test_a_target_that_is_no_url_is_refused(gateway, sent):
    assert say(gateway, sent).startswith("HTTP/1.1 400 Bad Request\r\n")


def test_a_host_that_can_be_no_name_cannot_be_reached(gateway):
    said = say(gateway, f"CONNECT {'x' * 70}.example:443 HTTP/1.1\r\n\r\n")

    assert said.startswith("HTTP/1.1 502 Bad Gateway\r\n")


def test_what_is_no_http_is_answered_as_the_mock_does(gateway):
    assert say(gateway, "\r\n\r\n \r\n\r\n").startswith("HTTP/1.1 400 ")
    assert say(gateway, f"GET /{'x' * 70_000} HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 4")


def test_a_head_that_takes_too_long_is_told_the_bound(gateway, monkeypatch):
    monkeypatch.setattr(gateway, "_bounds", Bounds(head_seconds=0.1))

    said = say(gateway, "CONNECT ")

    assert said.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert "(head_seconds)" in said


def test_the_end_does_not_wait_for_a_name_that_is_being_looked_up(authority, monkeypatch):
    looked_up, answered = threading.Event(), threading.Event()

    def look_up(*_, **__):
        looked_up.set()
        answered.wait(20)
        raise socket.gaierror("nobody waited for this")

    context, upstream = authority.server_context([HOST]), Upstream({}, Path("/nowhere"))
    toplyne = MockServer(allowed_hosts=[HOST]).start()
    gateway = Gateway(toplyne.serving, [HOST], context, upstream)
    ending = threading.Thread(target=lambda: (gateway.stop(), toplyne.stop()))
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as client:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        client.sendall(b"CONNECT slow.example:443 HTTP/1.1\r\n\r\n")
        assert looked_up.wait(20)
        try:
            ending.start()
            ending.join(10)
            assert not ending.is_alive()
            assert client.recv(1) == b""
        finally:
            answered.set()
            ending.join()


def test_hosts_beyond_the_first_thousand_are_counted_together(gateway):
    for number in range(1005):
        gateway._count(f"h{number}", "denied")

    assert len(gateway.seen) == 1001
    assert gateway.seen[ConnectedHost("(others)", "denied")] == 5


@pytest.mark.parametrize(
    ("no_proxy", "host", "bypassed"),
    [
        ("", "a.example", False),
        ("*", "a.example", True),
        ("a.example", "a.example", True),
        ("example", "a.example", True),
        (".example", "a.example", True),
        ("*.example", "a.example", True),
        ("b.example, a.example:8080", "a.example", True),
        ("a.example", "aa.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("::1", "::1", True),
    ],
)
def test_no_proxy_is_read_as_clients_do(no_proxy, host, bypassed):
    assert bypasses(no_proxy, host) is bypassed


def test_the_lower_case_variable_goes_first():
    assert proxies_of({"HTTPS_PROXY": "http://a", "https_proxy": "http://b"}) == {
        "https_proxy": "http://b"
    }


@pytest.mark.parametrize("url", ["socks5://h:1", "https://h:1", "http://"])
def test_a_proxy_that_does_not_speak_http_is_refused(url):
    with pytest.raises(InvalidProxy, match="only proxies like http://host:port"):
        proxies_of({"ALL_PROXY": url})
