"""Pages: what `serve` shows in a browser, one row a page; navigation, routes and tests read it.

A page is a template `templates/NAME.html` and a script `static/NAME.js`; all it knows it asks
`/_sandbox/…` for, as any other client.
"""

from dataclasses import dataclass
from typing import Final

from mock_server.exchange import Headers

STATIC: Final = "/static"
ICON: Final = "/favicon.ico"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its path, the name of its template and script, and its title.

    `key` is the letter that goes there after `g`.
    """

    path: str
    name: str
    title: str
    key: str = ""


PAGES: Final = (
    Page(path="/", name="try", title="Try it", key="t"),
    Page(path="/live", name="live", title="Live", key="l"),
    Page(path="/setup", name="setup", title="Set-up", key="s"),
    Page(path="/toplyne", name="toplyne", title="Toplyne", key="p"),
    Page(path="/faults", name="faults", title="Faults", key="f"),
    Page(path="/contract", name="contract", title="Contract", key="c"),
)
_PATHS: Final = frozenset(page.path for page in PAGES)

_POLICY: Final = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
HEADERS: Final[Headers] = (
    ("Content-Security-Policy", "; ".join(_POLICY)),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)
"""What stands on every page and on every file a page loads; `no-cache` asks each time if it is
still the same, so that a page never meets the script of another version."""


def is_for(path: str) -> bool:
    """Return whether a path is a page, or a file that pages load."""
    return path in {*_PATHS, ICON} or path.startswith(f"{STATIC}/")
