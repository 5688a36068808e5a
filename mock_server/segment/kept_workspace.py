"""Kept workspace: the workspace as it was changed while the server ran, in the store's file."""

import hashlib
import json
from collections.abc import Callable
from typing import Final

from mock_server.store.database import NOBODY, Store
from mock_server.store.opening import InvalidStore
from sandbox.loopback import is_loopback
from sandbox.workspace import Workspace
from sandbox.workspace.documents import Document
from sandbox.workspace.file_reading import check_document
from sandbox.workspace.file_writing import to_value

_NAME: Final = "workspace"


def workspace_in(
    store: Store,
    given: Workspace | None,
    allow_remote: bool,  # noqa: FBT001 - named like the option
) -> tuple[Workspace | None, Callable[[Workspace], None]]:
    """Return the stored workspace, or None, and a function that stores a changed one.

    The stored one is used if the server is started with the same workspace as before; otherwise it
    is deleted. Raises InvalidStore if it is invalid, or delivers to another machine without
    `allow_remote`. The function raises StoreUnavailable.
    """
    base = given and hashlib.sha256(json.dumps(to_value(given)).encode()).hexdigest()

    def keep(workspace: Workspace) -> None:
        store.keep_setting(_NAME, {"of": base, "is": to_value(workspace)})

    kept = store.setting(_NAME).get(NOBODY)
    if kept is None or kept["of"] != base:
        store.keep_setting(_NAME, None)
        return None, keep
    checked = check_document(Document(kept["is"], None))
    if checked.workspace is None:
        said = " ".join(f"{problem.path} {problem.message}" for problem in checked.problems)
        raise InvalidStore(f"the workspace in the store is not valid any more: {said}")
    far = {} if allow_remote else newly_remote(given, checked.workspace)
    if far:
        raise InvalidStore(
            f"the workspace in the store delivers to {', '.join(far.values())}, which is not on"
            " this machine; allow it with --allow-remote"
        )
    return checked.workspace, keep


def newly_remote(known: Workspace | None, new: Workspace) -> dict[int, str]:
    """Return the other machines that `new` delivers to and `known` does not.

    They are the names of the hosts, by the position of the destination.
    """
    urls = {None, *(each.base_url for each in (known.destinations if known else ()))}
    fresh = {n: d.base_url for n, d in enumerate(new.destinations) if d.base_url not in urls}
    if not fresh:
        return {}
    import httpx  # noqa: PLC0415 - rarely needed

    hosts = {n: httpx.URL(url or "").host for n, url in fresh.items()}
    return {n: host for n, host in hosts.items() if not is_loopback(host)}
