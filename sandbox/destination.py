"""Destination: mappings and deliveries for Toplyne, the part that most users import."""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox import compiled
from sandbox.contract import accepts_item, check_item
from sandbox.delivery import Delivery, deliver
from sandbox.known_rules import check_rules, problems_of_rules
from sandbox.masked_keys import masked
from sandbox.segment import payload as segment_payload
from sandbox.segment import pipeline
from sandbox.segment.definition import ActionDefinition, DestinationDefinition, Rules
from sandbox.segment.errors import InvalidMapping, Problem
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.not_simulated import Outside
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Outcome, Rejected, Request, Skipped
from sandbox.surroundings import OUTSIDE
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, members

if TYPE_CHECKING:
    import httpx

SEGMENT_SENDS_IT = 'Segment itself would send this; rules="observed" shows the request.'
_NO_HEADER_TEXT: Final = re.compile(r"[^\t -~\x80-\xff]")
"""What Node refuses in a header: all but tab, printable ASCII and U+0080 to U+00FF."""


@dataclass(frozen=True, kw_only=True)
class Mapping(SegmentMapping):
    """A mapping of Toplyne's destination: name, action, trigger, fields, enabled.

    >>> Mapping("Orders", action="sendEvents", trigger='event = "Order Completed"').enabled
    True

    Raises InvalidMapping with every problem at once.
    """

    name: str = field(kw_only=False)
    definition: DestinationDefinition = field(default=TOPLYNE, repr=False)
    outside: Outside = field(default=OUTSIDE, repr=False, compare=False)
    kept: abc.Mapping[str, Json] = field(default_factory=dict, repr=False, compare=False)
    """Other members of it in Segment's configuration, which only an export writes back."""

    def __reduce__(self) -> tuple[Callable[[], Mapping], tuple[()]]:
        """Pickle the constructor's arguments; the compiled parts are made again."""
        names = ("action", "trigger", "fields", "enabled", "invalid", "kept")
        return partial(Mapping, self.name, **members(self, *names)), ()


PRESETS: tuple[Mapping, ...] = tuple(
    Mapping(preset.name, action=preset.action, trigger=preset.trigger) for preset in TOPLYNE.presets
)
"""The presets of Toplyne's destination as mappings, in Segment's order."""


def map_event(
    event: object, mappings: Iterable[SegmentMapping] = PRESETS, rules: Rules = "documented"
) -> list[Outcome]:
    """Return the outcome of the event for each mapping, in order.

    `rules="observed"` is Segment's runtime exactly; `documented` also checks the finished payload
    by the contract, as the mock does. Raises ValueError for any other word.
    """
    if rules == "documented":  # the usual word first: checking it would take longer
        return compiled.map_event(event, mappings, check=_documented)
    check_rules(rules)
    return compiled.map_event(event, mappings)


def mapper_of(
    mappings: Iterable[SegmentMapping], rules: Rules = "documented"
) -> Callable[[object], list[Outcome]]:
    """Return `map_event` for these mappings as a function of the event alone.

    It is compiled at once, for callers that map very many events. Most of its requests are
    instances of `compiled.payload_code.RequestOfPayload`.
    """
    check = _documented if check_rules(rules) == "documented" else None
    return compiled.compile_mappings(mappings, check=check, with_payload=True)


def map_taken(
    event: object, mapping: SegmentMapping, rules: Rules = "documented"
) -> Mapped | Rejected:
    """Return the outcome of the event for the mapping, without asking its trigger."""
    check_rules(rules)
    return pipeline.map_taken(event, mapping, check=_documented if rules == "documented" else None)


class _Documented:
    """The check of finished payloads by the contract, under documented rules."""

    def __call__(self, action: ActionDefinition, payload: object) -> tuple[Problem, ...]:
        """Return the problems of a payload; each message adds that Segment itself would send it."""
        return tuple(
            replace(problem, message=f"{problem.message} {SEGMENT_SENDS_IT}")
            for problem in check_item(action, payload, rules="documented")
        )

    def accepts_of(self, action: ActionDefinition) -> Callable[[object], bool]:
        """Return the quick check: a function that returns whether a payload has no problem."""
        return accepts_item(action, rules="documented")


_documented = _Documented()


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A configured instance of the destination: API key, base URL, mappings, enabled or not.

    `base_url` ends in /v1 and has no default. Raises InvalidMapping with every problem at once: a
    key that is empty or not allowed in a header, an invalid URL, more than 50 mappings, or an
    enabled destination without an enabled mapping.
    """

    api_key: str = field(repr=False)
    base_url: str
    mappings: tuple[SegmentMapping, ...] = PRESETS
    enabled: bool = True
    rules: Rules = "documented"

    def __post_init__(self) -> None:
        """Check the configuration; `mappings` may be any iterable."""
        object.__setattr__(self, "mappings", tuple(self.mappings))
        problems = (
            *check_api_key(self.api_key),
            *check_base_url(self.base_url),
            *check_mappings([each.enabled for each in self.mappings], unfinished=not self.enabled),
            *problems_of_rules(self.rules),
        )
        if problems:
            raise InvalidMapping(problems, subject="the destination")

    def send(
        self, event: object, *, client: httpx.Client | None = None
    ) -> list[Delivery | Skipped | Rejected]:
        """Map the event and deliver its requests, in the order of the mappings.

        A disabled destination receives nothing: every mapping is then Skipped.
        """
        outcomes = map_event(event, self.mappings, self.rules)
        if not self.enabled:
            return [destination_disabled(outcome) for outcome in outcomes]
        to = partial(deliver, api_key=self.api_key, base_url=self.base_url, client=client)
        return [to(o.request, mapping=o.mapping) if isinstance(o, Mapped) else o for o in outcomes]


def destination_disabled(outcome: Outcome) -> Skipped:
    """Return the outcome as Skipped, because the destination is disabled."""
    because = "the destination is disabled."
    return Skipped(outcome.mapping, MAPPING_DISABLED, because=because)


def check_mappings(enabled: Sequence[bool], *, unfinished: bool = False) -> Iterator[Problem]:
    """Yield the problems of a destination's number of mappings; `enabled` has a bool for each.

    A destination that is unfinished, which means disabled, needs no enabled mapping.
    """
    most = TOPLYNE.max_mappings
    if len(enabled) > most:
        message = f"are {len(enabled)}. A destination has at most {most}."
        yield Problem(("mappings",), message)
    if not unfinished and not any(enabled):
        none = "are empty. Add at least one enabled mapping."
        yield Problem(("mappings",), "are all disabled. Enable at least one." if enabled else none)


def check_api_key(api_key: Any) -> Iterator[Problem]:
    """Yield what is wrong with an API key, at `apiKey`."""
    setting = TOPLYNE.settings[0]
    if not isinstance(api_key, str) or not api_key:
        yield Problem((setting.key,), f"{setting.label} is required, as a string.")
    elif illegal := _NO_HEADER_TEXT.search(api_key):
        message = f"{setting.label} contains {illegal[0]!r}, which is illegal in a header."
        yield Problem((setting.key,), message)


def check_base_url(base_url: Any) -> Iterator[Problem]:
    """Yield what is wrong with a base URL, at `baseUrl`; httpx reads it as deliveries do."""
    import httpx  # noqa: PLC0415 - slow to load, and few destinations have their own URL

    example = "must be like http://127.0.0.1:8020/v1"
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError, UnicodeError):
        url = httpx.URL()
    port = 80 if url.port is None else url.port
    if url.userinfo or url.query or url.fragment:
        wrong = f"{example}: without user name, password, query or fragment."
        yield Problem(("baseUrl",), wrong)
    elif url.scheme not in {"http", "https"} or not url.host or not 0 < port < 65_536:
        yield Problem(("baseUrl",), f"{example}, but it was {base_url!r:.200}.")


class Authentication(NamedTuple):
    """The result of Segment's test: `error` is its text, empty if the credentials are valid.

    `delivery` is the request with its answer, None if wrong settings kept it from being sent.
    """

    error: str
    delivery: Delivery | None = None

    @property
    def ok(self) -> bool:
        """Whether Segment would save the settings."""
        return not self.error


def check_authentication(
    settings: object, *, base_url: str, client: httpx.Client | None = None
) -> Authentication:
    """Return the result of Segment's testAuthentication for settings such as `{"apiKey": "…"}`.

    It sends `GET /auth/me` with the destination's headers. Any 2xx answer means valid; any other
    gives an error like `Credentials are invalid: 401 Unauthorized`, without the status if there is
    no answer. Settings that are invalid in themselves are reported without sending anything.
    """
    checked, problems = segment_payload.check_settings(TOPLYNE.settings, settings)
    if problems:
        return Authentication(" ".join(problem.message for problem in problems))
    api_key = checked[TOPLYNE.settings[0].key]
    illegal = _NO_HEADER_TEXT.search(api_key)
    if illegal is not None:  # Segment's own text quotes the whole key, which no log should contain
        shown = f"Bearer {masked(api_key)} is not a legal HTTP header value"
        return Authentication(f"{shown}: the key holds {illegal[0]!r}")

    request = Request(method="GET", path=TOPLYNE.auth_path, content=b"")
    delivery = deliver(request, api_key=api_key, base_url=base_url, client=client)
    status = "" if delivery.status is None else delivery.status
    error = "" if delivery.ok else f"Credentials are invalid: {status} {delivery.error}"
    return Authentication(error, delivery)
