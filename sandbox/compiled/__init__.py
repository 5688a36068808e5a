"""Compiled mappings: the plain way of `segment.pipeline`, as straight-line Python.

A list of mappings that has met some events gets a function of its own, generated from its triggers'
trees, its fields and its actions' definitions. For each event that function gives the outcomes
`segment.pipeline` gives: it recognises what clients send every day (types as declared, ISO times,
plain JSON), and leaves the rest to the plain way. Laws in `tests/properties` hold both equal.
"""

from sandbox.compiled.compiled_mappings import compile_mappings, map_event

__all__ = ["compile_mappings", "map_event"]
