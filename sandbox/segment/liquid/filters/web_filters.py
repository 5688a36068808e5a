"""Web filters: HTML, URLs, hashes, base64, and the parts of a URL."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from itertools import groupby
from typing import Final
from urllib.parse import quote, unquote

from sandbox.segment import javascript as js
from sandbox.segment.effort import A_VALUE, spend
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.filters.arguments import of_units, of_values, of_variables, units_of
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import printed
from sandbox.segment.liquid.variables import LiquidFilter, LiquidVariables
from sandbox.segment.toml_tables import toml_table

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_ESCAPED = re.compile("[&<>\"']")
_UNESCAPES: Final = {escape: character for character, escape in _ESCAPES.items()}
_ENTITY = re.compile("&(?:amp|lt|gt|#34|#39);")
_HIDDEN: Final = {"<script": "</script>", "<style": "</style>", "<!--": "-->", "<": ">"}
_STRAY_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_MARKS = "-_.!~*'()"
_RESERVED = ";/?:@&=+$,#[]"


_escape: Final = of_units(lambda text: _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text))


def _escape_once(variables: LiquidVariables, value: object) -> object:
    [text] = units_of(variables, value)
    return _escape(variables, _ENTITY.sub(lambda found: _UNESCAPES[found[0]], text))


def _strip_html(text: str) -> str:
    """Remove tags, comments, scripts and styles; an unclosed one stays."""
    hidden = dict(_HIDDEN)
    kept: list[str] = []
    at = 0
    while (opened := text.find("<", at)) >= 0:
        kept.append(text[at:opened])
        at = _closed(text, opened, hidden)
        if at == -1:
            return "".join(kept) + text[opened:]
    return "".join(kept) + text[at:]


def _closed(text: str, opened: int, hidden: dict[str, str]) -> int:
    """Return the end of the tag that opens here, -1 if it is not closed.

    An unclosed kind is removed from `hidden`: it cannot close later, and searching takes time.
    """
    for opener, closer in list(hidden.items()):
        if text.startswith(opener, opened):
            end = text.find(closer, opened + len(opener))
            if end != -1:
                return end + len(closer)
            del hidden[opener]
    return -1


def _percent_encoding(safe: str, space: str = "+") -> LiquidFilter:
    """Return a filter that encodes all characters except letters, digits and safe ones."""

    def encoded(value: object) -> object:
        text = printed(value)
        if js.SURROGATE.search(text):
            raise Thrown("URI malformed")
        return quote(text, safe=safe).replace("%20", space)

    return of_values(encoded)


def _url_decode(value: object) -> object:
    text = printed(value)
    if _STRAY_PERCENT.search(text):
        raise Thrown("URI malformed")
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Thrown("URI malformed") from None
    return decoded.replace("+", " ")


def _utf8(units: str) -> bytes:
    return js.SURROGATE.sub("\ufffd", js.from_units(units)).encode()


_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


def _base64_decode(text: str) -> str:
    """Decode the base64 digits of the text, in either alphabet, up to the first `=`.

    Of a unit beyond Latin-1 only the low byte counts, as in Node.
    """
    low_bytes = text.encode("utf-16-le", "surrogatepass")[::2].decode("latin-1")
    digits = low_bytes.partition("=")[0].replace("-", "+").replace("_", "/")
    digits = _NO_BASE64.sub("", digits)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(f"{digits}==").decode(errors="replace")  # more padding than needed


_PRETTY: Final = frozenset("._~!$&'()+,;=@")


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cn":
        refuse("new letters")
    return category[0] in "LM" or category == "Nd"


_KEPT: Final[dict[str, Callable[[str], bool]]] = {
    "raw": lambda character: character not in js.WHITE_SPACE,
    "default": _is_letter,
    "pretty": lambda character: character in _PRETTY or _is_letter(character),
    "ascii": lambda character: character.isascii() and character.isalnum(),
    "latin": _is_letter,
}


def _slugify(value: object, mode: object, cased: object) -> object:
    text = printed(value)
    name = "default" if mode is MISSING else js.to_string(mode)
    if name in _KEPT:
        text = _slug(_in_latin(text) if name == "latin" else text, _KEPT[name])
    return text if not js.is_falsy(cased) else js.lower(text)


def _in_latin(text: str) -> str:
    letters = toml_table(__package__, "latin_letters")
    return text.translate({ord(each): plain for plain, like in letters.items() for each in like})


def _slug(text: str, is_kept: Callable[[str], bool]) -> str:
    """Replace each run of other characters by a dash, and remove one dash from each end."""
    spend(A_VALUE * len(text))
    runs = ((kept, "".join(run)) for kept, run in groupby(text, is_kept))
    slug = "".join(run if kept else "-" for kept, run in runs)
    slug = slug.removeprefix("-")
    return slug.removesuffix("-")


WEB: Final[dict[str, LiquidFilter]] = {
    "base64_decode": of_units(_base64_decode),
    "base64_encode": of_units(lambda text: base64.b64encode(_utf8(text)).decode()),
    "cgi_escape": _percent_encoding("-_.~"),
    "escape": _escape,
    "escape_once": of_variables(_escape_once),
    "hmac_sha256": of_units(
        lambda text, key: hmac.new(_utf8(key), _utf8(text), "sha256").hexdigest()
    ),
    "sha256": of_units(lambda text: hashlib.sha256(_utf8(text)).hexdigest()),
    "slugify": of_values(_slugify),
    "strip_html": of_units(_strip_html),
    "uri_escape": _percent_encoding(_MARKS + _RESERVED, space="%20"),
    "url_decode": of_values(_url_decode),
    "url_encode": _percent_encoding(_MARKS),
    "xml_escape": _escape,
}
