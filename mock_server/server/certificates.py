"""Certificates: a throw-away authority, and the server certificates that it signs.

Import this only if TLS is needed: `cryptography` is slow to load.
"""

import hashlib
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any, Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as Key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mock_server import real_clock

_LIFETIME: Final = timedelta(days=90)
_EARLIER: Final = timedelta(days=1)  # a client's clock may be slow
_USES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
_PREFIX: Final = "toplyne-sandbox-"
Extensions: TypeAlias = dict[x509.ExtensionType, bool]
"""Extensions of a certificate, and whether each is critical."""


class Authority:
    """A certificate authority that lives as long as this object. Its key is never written.

    With `only_for`, its certificate is constrained to these host names and IP addresses: clients
    that trust it trust it for nothing else.

    >>> authority = Authority(only_for=["api.toplyne.io"])
    >>> context = authority.server_context(["api.toplyne.io"])
    >>> with authority.written() as ca_file:
    ...     ca_file.name
    'ca.pem'
    """

    def __init__(self, only_for: Iterable[str] = ()) -> None:
        """Make the key, and the certificate signed with it."""
        self._key = generate_private_key(SECP256R1())
        # lower case, because OpenSSL hashes the name in lower case; and unlike any leaf's name
        self._name = _name(f"toplyne-sandbox throw-away ca {token_hex(4)}")
        hosts = list(only_for)
        more: Extensions = {_constraints(hosts): True} if hosts else {}
        self.certificate = self._signed(self._name, self._key, more, is_ca=True)
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    @property
    def file_name(self) -> str:
        """The name that OpenSSL expects the certificate to have in a folder of certificates."""
        name = self.certificate.subject.public_bytes()[2:]  # without the outer tag and length
        digest = hashlib.sha1(name, usedforsecurity=False).digest()
        return f"{int.from_bytes(digest[:4], 'little'):08x}.0"

    @contextmanager
    def written(self) -> Iterator[Path]:
        """Write the certificate into a temporary folder of mode 0700, for the `with` block."""
        with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
            path = Path(folder, "ca.pem")
            path.write_bytes(self.pem)
            yield path

    def server_context(self, hosts: Iterable[str], *, folder: Path | None = None) -> ssl.SSLContext:
        """Return the TLS context of a server at these host names and IP addresses.

        Its key is new. It is on the disk only until OpenSSL has read it, in a private folder within
        `folder`, encrypted with a password that is forgotten at once.
        """
        key, password = generate_private_key(SECP256R1()), token_bytes(32)
        more: Extensions = {
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]): False,
            x509.SubjectAlternativeName([_general_name(name) for name in hosts]): False,
        }
        certificate = self._signed(_name("toplyne-sandbox server"), key, more)
        encryption = BestAvailableEncryption(password)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as private_folder:
            path = Path(private_folder, "server.pem")
            path.write_bytes(private + certificate.public_bytes(Encoding.PEM) + self.pem)
            context.load_cert_chain(path, password=password)
        return context

    def _signed(
        self, subject: x509.Name, key: Key, more: Extensions, *, is_ca: bool = False
    ) -> x509.Certificate:
        """Return a certificate with the extensions `more`."""
        now = datetime.fromtimestamp(real_clock.wall(), UTC)  # the time by which clients check it
        uses = {"key_cert_sign", "crl_sign"} if is_ca else {"digital_signature"}
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + _LIFETIME)
        )
        # OpenSSL's strict checks, on by default since Python 3.13, require these
        strict: Extensions = {
            x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None): True,
            x509.KeyUsage(**{use: use in uses for use in _USES}): True,
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()): False,
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()): False,
        }
        for extension, critical in {**strict, **more}.items():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(host: str, parsed: Callable[[str], Any] = ip_address) -> x509.GeneralName:
    try:
        return x509.IPAddress(parsed(host))
    except ValueError:
        return x509.DNSName(host)


def _constraints(hosts: list[str]) -> x509.NameConstraints:
    """Permit these names, and exclude all addresses if none of the names is an address."""
    permitted = [_general_name(host, ip_network) for host in hosts]
    has_addresses = any(isinstance(name, x509.IPAddress) for name in permitted)
    everything = [_general_name(network, ip_network) for network in ("0.0.0.0/0", "::/0")]
    return x509.NameConstraints(permitted, None if has_addresses else everything)
