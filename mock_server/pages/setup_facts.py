"""Set-up facts: what the page Set-up is told of the declaration, so that it repeats none of it."""

from __future__ import annotations

import json
from typing import Final

from sandbox.destination import PRESETS
from sandbox.samples import recorded
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.rows import NUMBERS, SUBJECTS, WITHOUT_VALUE, WORDS, operators_of
from sandbox.segment.triggers.tree import CONTAINERS
from sandbox.toplyne import TOPLYNE

_VALUE: Final = {"@path": "$.properties.plan"}
STARTS: Final[dict[str, Json]] = {
    "@path": "$.properties.plan",
    "@template": "{{properties.plan}} plan",
    "@literal": "a value",
    "@if": {"exists": {"@path": "$.userId"}, "then": {"@path": "$.userId"}, "else": _VALUE},
    "@case": {"operator": "lower", "value": _VALUE},
    "@replace": {"pattern": "-", "replacement": " ", "value": _VALUE},
    "@arrayPath": ["$.properties.products", {"id": {"@path": "$.product_id"}}],
    "@json": {"mode": "encode", "value": {"@path": "$.properties"}},
    "@flatten": {"separator": ".", "value": {"@path": "$.properties"}},
    "@merge": {
        "direction": "right",
        "objects": [{"@path": "$.context.traits"}, {"@path": "$.properties"}],
    },
    "@transform": {
        "apply": {"plan": _VALUE},
        "mapping": {"tier": {"@path": "$.plan"}},
    },
    "@excludeWhenNull": _VALUE,
    "@liquid": "{{ properties.plan | upcase }}",
}
"""What a directive is begun with when it is chosen for a field: one that works."""

_SAMPLED: Final = ("track", "identify", "group", "page")


def facts() -> dict[str, Json]:
    """Return what the template gets: one value, `facts`."""
    return {
        "facts": {
            "destination": TOPLYNE.name,
            "setting": {
                "label": TOPLYNE.settings[0].label,
                "description": TOPLYNE.settings[0].description,
            },
            "actions": [_action(action) for action in TOPLYNE.actions],
            "presets": [
                {"name": p.name, "action": p.action, "trigger": p.trigger} for p in PRESETS
            ],
            "directives": [
                {"name": d.name, "summary": d.summary, "start": {d.name: STARTS[d.name]}}
                for d in DIRECTIVES.values()
            ],
            "subjects": [
                {
                    "key": key,
                    "label": label,
                    "path": key in CONTAINERS,
                    "operators": list(operators_of(key)),
                }
                for key, label in SUBJECTS.items()
            ],
            "words": WORDS,
            "numbers": list(NUMBERS),
            "without": list(WITHOUT_VALUE),
            "samples": _samples(),
        }
    }


def _action(action: ActionDefinition) -> dict[str, Json]:
    return {
        "key": action.key,
        "name": action.name,
        "description": action.description,
        "fields": [_field(each) for each in action.fields],
    }


def _field(field: Field) -> dict[str, Json]:
    return {
        "key": field.key,
        "label": field.label,
        "type": field.type,
        "description": field.description,
        "required": field.required,
        "default": field.default,
    }


def _samples() -> list[Json]:
    """Return the shortest recorded event of each type."""
    events = sorted((s.event.value for s in recorded()), key=lambda event: len(json.dumps(event)))
    shortest = {event.get("type"): event for event in reversed(events)}
    return [{"name": kind, "event": shortest[kind]} for kind in _SAMPLED if kind in shortest]
