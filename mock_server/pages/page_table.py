"""Pages: what `serve` shows in a browser, one row a page; navigation, routes and tests read it.

A page is a template `templates/NAME.html` and a script `static/NAME.js`; all it knows it asks
`/_sandbox/…` for, as any other client.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mock_server.exchange import Headers
from mock_server.pages.contract_page import contract_facts
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json

STATIC: Final = "/static"
ICON: Final = "/favicon.ico"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: its path, the name of its template and script, and its title.

    `within` names the page of the navigation that a page below it belongs to; `key` is the letter
    that goes there after `g`. `facts` gives the template what is derived from the declaration.
    """

    path: str
    name: str
    title: str
    within: str = ""
    key: str = ""
    facts: Callable[[Rules], dict[str, Json]] | None = None


def _setup_facts(_: Rules) -> dict[str, Json]:
    from mock_server.pages.setup_facts import facts  # noqa: PLC0415 - only who opens the page needs it

    return facts()


def _toplyne_facts(_: Rules) -> dict[str, Json]:
    from mock_server.pages.toplyne_facts import facts  # noqa: PLC0415 - as above

    return facts()


def _fault_facts(_: Rules) -> dict[str, Json]:
    from mock_server.pages.fault_facts import facts  # noqa: PLC0415 - as above

    return facts()


PAGES: Final = (
    Page(path="/", name="try", title="Try it", key="t", facts=_setup_facts),
    Page(path="/live", name="live", title="Live", key="l", facts=_toplyne_facts),
    Page(path="/setup", name="setup", title="Set-up", key="s", facts=_setup_facts),
    Page(path="/toplyne", name="toplyne", title="Toplyne", key="p", facts=_toplyne_facts),
    Page(path="/faults", name="faults", title="Faults", key="f", facts=_fault_facts),
    Page(path="/contract", name="contract", title="Contract", key="c", facts=contract_facts),
)
NAVIGATION: Final = tuple(page for page in PAGES if not page.within)
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
