"""The rules of lint: every module in this folder registers its own.

A new rule is one file here with a function decorated by `trigger_rule`, `mapping_rule` or
`mappings_rule`.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from sandbox.lint.registry import LintRule, registered

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

RULES: Final[tuple[LintRule, ...]] = registered()
"""All rules, in the order of their codes."""
