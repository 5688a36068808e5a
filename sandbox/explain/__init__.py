"""Explain: what a mapping does with an event, and why, down to the clause and the field.

    explanation = explain(event, mapping)
    print(to_text(explanation))

The smallest changes it suggests were tried: the mapping takes the changed event, and the changed
trigger takes the event.
"""

from sandbox.explain.explaining import Explanation, TriggerVerdict, explain, explain_all, to_json
from sandbox.explain.explanation_text import to_lines, to_text
from sandbox.explain.fates import FieldFate
from sandbox.explain.smallest_change import Change, Edit

__all__ = [
    "Change",
    "Edit",
    "Explanation",
    "FieldFate",
    "TriggerVerdict",
    "explain",
    "explain_all",
    "to_json",
    "to_lines",
    "to_text",
]
