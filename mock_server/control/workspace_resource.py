"""Set-up questions: `/_sandbox/workspace`, where Segment's configuration is read and changed.

Every change answers with the workspace as it is afterwards. A change after which it would be none
is refused with all that is wrong, and nothing is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from mock_server.control.questions import Asked, shown
from mock_server.exchange import Answer
from mock_server.segment import workspace_steps
from mock_server.segment.segment import Closed
from mock_server.segment.workspace_steps import Members, NotThere
from mock_server.toplyne import answers
from sandbox.loopback import is_loopback
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE
from sandbox.values import Path, Problem
from sandbox.workspace import (
    ConnectedDestination,
    InvalidWorkspace,
    LocatedProblem,
    Workspace,
    masked,
)
from sandbox.workspace.documents import Document
from sandbox.workspace.file_reading import check_document
from sandbox.workspace.file_values import KEPT, to_value

Step: TypeAlias = Callable[[Members], Path]
"""Changes the workspace's value and returns the path of what it changed."""
Change: TypeAlias = Callable[..., Path]
"""A step of `setup`: takes the workspace's value, the body, and the names it is about."""
Handler: TypeAlias = Callable[[Asked], Answer]

_REMOTE: Final = "is on another machine; a server started with --allow-remote may deliver there."


def workspace(asked: Asked) -> Answer:
    """Answer the workspace, API keys with their last four characters, and what is odd about it."""
    asked.parameters()
    return _shown(asked, asked.mock.segment.workspace)


def new_workspace(asked: Asked) -> Answer:
    """Put a whole workspace in force; an API key that is shown as `…abcd` stays the one it is."""
    asked.parameters()
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


def _step(change: Change, *names: str, body: bool = True, status: int = 200) -> Handler:
    """Return what answers a step; `names` are the parameters that say what it is about."""

    def answer(asked: Asked) -> Answer:
        parameters = asked.parameters(*names)
        given = asked.body() if body else {}
        about = [parameters.get(name, "") for name in names]
        return _changed(asked, lambda value: change(value, given, *about), status=status)

    return answer


def _changed(asked: Asked, step: Step, *, status: int = 200) -> Answer:
    segment, where = asked.mock.segment, [Path()]

    def change(known: Workspace) -> Workspace:
        value = to_value(known)
        where[0] = step(value)
        checked = check_document(Document(value, {}), unfinished=True)
        if checked.workspace is None:
            raise InvalidWorkspace(checked.problems)
        if not segment.choices.allow_remote:
            _refuse_remote(known, checked.workspace)
        return checked.workspace

    try:
        return _shown(asked, segment.reconfigure(change), status)
    except NotThere as error:
        return answers.refusal(404, str(error))
    except Closed:
        return answers.refusal(503, "The server is being stopped.")
    except InvalidWorkspace as error:
        return _refused(error.problems, where[0])


def _refuse_remote(known: Workspace, new: Workspace) -> None:
    """Raise InvalidWorkspace where a destination would newly deliver to another machine."""
    urls = {each.base_url for each in known.destinations}
    far = [
        LocatedProblem(("destinations", number, "base_url"), _REMOTE)
        for number, each in enumerate(new.destinations)
        if each.base_url not in urls and _is_remote(each.base_url)
    ]
    if far:
        raise InvalidWorkspace(tuple(far))


def _is_remote(url: str | None) -> bool:
    return url is not None and not is_loopback(urlsplit(url).hostname or "")


def _refused(problems: tuple[LocatedProblem, ...], changed: Path) -> Answer:
    """Return the refusal, each problem's path from what was changed, where it lies in it."""
    told = [_below(problem, changed) for problem in problems]
    said = " ".join(f"{problem.path} {problem.message}" for problem in told)
    body = json.loads(answers.error_body(400, said))
    return shown({**body, "problems": [problem.to_json() for problem in told]}, 400)


def _below(problem: Problem, path: Path) -> Problem:
    """Return a problem of a workspace, which has no lines, as one of the value at `path` in it."""
    inside = problem.at[: len(path)] == path
    return Problem(problem.at[len(path) if inside else 0 :], problem.message)


def _shown(asked: Asked, known: Workspace, status: int = 200) -> Answer:
    checked = check_document(Document(to_value(known), {}), unfinished=True)
    return shown(
        {
            "workspace": to_value(known, key=masked),
            "keys": {each.name: _key(asked, each) for each in known.destinations},
            "warnings": [_below(warning, ()).to_json() for warning in checked.warnings],
            "most_mappings": TOPLYNE.max_mappings,
        },
        status,
    )


def _key(asked: Asked, destination: ConnectedDestination) -> Json:
    """Return whom a destination's API key belongs to here; None where it delivers elsewhere."""
    if destination.base_url is not None:
        return None
    mock = asked.mock
    bearer = mock.tokens.check((f"Bearer {destination.api_key}",), mock.clock())
    status = bearer.verdict if destination.api_key else "missing"
    return {"status": status, "tenant": bearer.token and bearer.token.name}


STEPS: Final[dict[str, dict[str, Handler]]] = {
    "sources": {
        "POST": _step(workspace_steps.add_source, status=201),
        "PATCH": _step(workspace_steps.change_source, "name"),
        "DELETE": _step(workspace_steps.remove_source, "name", body=False),
    },
    "destinations": {
        "POST": _step(workspace_steps.add_destination, status=201),
        "PATCH": _step(workspace_steps.change_destination, "name"),
        "DELETE": _step(workspace_steps.remove_destination, "name", body=False),
    },
    "mappings": {
        "POST": _step(workspace_steps.add_mapping, "destination", status=201),
        "PATCH": _step(workspace_steps.change_mapping, "destination", "name"),
        "DELETE": _step(workspace_steps.remove_mapping, "destination", "name", body=False),
    },
}
"""What `/_sandbox/workspace/…` takes: things that are added, changed and taken away."""
