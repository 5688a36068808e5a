"""The workspace: Segment's configuration in a file, sources, destinations and mappings."""

from sandbox.workspace.files import load_workspace, parse_workspace
from sandbox.workspace.model import (
    ConnectedDestination,
    InvalidWorkspace,
    LocatedProblem,
    Source,
    Workspace,
    masked,
    place,
)
from sandbox.workspace.public_api import Imported, export_mappings, import_mappings
from sandbox.workspace.reading import Checked, check_workspace
from sandbox.workspace.writing import to_toml, workspace_template

__all__ = [
    "Checked",
    "ConnectedDestination",
    "Imported",
    "InvalidWorkspace",
    "LocatedProblem",
    "Source",
    "Workspace",
    "check_workspace",
    "export_mappings",
    "import_mappings",
    "load_workspace",
    "masked",
    "parse_workspace",
    "place",
    "to_toml",
    "workspace_template",
]
