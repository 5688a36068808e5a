"""Strategies: Hypothesis strategies derived from the declaration, to test mapper and mock.

All have plural names, take only keyword arguments, and shrink to readable examples.
"""

from sandbox.strategies.events import EVENT_TYPES, events, lives, properties, timestamps
from sandbox.strategies.mappings import mappings, triggers, workspaces
from sandbox.strategies.payloads import BadPayload, bad_payloads, json_values, payloads

__all__ = [
    "EVENT_TYPES",
    "BadPayload",
    "bad_payloads",
    "events",
    "json_values",
    "lives",
    "mappings",
    "payloads",
    "properties",
    "timestamps",
    "triggers",
    "workspaces",
]
