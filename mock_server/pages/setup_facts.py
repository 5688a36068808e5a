"""Set-up facts: what the page Set-up is told of the declaration, so that it repeats none of it."""

from mock_server.control.try_resource import plain_samples
from sandbox.destination import PRESETS
from sandbox.segment.definition import ActionDefinition
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
            "actions": {action.key: _action(action) for action in TOPLYNE.actions},
            "presets": [
                {"name": p.name, "action": p.action, "trigger": p.trigger} for p in PRESETS
            ],
            "directives": {d.name: {d.name: d.example} for d in DIRECTIVES.values()},
            "subjects": {
                key: {
                    "name": name,
                    "path": key in CONTAINERS,
                    "operators": {each: WORDS[each] for each in operators_of(key)},
                }
                for key, name in SUBJECTS.items()
            },
            "numbers": list(NUMBERS),
            "without": list(WITHOUT_VALUE),
            "samples": plain_samples(),
        }
    }


def _action(action: ActionDefinition) -> dict[str, Json]:
    return {
        "name": action.name,
        "description": action.description,
        "defaults": action.default_fields,
        "fields": [
            {"key": f.key, "label": f.label, "type": f.type, "required": f.required}
            for f in action.fields
        ],
    }
