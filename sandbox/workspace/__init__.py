"""The workspace: Segment's configuration in a file, sources, destinations and mappings."""

from sandbox.workspace.files import load_workspace, parse_workspace, read_file
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
from sandbox.workspace.writing import new_workspace, to_toml, workspace_template

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
    "new_workspace",
    "parse_workspace",
    "place",
    "read_file",
    "to_toml",
    "workspace_template",
]
