"""Destination: the machinery with TOPLYNE put in, the part most users import."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox import compiled
from sandbox.contract import accepts_item, check_item
from sandbox.delivery import Delivery, deliver
from sandbox.rules import check_rules, problems_of_rules
from sandbox.segment import mapping as segment_mapping
from sandbox.segment import pipeline
from sandbox.segment.definition import ActionDefinition, DestinationDefinition, Rules
from sandbox.segment.errors import InvalidMapping, Problem
from sandbox.segment.javascript import Json
from sandbox.segment.outside import Outside
from sandbox.segment.pipeline import MAPPING_DISABLED, Mapped, Outcome, Rejected, Skipped
from sandbox.surroundings import OUTSIDE
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

if TYPE_CHECKING:
    import httpx

SEGMENT_SENDS_IT = 'Segment itself would send this; rules="observed" shows the request.'


@dataclass(frozen=True, kw_only=True)
class Mapping(segment_mapping.Mapping):
    """A mapping of Toplyne's destination: name, action, trigger, fields, enabled.

    >>> Mapping("Orders", action="sendEvents", trigger='event = "Order Completed"').enabled
    True

    Raises InvalidMapping with every problem at once.
    """

    name: str = field(kw_only=False)
    definition: DestinationDefinition = field(default=TOPLYNE, repr=False)
    outside: Outside = field(default=OUTSIDE, repr=False, compare=False)
    kept: abc.Mapping[str, Json] = field(default_factory=dict, repr=False, compare=False)
    """What Segment's configuration says of it beside, given back by an export; nothing reads it."""

    def __reduce__(self) -> tuple[Callable[[], Mapping], tuple[()]]:
        """Travel between processes as what it is made of."""
        names = ("action", "trigger", "fields", "enabled", "invalid", "kept")
        return partial(Mapping, self.name, **members(self, *names)), ()


PRESETS: tuple[Mapping, ...] = tuple(
    Mapping(preset.name, action=preset.action, trigger=preset.trigger) for preset in TOPLYNE.presets
)
"""The presets of Toplyne's destination as mappings, in Segment's order."""


def map_event(
    event: object,
    mappings: Iterable[segment_mapping.Mapping] = PRESETS,
    rules: Rules = "documented",
) -> list[Outcome]:
    """Return what each mapping makes of the event, one outcome per mapping, in order.

    `rules="observed"` is Segment's runtime exactly; `documented` also checks the finished payload
    by the contract, as the mock does. Raises ValueError for any other word.
    """
    if rules == "documented":  # told apart at once: a check of the word would take its time
        return compiled.map_event(event, mappings, check=_documented)
    check_rules(rules)
    return compiled.map_event(event, mappings)


def mapper_of(
    mappings: Iterable[segment_mapping.Mapping], rules: Rules = "documented"
) -> Callable[[Json], list[Outcome]]:
    """Return `map_event` for these mappings as a function of the event alone.

    It is compiled at once, for those who map very many events. Most of its requests are a
    `compiled.payload_code.RequestOfPayload`.
    """
    check = _documented if check_rules(rules) == "documented" else None
    return compiled.compile_mappings(mappings, check=check, with_payload=True)


def map_taken(
    event: Json, mapping: segment_mapping.Mapping, rules: Rules = "documented"
) -> Mapped | Rejected:
    """Return what the mapping makes of the event, whether its trigger takes it or not."""
    check_rules(rules)
    return pipeline.map_taken(event, mapping, check=_documented if rules == "documented" else None)


class _Documented:
    """The check of finished payloads by the contract, under documented rules."""

    def __call__(self, action: ActionDefinition, payload: Json) -> tuple[Problem, ...]:
        """Return what is wrong with a payload, each said to be sent by Segment itself."""
        return tuple(
            replace(problem, message=f"{problem.message} {SEGMENT_SENDS_IT}")
            for problem in check_item(action, payload, rules="documented")
        )

    def accepts_of(self, action: ActionDefinition) -> Callable[[Json], bool]:
        """Return what tells, faster, whether nothing is wrong with a payload of the action."""
        return accepts_item(action, rules="documented")


_documented = _Documented()


@dataclass(frozen=True, kw_only=True)
class Destination:
    """A configured instance of the destination: API key, base URL, mappings, enabled or not.

    `base_url` ends in /v1 and has no default. Raises InvalidMapping with every problem at once: a
    key that is empty or not allowed in a header, an invalid URL, more than 50 mappings, none
    enabled of an enabled destination.
    """

    api_key: str = field(repr=False)
    base_url: str
    mappings: tuple[segment_mapping.Mapping, ...] = PRESETS
    enabled: bool = True
    rules: Rules = "documented"

    def __post_init__(self) -> None:
        """Check the configuration; mappings may come as any iterable."""
        object.__setattr__(self, "mappings", tuple(self.mappings))
        problems = (
            *check_settings(self.api_key, self.base_url),
            *check_mappings(
                [mapping.enabled for mapping in self.mappings], unfinished=not self.enabled
            ),
            *problems_of_rules(self.rules),
        )
        if problems:
            raise InvalidMapping(problems, subject="the destination")

    def send(
        self, event: object, *, client: httpx.Client | None = None
    ) -> list[Delivery | Skipped | Rejected]:
        """Map the event and deliver what comes out, in the order of the mappings.

        A disabled destination receives nothing: every mapping is then Skipped.
        """
        outcomes = map_event(event, self.mappings, self.rules)
        if not self.enabled:
            return [destination_disabled(outcome) for outcome in outcomes]
        return [
            deliver(
                outcome.request,
                api_key=self.api_key,
                base_url=self.base_url,
                client=client,
                mapping=outcome.mapping,
            )
            if isinstance(outcome, Mapped)
            else outcome
            for outcome in outcomes
        ]


def destination_disabled(outcome: Outcome) -> Skipped:
    """Return what becomes of an outcome where the destination is disabled: it is Skipped."""
    because = "the destination is disabled."
    return Skipped(outcome.mapping, MAPPING_DISABLED, because=because)


def check_mappings(enabled: Sequence[bool], *, unfinished: bool = False) -> tuple[Problem, ...]:
    """Return what is wrong with a destination's mappings as a whole, by which are `enabled`.

    An unfinished destination, which must be a disabled one, needs none enabled.
    """
    problems = []
    limit = TOPLYNE.max_mappings
    if len(enabled) > limit:
        problems.append(
            Problem(("mappings",), f"are {len(enabled)}; a destination has at most {limit}.")
        )
    if not unfinished and not any(enabled):
        problems.append(Problem(("mappings",), "have none enabled; enable at least one."))
    return tuple(problems)


def check_settings(api_key: Any, base_url: Any) -> tuple[Problem, ...]:
    """Return what is wrong with a destination's settings, each at `apiKey` or `baseUrl`."""
    return (*check_api_key(api_key), *check_base_url(base_url))


def check_api_key(api_key: Any) -> Iterator[Problem]:
    """Yield what is wrong with an API key, at `apiKey`."""
    setting = TOPLYNE.settings[0]
    if not isinstance(api_key, str) or not api_key:
        yield Problem((setting.key,), f"{setting.label} is required, as a string.")
    elif illegal := next((c for c in api_key if not is_header_text(c)), None):
        yield Problem((setting.key,), f"{setting.label} holds {illegal!r}, illegal in a header.")


def check_base_url(base_url: Any) -> Iterator[Problem]:
    """Yield what is wrong with a base URL, at `baseUrl`."""
    if wrong := _wrong_url(base_url):
        yield Problem(("baseUrl",), wrong)


def _wrong_url(text: Any) -> str:
    """Return what is wrong with a base URL, "" if nothing is; httpx reads it as deliveries do."""
    import httpx  # noqa: PLC0415 - slow to load, and few destinations have a URL of their own

    example = "must be like http://127.0.0.1:8020/v1"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError):
        return f"{example}, but it was {text!r:.200}."
    if url.userinfo or url.query or url.fragment:
        return f"{example}: without user name, password, query or fragment."
    if (
        url.scheme not in {"http", "https"}
        or not url.host
        or not 0 < (url.port or 80) < 65_536
        or url.port == 0
    ):
        return f"{example}, but it was {text!r:.200}."
    return ""


def is_header_text(text: str) -> bool:
    """Return whether Node lets a string into a header: tab, printable ASCII, U+0080 to U+00FF."""
    return all(c == "\t" or " " <= c <= "~" or "\x80" <= c <= "\xff" for c in text)
