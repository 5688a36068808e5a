"""Masking: headers, queries, paths and bodies as they are shown, keys by their last characters."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

from mock_server.bounds import TOLD_CHARACTERS
from sandbox.masked_keys import CUT, masked

_SECRET_NAME: Final = re.compile(
    "key|token|secret|passw|passphrase|auth|cookie|credential|signature|session", re.IGNORECASE
)
_MESSAGE: Final = "data"  # of a pixel: a whole message, with its write key
_PLAIN_NAMES: Final = frozenset({"www-authenticate", "sec-websocket-key"})
_SCHEMES: Final = frozenset({"basic", "bearer", "digest", "token"})
_IN_PATH: Final = re.compile(r"(?<=/projects/)[^/]+|(?<=/analytics.js/v1/)[^/]+")
KEY_NAMES: Final = ("writeKey", "apiKey")
_KEY: Final = "|".join(
    "".join(rf"(?:{letter}|\\u00{ord(letter):x})" for letter in name) for name in KEY_NAMES
)
_IN_BODY: Final = re.compile(rf'("(?:{_KEY})"\s*:\s*")((?:[^"\\]++|\\.)*+)'.encode())


def masked_headers(fields: Iterable[tuple[str, str]]) -> str:
    """Return header fields as a JSON list of pairs, with the values of secret ones masked."""
    return f"[{','.join([_masked(name, value) for name, value in fields])}]"


@lru_cache(maxsize=128)  # a client's requests differ in one or two fields at most
def _masked(name: str, value: str) -> str:
    if name not in _PLAIN_NAMES and _SECRET_NAME.search(name):
        scheme, blank, credentials = value.partition(" ")
        has_scheme = blank and scheme.lower() in _SCHEMES
        value = f"{scheme} {masked(credentials.strip())}" if has_scheme else masked(value)
    return f"[{quoted(name)},{quoted(value)}]"


def masked_query(query: str) -> str:
    """Return a query with the values of secret parameters masked, which it knows by their names."""
    return _cut("&".join(map(_masked_parameter, query.split("&"))))


def _masked_parameter(parameter: str) -> str:
    """Return a parameter, masked after the first equals sign that follows a secret's name."""
    parts = parameter.split("=")
    for number, name in enumerate(parts[:-1], 1):
        if name == _MESSAGE:
            return f"{name}={CUT}"
        if _SECRET_NAME.search(unquote(name)):
            return f"{'='.join(parts[:number])}={masked('='.join(parts[number:]))}"
    return parameter


def kept_header(name: str, value: Any) -> tuple[str, Any]:
    """Return an expected header as the journal keeps it: of a key, the last part."""
    if not isinstance(value, str) or CUT in value:
        return name.lower(), value
    ((name, kept),) = json.loads(masked_headers([(name.lower(), value)]))
    return name, kept


def kept_parameter(name: str, value: Any) -> tuple[str, Any]:
    """Return an expected query parameter as the journal keeps it."""
    if not isinstance(value, str) or CUT in value:
        return name, value
    query = masked_query(urlencode({name: value}, errors="replace"))
    ((_, kept),) = parse_qsl(query, keep_blank_values=True)
    return name, kept


@lru_cache(maxsize=64)
def masked_path(path: str) -> str:
    """Return a path with its write key masked, if it has one, and cut if it is too long."""
    return _cut(_IN_PATH.sub(lambda found: masked(found[0]), path))


def without_keys(content: bytes) -> bytes:
    """Return JSON, complete or not, with the write keys and API keys in it masked."""
    return _IN_BODY.sub(_without_key, content)


def _without_key(found: re.Match[bytes]) -> bytes:
    return found[1] + masked(found[2].decode("utf-8", "replace")).encode()


def _cut(text: str) -> str:
    text = text.replace("\0", "\\0")  # SQLite would end the string there
    if len(text) <= TOLD_CHARACTERS:
        return text
    return f"{text[:TOLD_CHARACTERS]}… ({len(text):,} characters)"
