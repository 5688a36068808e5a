"""Contract page: what its template shows, derived from the declaration and from nothing else."""

from typing import Final

from sandbox.segment.definition import BOTH_RULES, Evidence, Field, Rules, Upload
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE

MARKS: Final = {
    "recorded": "real traffic of the real API",
    "source": "the open source of Segment's side, or its unit tests",
    "docs": "public documentation",
    "assumed": "nobody outside knows",
    "ours": "the sandbox's own rule",
}
"""Each evidence mark and what it means, the strongest first."""


def contract_facts(rules: Rules) -> dict[str, Json]:
    """Return the uploads, rules, errors and headers of the API, each with its evidence."""
    return {
        "destination": TOPLYNE,
        "in_force": rules,
        "marks": MARKS,
        "counts": {
            mark: sum(mark == ("ours" if r.ours else r.evidence.mark) for r in TOPLYNE.rules)
            for mark in MARKS
        },
        "uploads": [_upload(upload) for upload in TOPLYNE.uploads],
        "rules": [
            {
                "key": rule.key,
                "statement": rule.statement,
                "under": "both" if rule.under == BOTH_RULES else rule.under[0],
                "mark": "ours" if rule.ours else rule.evidence.mark,
                "where": rule.evidence.where,
                "against": rule.against,
                "holds": rules in rule.under,
            }
            for rule in TOPLYNE.rules
        ],
        "errors": TOPLYNE.errors,
    }


def _upload(upload: Upload) -> dict[str, Json]:
    is_used = upload in TOPLYNE.actions
    return {
        "name": upload.name,
        "description": upload.description,
        "path": upload.endpoint.path,
        "envelope": upload.endpoint.envelope,
        "accepted": upload.endpoint.accepted,
        "evidence": upload.endpoint.evidence,
        "is_used": is_used,
        "fields": [_field(upload, field) for field in upload.fields],
    }


def _field(upload: Upload, field: Field) -> dict[str, Json]:
    other = upload.field(field.required_unless) if field.required_unless else None
    evidence: Evidence = field.evidence
    return {
        "label": field.label,
        "key": field.key,
        "type": field.type,
        "needed": "yes" if field.required else (f"if no {other.label}" if other else "no"),
        "default": json_text(field.default),
        "description": field.description,
        "evidence": evidence,
    }
