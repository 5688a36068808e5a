"""Set-up facts: what the page Set-up is told of the declaration, so that it repeats none of it."""

from __future__ import annotations

from mock_server.control.try_resource import plain_samples
from sandbox.destination import PRESETS
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.rows import NUMBERS, SUBJECTS, WITHOUT_VALUE, WORDS, operators_of
from sandbox.segment.triggers.tree import CONTAINERS
from sandbox.toplyne import TOPLYNE


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
                {"name": d.name, "summary": d.summary, "start": {d.name: d.example}}
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
            "samples": plain_samples(),
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
