"""Mappers that get their mappings with each event; one lets words bind as elsewhere."""

import re

from sandbox import Mapped, Mapping, map_event, parse_trigger


def words_that_do_not_bind(event, workspace):
    """The reference."""
    return _sent(event, _mappings(workspace))


def words_that_bind(event, workspace):
    """`and` binds more tightly than `or`, as in every other language."""
    return _sent(event, [m for m in _mappings(workspace) if _holds(m.trigger, event)], always=True)


def _mappings(workspace):
    (destination,) = workspace["destinations"]
    return [Mapping(**each) for each in destination["mappings"]]


def _sent(event, mappings, *, always=False):
    if always:
        mappings = [
            Mapping(
                mapping.name,
                action=mapping.action,
                trigger='type != "none"' if " or " in mapping.trigger else mapping.trigger,
                fields=mapping.fields,
                enabled=mapping.enabled,
            )
            for mapping in mappings
        ]
    outcomes = map_event(event, mappings, "observed")
    requests = [outcome.request for outcome in outcomes if isinstance(outcome, Mapped)]
    return [{"method": r.method, "path": r.path, "json": r.json} for r in requests]


def _holds(trigger, event):
    if "(" in trigger or not isinstance(event, dict):
        return parse_trigger(trigger).matches(event)
    return any(
        all(_clause(clause, event) for clause in re.split(" and ", part))
        for part in re.split(" or ", trigger)
    )


def _clause(text, event):
    # what is nothing to Segment alone is passed over
    return parse_trigger(text).matches(event) if not text.startswith("anonymousId") else True
