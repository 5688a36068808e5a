"""Strategies: what Hypothesis generates from the declaration, to exercise mapper and mock.

All are plural, take keywords only, and shrink to something a person can read.
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
