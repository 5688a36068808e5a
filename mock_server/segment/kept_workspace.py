"""Kept workspace: the workspace as it was changed while the server ran, in the store's file."""

import hashlib
import json
from typing import Final

from mock_server.store.database import NOBODY, Store
from mock_server.store.opening import InvalidStore
from sandbox.loopback import is_loopback
from sandbox.workspace import Workspace
from sandbox.workspace.documents import Document
from sandbox.workspace.file_reading import check_document
from sandbox.workspace.file_writing import to_value

_NAME: Final = "workspace"


class KeptWorkspace:
    """The workspace in a store. It counts as long as the server is started with the same one."""

    def __init__(self, store: Store, given: Workspace | None) -> None:
        """Keep the changes of the workspace that the server was started with, if one was given."""
        self._store = store
        self._base = given and hashlib.sha256(json.dumps(to_value(given)).encode()).hexdigest()
        self._near = set() if given is None else {each.base_url for each in given.destinations}

    def keep(self, workspace: Workspace) -> None:
        """Store a workspace. Raises StoreUnavailable."""
        self._store.keep_setting(_NAME, {"of": self._base, "is": to_value(workspace)})

    def known(self, *, allow_remote: bool) -> Workspace | None:
        """Return the stored workspace; delete it and return None if another workspace is given now.

        Raises InvalidStore if it is invalid, or delivers to another machine without permission.
        """
        kept = self._store.setting(_NAME).get(NOBODY)
        if kept is None or kept["of"] != self._base:
            self._store.keep_setting(_NAME, None)
            return None
        checked = check_document(Document(kept["is"], None), unfinished=True)
        if checked.workspace is None:
            said = " ".join(f"{problem.path} {problem.message}" for problem in checked.problems)
            raise InvalidStore(f"the workspace in the store is not valid any more: {said}")
        far = [] if allow_remote else self._far(checked.workspace)
        if far:
            raise InvalidStore(
                f"the workspace in the store delivers to {', '.join(far)}, which is not this"
                " machine; give --allow-remote"
            )
        return checked.workspace

    def _far(self, workspace: Workspace) -> list[str]:
        import httpx  # noqa: PLC0415 - few destinations have a URL of their own

        urls = (each.base_url for each in workspace.destinations)
        known = [url for url in urls if url is not None and url not in self._near]
        return [host for url in known if not is_loopback(host := httpx.URL(url).host)]
