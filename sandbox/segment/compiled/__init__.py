"""Compiled: a mapping as straight-line Python, for the events that hold nothing odd.

A mapping that has met some events gets a function of its own, its *short way*: generated from its
trigger's tree, its fields and its action's definition. For an event it either knows the outcome,
which is then exactly that of `pipeline`, or hands the event over to `pipeline`. It never decides
anything odd: it recognises what clients send every day (types as declared, ISO times, numbers that
Python and JavaScript write alike), and hands over the rest.

`triggers`, `fields` and `payload` write the lines, `times` and `plain_text` do what one value
needs, `ways` keeps the functions.
"""

from sandbox.segment.compiled.payload import Demands
from sandbox.segment.compiled.ways import DemandsOf, Ways, soon_straight

__all__ = ["Demands", "DemandsOf", "Ways", "soon_straight"]
