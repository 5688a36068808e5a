"""Fixture checks: what fails a test besides its own assertions, and when.

After the test's own code, anything refused, dropped, suspicious or unmet fails the test, once. What
happens later, while fixtures are torn down, is an error that says "late".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from mock_server.server.socket_server import MockServer
    from mock_server.testing.isolated_tenant import Segment, Toplyne

OPTIONS: Final[dict[str, tuple[Any, ...]]] = {
    "rules": ("documented", "observed"),
    "allow_refused": (False, True),
    "allow_dropped": (False, True),
    "suspicious": ("warn", "fail", "allow"),
    "unmet": ("fail", "allow"),
    "synchronous": (False, True),
    "time_scale": (1,),
}
"""The values of each option of the marker. The first one is the default."""
_USUAL: Final = {name: values[0] for name, values in OPTIONS.items()}


class SuspiciousCallWarning(UserWarning):
    """A call was accepted although it is surely wrong, for example with a time in 1970."""


class LateCallWarning(UserWarning):
    """A call had the token of a test that had already ended."""


_WATCHED: Final = pytest.StashKey[list["Watched"]]()


class Watched:
    """The tenant or Segment that a fixture gave to a test, with the test's options."""

    def __init__(self, item: pytest.Item, own: Toplyne | Segment, options: dict[str, Any]) -> None:
        """Check it until `end`, whether the test passes or fails."""
        self.own = own
        self.options = options
        self.was_called = False
        self.is_given_up = False  # after a failure there is no need to wait
        self._together = item.stash.setdefault(_WATCHED, [])
        self._together.append(self)

    def complaints(self) -> Iterator[str]:
        """Yield a string for each reason to fail the test."""
        own, options = self.own, self.options
        if not self.is_given_up:
            try:
                own.finish()
            except TimeoutError as error:
                self.is_given_up = True
                yield str(error)
        if not options["allow_dropped"] and (dropped := own.dropped()):
            yield _text("Segment dropped", "message|messages", dropped, "allow_dropped=True")
        if not options["allow_refused"] and (refused := own.refused()):
            yield _text("Toplyne refused", "call|calls", refused, "allow_refused=True")
        if options["suspicious"] == "fail" and (odd := own.suspicious()):
            yield "Toplyne accepted calls that are surely wrong:\n" + "\n".join(odd)
        if options["unmet"] == "fail" and (unmet := own.unmet()):
            noun = "fault or answer|faults or answers"
            yield _text("No call met", noun, unmet, 'unmet="allow"')

    def end(self) -> None:
        """Stop checking, and fail for calls that were made after the test's own code."""
        self._together.remove(self)
        if self.was_called and (late := "\n\n".join(self.complaints())):
            pytest.fail(f"late, after the test's own code had ended: {late}", pytrace=False)


def watched_segment(
    item: pytest.Item, server: MockServer, options: dict[str, Any]
) -> Iterator[Segment]:
    """Yield Segment's side of a server, and fail the test if anything was dropped or refused."""
    from mock_server.testing.isolated_tenant import Segment  # noqa: PLC0415 - not at collection

    own = Segment(server)
    watched = Watched(item, own, options)
    yield own
    watched.end()


def end_tenant(item: pytest.Item, watched: Watched, own: Toplyne) -> None:
    """Clean up after a test, and warn about calls with the token of an earlier test."""
    try:
        watched.end()
    finally:
        strays = own.strays()
    if late := _warn(item, map(LateCallWarning, strays)):
        pytest.fail("\n".join(late), pytrace=False)


def judge(item: pytest.Item) -> None:
    """Fail a test whose own code passed, if its calls give a reason to."""
    if getattr(item, "_excinfo", None):  # unittest keeps what a test raised
        tell(item)
        return
    complaints: list[str] = []
    for watching in item.stash.get(_WATCHED, []):
        watching.was_called = True
        complaints += watching.complaints()
        odd = watching.own.suspicious() if watching.options["suspicious"] == "warn" else []
        watching.own.ignore_until_now()
        said = map("Toplyne accepted a surely wrong call: {}".format, odd)
        complaints += _warn(item, map(SuspiciousCallWarning, said))
    if complaints:
        pytest.fail("\n\n".join(complaints), pytrace=False)


def _warn(item: pytest.Item, warnings: Iterable[Warning]) -> list[str]:
    """Give a test the warnings. Return those that are errors, by the settings of its run."""
    errors = []
    for each in warnings:
        try:
            item.warn(each)
        except type(each) as error:
            errors.append(str(error))
    return errors


def tell(item: pytest.Item, when: str = "call") -> None:
    """Add refused, dropped and suspicious calls to the report of a test that failed by itself."""
    for watching in item.stash.get(_WATCHED, []):
        watching.was_called = watching.is_given_up = True
        own = watching.own
        told = {"refused": own.refused(), "dropped": own.dropped(), "suspicious": own.suspicious()}
        own.ignore_until_now()
        for word, lines in told.items():
            if lines:
                item.add_report_section(when, f"toplyne: {word}", "\n".join(lines))


def options_of(node: pytest.Item) -> dict[str, Any]:
    """Return the options of a test. Raises UsageError for a wrong marker."""
    marker = node.get_closest_marker("toplyne")
    if marker is not None and (wrong := list(_mistakes(marker))):
        raise pytest.UsageError(f"{node.nodeid}: {' '.join(wrong)}")
    return _USUAL if marker is None else {**_USUAL, **marker.kwargs}


def mistakes_in(items: Iterable[pytest.Item]) -> list[str]:
    """Return a line for each mistake in the markers of tests, one per parametrized test."""
    lines: dict[str, None] = {}
    for item in items:
        marker = item.get_closest_marker("toplyne")
        for mistake in _mistakes(marker) if marker is not None else ():
            lines[f"{item.nodeid.partition('[')[0]}: {mistake}"] = None
    return list(lines)


def _mistakes(marker: pytest.Mark) -> Iterator[str]:
    if marker.args:
        yield f"@pytest.mark.toplyne takes its options by name: {', '.join(OPTIONS)}."
    for name, value in marker.kwargs.items():
        if name not in OPTIONS:
            yield f"@pytest.mark.toplyne has no option {name!r}. It takes {', '.join(OPTIONS)}."
        elif name == "time_scale":
            if type(value) not in {int, float} or not 0 < value < math.inf:
                yield f"@pytest.mark.toplyne: {name} must be a number above 0, not {value!r}."
        elif not any(type(value) is type(each) and value == each for each in OPTIONS[name]):
            right = " or ".join(map(repr, OPTIONS[name]))
            yield f"@pytest.mark.toplyne: {name} must be {right}, not {value!r}."


def _text(what: str, noun: str, listed: list[str], allowed: str) -> str:
    one, _, more = noun.partition("|")
    number = f"1 {one}" if len(listed) == 1 else f"{len(listed)} {more}"
    lines = "\n".join(listed)
    return f"{what} {number}:\n{lines}\nIf the test expects this: @pytest.mark.toplyne({allowed})."
