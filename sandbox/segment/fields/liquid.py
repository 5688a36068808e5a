"""Liquid: how @liquid resolves."""

from __future__ import annotations

from sandbox.segment.fields.compiling import constant, throwing
from sandbox.segment.fields.directive import Step, Table
from sandbox.segment.javascript import Json, length

MAX_TEMPLATE = 1000
"""How long, in UTF-16 units, Segment lets a template be."""


def resolve(table: Table, operand: Json) -> Step:
    """@liquid: the operand as a template, with the data as its variables."""
    del table
    if not isinstance(operand, str):
        return throwing("liquid template value must be a string")
    if not operand:
        return constant("")
    if length(operand) > MAX_TEMPLATE:
        return throwing(f"liquid template values are limited to {MAX_TEMPLATE} characters")
    return throwing(
        "@liquid: the sandbox does not render Liquid templates yet, and refuses to guess"
    )
