"""Fault facts: what the page Faults offers, recipes and kinds of faults, and for which paths."""

import tomllib
from importlib import resources

from mock_server.routes import ROUTES
from sandbox.segment.javascript import Json


def facts() -> dict[str, Json]:
    """Return what the template gets."""
    recipes = resources.files("mock_server.toplyne") / "fault_recipes.toml"
    return {"paths": list(ROUTES), **tomllib.loads(recipes.read_text("utf-8"))}
