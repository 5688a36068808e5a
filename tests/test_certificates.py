"""Certificates: whom a client trusts that trusts the throw-away authority."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from mock_server.server.certificates import Authority

STRICT = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN


def handshake(context, authority, host, *, flags=STRICT):
    """Return what the client negotiated with a server that shows what `context` has."""
    client = ssl.create_default_context(cadata=authority.pem.decode())
    client.verify_flags |= flags
    client.set_alpn_protocols(["h2", "http/1.1"])
    ours, theirs = socket.socketpair()

    def serve():
        with ours, contextlib.suppress(OSError):
            context.wrap_socket(ours, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(theirs, server_hostname=host) as connection:
            return connection.selected_alpn_protocol()
    finally:
        theirs.close()
        thread.join()


@pytest.mark.parametrize("host", ["api.toplyne.io", "127.0.0.1", "::1"])
def test_a_server_is_trusted_at_each_of_its_hosts_under_strict_checks(host):
    authority = Authority()
    context = authority.server_context(["api.toplyne.io", "127.0.0.1", "::1"])

    assert handshake(context, authority, host) == "http/1.1"


def test_a_server_is_trusted_at_no_other_host():
    authority = Authority()

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(authority.server_context(["api.toplyne.io"]), authority, "api.segment.io")


@pytest.mark.parametrize(
    ("only_for", "host"),
    [
        (["api.toplyne.io"], "bank.example"),
        (["api.toplyne.io"], "127.0.0.1"),
        (["127.0.0.1"], "127.0.0.2"),
    ],
)
def test_an_authority_for_some_hosts_is_trusted_for_no_other(only_for, host):
    authority = Authority(only_for=only_for)

    with pytest.raises(ssl.SSLCertVerificationError, match=r"permitted|excluded|not allowed"):
        handshake(authority.server_context([host]), authority, host)


@pytest.mark.parametrize("host", ["api.toplyne.io", "127.0.0.1"])
def test_an_authority_for_some_hosts_is_trusted_for_them(host):
    authority = Authority(only_for=["api.toplyne.io", "127.0.0.1"])

    assert handshake(authority.server_context([host]), authority, host) == "http/1.1"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing here")
def test_openssl_finds_nothing_wrong_with_the_certificates(tmp_path):
    authority = Authority(only_for=["api.toplyne.io"])
    shown = _shown(authority.server_context(["api.toplyne.io"]))
    (tmp_path / "server.pem").write_text(ssl.DER_cert_to_PEM_cert(shown))
    (tmp_path / authority.file_name).write_bytes(authority.pem)

    # the folder is enough: OpenSSL finds the authority by the hash in its file's name
    printed = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CApath", tmp_path, tmp_path / "server.pem"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (printed.returncode, printed.stderr) == (0, "")


def _shown(context):
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lambda: context.wrap_socket(ours, server_side=True).close())
    thread.start()
    with client.wrap_socket(theirs) as connection:
        der = connection.getpeercert(binary_form=True)
    thread.join()
    ours.close()
    return der


def test_the_certificate_stands_in_a_private_folder_that_is_gone_afterwards():
    authority = Authority()

    with authority.written() as path:
        seen = (path.read_bytes(), path.parent.stat().st_mode & 0o777)
    gone = not path.parent.exists()

    assert seen == (authority.pem, 0o700)
    assert gone


def test_no_key_stays_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    written = []
    load = ssl.SSLContext.load_cert_chain

    def look(self, path, **options):
        written.append((Path(path).read_text(), Path(path).parent.stat().st_mode & 0o777))
        load(self, path, **options)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", look)

    Authority().server_context(["api.toplyne.io"])

    ((text, mode),) = written
    assert "ENCRYPTED PRIVATE KEY" in text
    assert text.count("PRIVATE KEY") == 2  # its first line and its last
    assert mode == 0o700
    assert list(tmp_path.iterdir()) == []
