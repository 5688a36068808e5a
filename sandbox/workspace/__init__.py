"""The workspace: Segment's configuration: sources, destinations and mappings, also in a file.

Modules that read and write files are imported on first use: a workspace made in Python needs none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sandbox.masked_keys import masked
from sandbox.workspace.model import ConnectedDestination, InvalidWorkspace, Source, Workspace, place

if TYPE_CHECKING:
    from sandbox.workspace.file_reading import (
        Checked,
        check_workspace,
        load_workspace,
        parse_workspace,
        read_file,
    )
    from sandbox.workspace.file_writing import new_workspace, to_toml, workspace_template
    from sandbox.workspace.public_api import Imported, export_mappings, import_workspace

__all__ = [
    "Checked",
    "ConnectedDestination",
    "Imported",
    "InvalidWorkspace",
    "Source",
    "Workspace",
    "check_workspace",
    "export_mappings",
    "import_workspace",
    "load_workspace",
    "masked",
    "new_workspace",
    "parse_workspace",
    "place",
    "read_file",
    "to_toml",
    "workspace_template",
]

_MODULES = ("file_reading", "file_writing", "public_api")


def __getattr__(name: str) -> Any:
    for module in _MODULES if name in __all__ else ():
        if hasattr(found := import_module(f"{__name__}.{module}"), name):
            return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
