"""Isolation: run a command in its own network namespace, in which only the mock exists.

This catches clients that ignore proxy variables and preloads: static binaries, Java, Perl, Ruby.
The namespace has its own hosts file, and our certificate in its certificate stores, so that a
client needs no configuration.
"""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Final

from mock_server.intercept.bundles import PLACES, java_store
from mock_server.intercept.command_process import start

if TYPE_CHECKING:
    from mock_server.intercept.interception import Interception

PORTS: Final = (80, 443)
"""The ports that clients connect to at the caught hosts."""

_MOST_BYTES_TOLD: Final = 2**16
_STORES: Final = Path("/etc/ssl/certs")  # one file a certificate, named by OpenSSL's hash
_JAVA: Final = ("usr/lib/jvm/*/lib/security/cacerts", "usr/lib/jvm/*/jre/lib/security/cacerts")
_RESOLVERS: Final = ("/run/nscd", "/var/run/nscd", "/run/systemd/resolve")
"""Sockets of resolvers in the file system, which work despite a network namespace."""

_SWITCHES: Final = (
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user/max_user_namespaces", "0", "10000"),
    ("user/max_net_namespaces", "0", "10000"),
)
"""Kernel settings for namespaces: the name, the value that refuses them, one that allows them."""


class NamespaceRefused(ValueError):
    """The system refuses a namespace. The message says why."""


def start_isolated(
    command: Sequence[str],
    environment: Mapping[str, str],
    caught: Interception,
    forwarded: Sequence[int],
) -> Popen[bytes]:
    """Start a command in its own namespaces, with the `forwarded` ports of this machine.

    Raises NamespaceRefused if the system does not allow it, or if a port is needed twice.
    """
    ports = [caught.gateway.port, *PORTS, *forwarded]
    if twice := [port for port in forwarded if ports.count(port) > 1]:
        raise NamespaceRefused(f"--reach {twice[0]}: the mock itself listens on that port there")
    told = {
        "laid_over": list(_laid_over(caught)),
        "merged": list(_merged(caught)),
        "emptied": _existing(*_RESOLVERS),
        "ports": ports,
    }
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.set_inheritable(True)
            process = start(command, environment, theirs.fileno())
        ours.sendall(json.dumps(told, default=str).encode() + b"\n")
        answer, numbers, _, _ = socket.recv_fds(ours, _MOST_BYTES_TOLD, len(ports))
        said = json.loads(answer or b"{}")
        if "network" not in said:
            process.wait()
            reason = said.get("refused", "the process ended")
            raise NamespaceRefused(_why(reason, said.get("number")))
        for port, number in zip(ports, numbers, strict=True):
            listener = socket.socket(fileno=number)
            caught.gateway.add(listener, forward=port if port in forwarded else None)
        caught.watch("network", said["network"])
        ours.sendall(b"begin\n")
    return process


def _laid_over(caught: Interception) -> Iterator[tuple[Path, Path]]:
    """Yield our files, each with the system file that it replaces in the namespace."""
    folder, certificates = caught.folder, Path(caught.variables["SSL_CERT_FILE"])
    yield folder.write("hosts", _hosts(caught.hosts).encode()), Path("/etc/hosts")
    switch = Path("/etc/nsswitch.conf")
    if switch.exists():
        text = re.sub(r"(?m)^hosts:.*$", "hosts: files", switch.read_text(encoding="utf-8"))
        yield folder.write("nsswitch.conf", text.encode()), switch

    for place in _existing(*PLACES, ssl.get_default_verify_paths().openssl_cafile):
        yield certificates, place
    java = _existing(*(str(path) for pattern in _JAVA for path in Path("/").glob(pattern)))
    if java:
        store = folder.write("stores.jks", java_store(certificates.read_bytes()))
        for place in java:
            yield store, place


def _merged(caught: Interception) -> Iterator[tuple[Path, Path]]:
    """Yield our folders, each with the system folder to which its files are added."""
    if _STORES.is_dir():
        stores = caught.folder.path / "stores"
        stores.mkdir()
        (stores / caught.authority.file_name).write_bytes(caught.authority.pem)
        yield stores, _STORES.resolve()


def _existing(*paths: str) -> list[Path]:
    return sorted({Path(path).resolve() for path in paths if Path(path).exists()})


def _hosts(caught: Collection[str]) -> str:
    """Return a hosts file with only this machine's own names and the caught ones."""
    lines = ["::1 localhost ip6-localhost ip6-loopback"]
    names = ("localhost", socket.gethostname(), *caught)
    lines += [f"127.0.0.1 {name}" for name in names]
    return "\n".join((*lines, ""))


def _why(reason: str, number: int | None) -> str:
    """Return why namespaces are refused, with the setting that allows them."""
    sentence = f"--isolate: this system refuses a network namespace ({reason})."
    for name, refusing, allowing in _SWITCHES:
        path = Path("/proc/sys", name)
        if path.exists() and path.read_text(encoding="ascii").strip() == refusing:
            setting = name.replace("/", ".")
            return f"{sentence} {setting} is {refusing}; `sysctl {setting}={allowing}` allows it."
    if number in (errno.EPERM, errno.EACCES):
        return f"{sentence} In a container, its runtime must allow it: docker run --privileged."
    return sentence
