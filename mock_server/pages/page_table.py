"""Page table: the pages of `serve`. Navigation, routes and tests are derived from it.

A page is a template `templates/NAME.html` and a script `static/NAME.js`. It gets its data from
`/_sandbox/…`, like any other client.
"""

from dataclasses import dataclass
from typing import Final

from mock_server.exchange import Headers

STATIC: Final = "/static"
ICON: Final = "/favicon.ico"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its path, the name of its template and script, and its title.

    `key` is the letter that opens the page after `g`.
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
"""The headers of every page and of every file that a page loads. `no-cache` makes the browser check
for changes each time, so that a page never runs the script of another version."""


def is_page(path: str) -> bool:
    """Return whether a path is a page, or a file that pages load."""
    return path in {*_PATHS, ICON} or path.startswith(f"{STATIC}/")
