"""Bundles: the certificates that a client already trusts, to which ours is added."""

import hashlib
import re
import ssl
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

PLACES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Files in which systems keep all the certificates they trust."""

MOST_BYTES: Final = 16 * 2**20
"""The most bytes of a bundle of certificates that `run` reads."""

_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----"
)


class NoBundle(ValueError):
    """There are no certificates to add ours to. The message says why."""


def bundle_of(environment: Mapping[str, str], variable: str) -> bytes:
    """Return the certificates of the file or folder that a variable names, else the system's.

    Raises NoBundle.
    """
    path = environment.get(variable)
    if not path:
        return usual_bundle()
    try:
        named = Path(path)
        files = sorted(filter(Path.is_file, named.iterdir())) if named.is_dir() else [named]
        return b"\n".join(map(_read, files))
    except OSError as error:
        raise NoBundle(
            f"{variable} names {path!r}, which cannot be read ({error.strerror}). It must be a file"
            " of certificates in PEM; correct or unset it"
        ) from None


def usual_bundle() -> bytes:
    """Return the certificates that this system trusts, or else certifi's. Raises NoBundle."""
    import certifi  # noqa: PLC0415 - a dependency of httpx's

    places = [ssl.get_default_verify_paths().cafile, *PLACES, certifi.where()]
    for place in places:
        if place and Path(place).is_file():
            return _read(Path(place))
    raise NoBundle(
        f"no certificates were found in {', '.join(place for place in places if place)}; name a"
        " bundle in SSL_CERT_FILE"
    )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise NoBundle(f"{path} has more than {MOST_BYTES:,} bytes, so it is not a bundle")
    return content


def java_store(bundle: bytes) -> bytes:
    """Return a key store in Java's format (JKS) that trusts all certificates of a bundle.

    A PKCS #12 store can be read either with Java's usual password or without one, not with both.
    """
    entries = list(_java_entries(bundle))
    store = struct.pack(">III", 0xFEEDFEED, 2, len(entries)) + b"".join(entries)
    # the digest is not a secret: it uses the password that every JDK's own store has
    seal = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + store)  # noqa: S324
    return store + seal.digest()


def _java_entries(bundle: bytes) -> Iterator[bytes]:
    now = int(time.time() * 1000)
    for number, found in enumerate(_CERTIFICATE.findall(bundle)):
        der = ssl.PEM_cert_to_DER_cert(found.replace(b"TRUSTED ", b"").decode("ascii"))
        alias = f"ca{number}".encode()
        form = f">IH{len(alias)}sQH5sI{len(der)}s"
        yield struct.pack(form, 2, len(alias), alias, now, 5, b"X.509", len(der), der)
