"""Workspace: `/_sandbox/workspace`, to read and change Segment's configuration.

Every change returns the new workspace. A change that would make it invalid is refused with all
problems, and nothing changes.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from mock_server.control.resource import Asked, BadQuery, Resource, json_answer, resource
from mock_server.exchange import HttpAnswer
from mock_server.segment import workspace_steps as steps
from mock_server.segment.kept_workspace import newly_remote
from mock_server.segment.workspace_steps import JsonMembers, NotThere
from mock_server.toplyne import answers
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free
from sandbox.values import Json, Path, Problem
from sandbox.workspace import ConnectedDestination, InvalidWorkspace, Workspace, masked
from sandbox.workspace.documents import Document
from sandbox.workspace.file_reading import check_document
from sandbox.workspace.file_writing import KEPT, to_value

WorkspaceChange: TypeAlias = Callable[..., Path]
"""Changes the workspace's value by the body and the query's names; returns the changed path."""

_MOST_TOLD: Final = 100  # of the problems of a workspace
_REMOTE: Final = "is on another machine. Start the server with --allow-remote to deliver there."


@resource("GET", "/workspace", is_admins=True)
def workspace(asked: Asked) -> Free:
    """Return the workspace, with only the last four characters of API keys, and its warnings.

    `workspace` is what PUT takes. `keys` has the status and the tenant of each destination's API
    key, `most_mappings` how many mappings a destination may have.
    """
    return _shown(asked, asked.mock.segment.workspace)


def _step(change: WorkspaceChange, method: str, part: str, *names: str, **more: int) -> Resource:
    """Declare a path that changes the workspace. `names` are the parameters that say where."""
    takes, query = None if method == "DELETE" else Free, dict.fromkeys(names, str)

    def answer(asked: Asked, body: Free | None = None) -> Free | HttpAnswer:
        about = [asked.query.get(name, "") for name in names]
        return _changed(asked, lambda value: change(value, body or {}, *about))

    answer.__name__, answer.__doc__ = change.__name__, change.__doc__
    path = f"/workspace{part}"
    return resource(method, path, query=query, takes=takes, is_admins=True, **more)(answer)


def _changed(asked: Asked, step: Callable[[JsonMembers], Path]) -> Free | HttpAnswer:
    segment, where = asked.mock.segment, Path()

    def change(known: Workspace) -> Workspace:
        nonlocal where
        value = to_value(known)
        where = step(value)
        checked = check_document(Document(value, None))
        if checked.workspace is None:
            raise InvalidWorkspace(checked.problems[:_MOST_TOLD])
        far = () if segment.choices.allow_remote else newly_remote(known, checked.workspace)
        if far:
            at = [("destinations", number, "base_url") for number in far]
            raise InvalidWorkspace(tuple(Problem(path, _REMOTE) for path in at))
        return checked.workspace

    try:
        return _shown(asked, segment.reconfigure(change))
    except NotThere as error:
        raise BadQuery(str(error), 404) from None
    except InvalidWorkspace as error:
        return _refused(error.problems, where)


def _refused(problems: tuple[Problem, ...], changed: Path) -> HttpAnswer:
    """Return the refusal. The path of a problem in the changed part starts at that part."""
    here = len(changed)
    told = [replace(p, at=p.at[here:]) if p.at[:here] == changed else p for p in problems]
    said = " ".join(f"{problem.path} {problem.message}" for problem in told)
    body = json.loads(answers.error_body(400, said))
    return json_answer({**body, "problems": [problem.to_json() for problem in told]}, 400)


def _shown(asked: Asked, known: Workspace) -> Free:
    checked = check_document(Document(to_value(known), None))
    return {
        "workspace": to_value(known, key=masked),
        "keys": {each.name: _key(asked, each) for each in known.destinations},
        "warnings": [warning.to_json() for warning in checked.warnings],
        "most_mappings": TOPLYNE.max_mappings,
    }


def _key(asked: Asked, destination: ConnectedDestination) -> Json:
    """Return the status and tenant of a destination's API key, or None if it delivers elsewhere."""
    if destination.base_url is not None:
        return None
    bearer = asked.bearer_of(destination.api_key)
    status = bearer.verdict if destination.api_key else "missing"
    return {"status": status, "tenant": bearer.known and bearer.known.name}


def new_workspace(value: JsonMembers, given: JsonMembers) -> Path:
    """Replace the whole workspace. An API key given as `…abcd` is left unchanged.

    The body is a workspace file as JSON.
    """
    keys = {each["name"]: each.get("api_key") for each in steps.items_at(value, ("destinations",))}
    value.clear()
    value.update(given)
    destinations = given.get("destinations")
    for each in destinations if isinstance(destinations, list) else ():
        if isinstance(each, dict) and str(each.get("api_key", "")).startswith(KEPT):
            each["api_key"] = keys.get(str(each.get("name")))
    return ()


put_workspace = _step(new_workspace, "PUT", "")
add_source = _step(steps.add_source, "POST", "/sources", status=201)
change_source = _step(steps.change_source, "PATCH", "/sources", "name")
remove_source = _step(steps.remove_source, "DELETE", "/sources", "name")
add_destination = _step(steps.add_destination, "POST", "/destinations", status=201)
change_destination = _step(steps.change_destination, "PATCH", "/destinations", "name")
remove_destination = _step(steps.remove_destination, "DELETE", "/destinations", "name")
add_mapping = _step(steps.add_mapping, "POST", "/mappings", "destination", status=201)
change_mapping = _step(steps.change_mapping, "PATCH", "/mappings", "destination", "name")
remove_mapping = _step(steps.remove_mapping, "DELETE", "/mappings", "destination", "name")
