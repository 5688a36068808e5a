"""Tables: a destination's definition as Markdown tables, filled in between markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from sandbox.segment.definition import ActionDefinition, DestinationDefinition, Field
from sandbox.segment.json_text import json_text

Table: TypeAlias = Callable[[DestinationDefinition], str]

_ALIGNED: Final = 150
"""How wide a table may be to be aligned; of a wider one, a change would touch every line."""
_MARKED = re.compile(
    r"(?P<start><!-- derived: (?P<name>[^ ]+) -->\n).*?(?P<end><!-- /derived -->)", re.DOTALL
)


def presets_table(definition: DestinationDefinition) -> str:
    """Return the presets: name, trigger, action."""
    actions = {action.key: action.name for action in definition.actions}
    rows = ((p.name, code(p.trigger), actions[p.action]) for p in definition.presets)
    return table(("Preset", "Trigger", "Action"), rows)


def actions_table(definition: DestinationDefinition) -> str:
    """Return one table per action: its fields with key, type, need, default and evidence."""
    return "\n\n".join(_action(action) for action in definition.actions)


def _action(action: ActionDefinition) -> str:
    rows = (
        (f.label, code(f.key), f.type, _need(action, f), code(json_text(f.default)))
        for f in action.fields
    )
    heading = f"**{action.name}** ({code(action.key)}): {action.description}"
    return f"{heading}\n\n{table(('Field', 'Key', 'Type', 'Needed', 'Default'), rows)}"


def _need(action: ActionDefinition, field: Field) -> str:
    if field.required:
        return "yes"
    other = action.field(field.required_unless) if field.required_unless else None
    return f"if no {other.label}" if other else "no"


def endpoints_table(definition: DestinationDefinition) -> str:
    """Return every upload: call, list, used by which action, answer, evidence."""
    rows = [
        (
            code(f"POST {upload.endpoint.path}"),
            code(upload.endpoint.envelope),
            upload.name if isinstance(upload, ActionDefinition) else "no action",
            upload.endpoint.accepted,
            upload.endpoint.evidence.mark,
        )
        for upload in definition.uploads
    ]
    return table(("Call", "List", "Action", "Answered 202", "Evidence"), rows)


def rules_table(definition: DestinationDefinition) -> str:
    """Return the rules of the API: statement, under which reading it holds, and its evidence."""
    rows = (
        (
            rule.statement,
            "both" if len(rule.under) == 2 else rule.under[0],
            "ours" if rule.ours else rule.evidence.mark,
            rule.evidence.where,
        )
        for rule in definition.rules
    )
    return table(("Rule", "Holds under", "Evidence", "Where from"), rows)


def contradictions_table(definition: DestinationDefinition) -> str:
    """Return the rules that something speaks against: statement, evidence for, evidence against."""
    rows = (
        (rule.statement, rule.evidence.mark, f"{against.mark}: {against.where}")
        for rule in definition.rules
        for against in rule.against
    )
    return table(("Rule", "Evidence", "Evidence against it"), rows)


def errors_table(definition: DestinationDefinition) -> str:
    """Return what the API refuses with: status, code, when, evidence."""
    rows = ((str(e.status), code(e.code), e.when, e.evidence.mark) for e in definition.errors)
    return table(("Status", "Code", "When", "Evidence"), rows)


TABLES: Final[Mapping[str, Table]] = {
    "presets": presets_table,
    "actions": actions_table,
    "endpoints": endpoints_table,
    "rules": rules_table,
    "contradictions": contradictions_table,
    "errors": errors_table,
}


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table, its columns aligned in the source too where that is readable."""
    cells = [heads, *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(heads))]
    if sum(widths) > _ALIGNED:
        widths = [0] * len(heads)
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    rule = "|" + "|".join("-" * max(3, width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def fill(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return the text with each part between `<!-- derived: NAME -->` and its end filled anew.

    Raises KeyError for a name that is no table.
    """

    def filled(marked: re.Match[str]) -> str:
        name = marked["name"]
        if name not in tables:
            raise KeyError(f"no table {name!r} can be derived, only {', '.join(tables)}")
        return f"{marked['start']}\n{tables[name]()}\n\n{marked['end']}"

    return _MARKED.sub(filled, text)


def code(text: str) -> str:
    """Return the text in code marks, nothing for nothing."""
    return f"`{text}`" if text else ""
