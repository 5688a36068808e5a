"""Workspace: `/_sandbox/workspace`, where Segment's configuration is read and changed.

Every change answers with the workspace as it is afterwards. A change after which it would be none
is refused with all that is wrong, and nothing is changed.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, Resource, resource, shown
from mock_server.control.type_schemas import Free
from mock_server.exchange import Answer
from mock_server.segment import workspace_steps
from mock_server.segment.kept_workspace import newly_remote
from mock_server.segment.workspace_steps import Members, NotThere
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Path, Problem
from sandbox.workspace import (
    ConnectedDestination,
    InvalidWorkspace,
    Workspace,
    masked,
)
from sandbox.workspace.documents import Document
from sandbox.workspace.file_reading import check_document
from sandbox.workspace.file_writing import KEPT, to_value

Step: TypeAlias = Callable[[Members], Path]
"""Changes the workspace's value and returns the path of what it changed."""
Change: TypeAlias = Callable[..., Path]
"""A step of `setup`: takes the workspace's value, the body, and the names it is about."""

_REMOTE: Final = "is on another machine; a server started with --allow-remote may deliver there."


@resource("GET", "/workspace", is_admins=True)
def workspace(asked: Asked) -> Free:
    """Answer the workspace, API keys with their last four characters, and what is odd about it."""
    return _shown(asked, asked.mock.segment.workspace)


@resource("PUT", "/workspace", takes=Free, is_admins=True)
def new_workspace(asked: Asked) -> Free | Answer:
    """Put a whole workspace in force; an API key that is shown as `…abcd` stays the one it is.

    The body is a workspace file as JSON.
    """
    given = asked.body()

    def replace(value: Members) -> Path:
        keys = {each["name"]: each.get("api_key") for each in value["destinations"]}
        value.clear()
        value.update(given)
        destinations = given.get("destinations")
        for each in destinations if isinstance(destinations, list) else ():
            if isinstance(each, dict) and str(each.get("api_key", "")).startswith(KEPT):
                each["api_key"] = keys.get(str(each.get("name")))
        return ()

    return _changed(asked, replace)


def _step(method: str, part: str, change: Change, *names: str, status: int = 200) -> Resource:
    """Return a resource that changes a part; `names` are the parameters that say which."""
    takes = None if method == "DELETE" else Free

    def answer(asked: Asked) -> Free | Answer:
        given = asked.body() if takes else {}
        about = [asked.query.get(name, "") for name in names]
        return _changed(asked, lambda value: change(value, given, *about))

    answer.__name__, answer.__doc__ = change.__name__, change.__doc__
    declare = resource(
        method, f"/workspace/{part}", query=names, takes=takes, status=status, is_admins=True
    )
    return declare(answer)


def _changed(asked: Asked, step: Step) -> Free | Answer:
    segment, where = asked.mock.segment, Path()

    def change(known: Workspace) -> Workspace:
        nonlocal where
        value = to_value(known)
        where = step(value)
        checked = check_document(Document(value, None), unfinished=True)
        if checked.workspace is None:
            raise InvalidWorkspace(checked.problems)
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


def _refused(problems: tuple[Problem, ...], changed: Path) -> Answer:
    """Return the refusal, each problem's path from what was changed, where it lies in it."""
    told = [_below(problem, changed) for problem in problems]
    said = " ".join(f"{problem.path} {problem.message}" for problem in told)
    body = json.loads(answers.error_body(400, said))
    return shown({**body, "problems": [problem.to_json() for problem in told]}, 400)


def _below(problem: Problem, path: Path) -> Problem:
    """Return a problem of a workspace as one of the value at `path`, where it lies in it."""
    inside = problem.at[: len(path)] == path
    return replace(problem, at=problem.at[len(path) if inside else 0 :])


def _shown(asked: Asked, known: Workspace) -> Free:
    checked = check_document(Document(to_value(known), None), unfinished=True)
    return {
        "workspace": to_value(known, key=masked),
        "keys": {each.name: _key(asked, each) for each in known.destinations},
        "warnings": [warning.to_json() for warning in checked.warnings],
        "most_mappings": TOPLYNE.max_mappings,
    }


def _key(asked: Asked, destination: ConnectedDestination) -> Json:
    """Return whom a destination's API key belongs to here; None where it delivers elsewhere."""
    if destination.base_url is not None:
        return None
    mock = asked.mock
    bearer = mock.tokens.check((f"Bearer {destination.api_key}",), mock.clock())
    status = bearer.verdict if destination.api_key else "missing"
    return {"status": status, "tenant": bearer.known and bearer.known.name}


add_source = _step("POST", "sources", workspace_steps.add_source, status=201)
change_source = _step("PATCH", "sources", workspace_steps.change_source, "name")
remove_source = _step("DELETE", "sources", workspace_steps.remove_source, "name")
add_destination = _step("POST", "destinations", workspace_steps.add_destination, status=201)
change_destination = _step("PATCH", "destinations", workspace_steps.change_destination, "name")
remove_destination = _step("DELETE", "destinations", workspace_steps.remove_destination, "name")
add_mapping = _step("POST", "mappings", workspace_steps.add_mapping, "destination", status=201)
change_mapping = _step("PATCH", "mappings", workspace_steps.change_mapping, "destination", "name")
remove_mapping = _step("DELETE", "mappings", workspace_steps.remove_mapping, "destination", "name")
