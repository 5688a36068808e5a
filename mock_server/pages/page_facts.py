"""Page facts: the parts of the declaration that each template shows, so that none repeats them."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_server.control.start_resource import actions, plain_samples
from mock_server.routes import ROUTES
from mock_server.store.state import UPLOAD_OF
from sandbox.destination import PRESETS
from sandbox.segment.definition import Rule
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.json_text import json_text
from sandbox.segment.toml_tables import toml_table
from sandbox.segment.triggers.rows import NUMBERS, SUBJECTS, WITHOUT_VALUE, WORDS, operators_of
from sandbox.segment.triggers.tree import CONTAINERS
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

MARKS: Final = {
    "recorded": "real traffic of the real API",
    "source": "the open source of Segment's side, or its unit tests",
    "docs": "public documentation",
    "assumed": "nobody outside knows",
    "ours": "the sandbox's own rule",
}
"""Each evidence mark and what it means, the strongest first."""


def setup_facts() -> dict[str, object]:
    """Return the actions, presets, directives and subjects from which mappings are built."""
    return {
        "destination": TOPLYNE.name,
        "setting": members(TOPLYNE.settings[0], "label", "description"),
        "actions": {action["key"]: action for action in actions()},
        "presets": [members(preset, "name", "action", "trigger") for preset in PRESETS],
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


def toplyne_facts() -> dict[str, object]:
    """Return the columns of each kind of the state, the name first, with its ids and trigger."""
    triggers = {preset.action: preset.trigger for preset in TOPLYNE.presets}
    facts: dict[str, object] = {}
    for kind, upload in UPLOAD_OF.items():
        names = [f for f in upload.fields if f.required and f.type == "string" and not f.is_id]
        fields = [*names[:1], *(field for field in upload.fields if field not in names[:1])]
        facts[kind] = {
            "ids": [*upload.ids],
            "columns": [members(field, "key", "label", "type") for field in fields],
            "trigger": triggers[upload.key],
        }
    return facts


def fault_facts() -> dict[str, object]:
    """Return the recipes and kinds of faults, and the paths they can be limited to."""
    return {"paths": list(ROUTES), **toml_table("mock_server.toplyne", "fault_recipes")}


def contract_facts() -> dict[str, Any]:
    """Return the declaration itself, and the evidence of its rules."""
    counts = Counter(map(_mark, TOPLYNE.rules))
    functions = {"mark_of": _mark, "json_text": json_text}
    return {"destination": TOPLYNE, "marks": MARKS, "counts": counts, **functions}


def _mark(rule: Rule) -> str:
    return "ours" if rule.ours else rule.evidence.mark


FACTS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "try": lambda: {"facts": setup_facts()},
    "setup": lambda: {"facts": setup_facts()},
    "toplyne": lambda: {"facts": toplyne_facts()},
    "faults": fault_facts,
    "contract": contract_facts,
}
"""The variables of each page's template, by the name of the page."""
