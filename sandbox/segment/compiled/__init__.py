"""Compiled: mappings as straight-line Python, for the events that hold nothing odd.

Mappings that have met some events get functions of their own, generated from their triggers'
trees, their fields and their action's definition. For an event these either know the outcome, which
is then exactly that of `pipeline`, or hand the event over to `pipeline`. They never decide anything
odd: they recognise what clients send every day (types as declared, ISO times, plain JSON), and hand
over the rest.

`takers` and `ways` keep the functions; `triggers`, `fields` and `payload` write them, `plain_text`
and `times` do what one value needs.
"""

from sandbox.segment.compiled.generated import Demands, DemandsOf
from sandbox.segment.compiled.takers import takers_of
from sandbox.segment.compiled.ways import Ways, soon_straight

__all__ = ["Demands", "DemandsOf", "Ways", "soon_straight", "takers_of"]
