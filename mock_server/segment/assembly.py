"""Assembly: connect Segment's side to Toplyne's API, with a tenant for each source."""

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.exchange import Answer, Received
from mock_server.segment.segment import Segment
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.senders import InsideSender, NetworkSender, Sender
from mock_server.segment.write_keys import default_workspace
from mock_server.store.database import Store
from mock_server.store.tokens import Token
from sandbox.workspace import ConnectedDestination, Source, Workspace


def segment_before(  # noqa: PLR0913 - its parts, each by name
    answer: Callable[[Received], Answer],
    known: Workspace | Mapping[str, str],
    *,
    default: int,
    check: Callable[[str], Token | None],
    store: Store,
    is_given: bool,
    choices: SegmentChoices | None,
    **parts: Any,
) -> Segment:
    """Return Segment's side that puts to `answer` what its destinations do not send elsewhere.

    Of tokens by name a workspace is made with a source for each, and the three presets. A source's
    messages belong to the tenant of its first destination here whose API key `check` knows, else to
    the default one. `parts` are those of `Segment`. Where the store is a file, what was set up
    and what waited before comes back from it, unless other tokens or another workspace is given.
    """
    workspace = known if isinstance(known, Workspace) else default_workspace(known)
    if store.is_kept:
        from mock_server.segment.kept_queue import KeptQueue  # noqa: PLC0415 - as above
        from mock_server.segment.kept_workspace import KeptWorkspace  # noqa: PLC0415 - with a file alone

        kept = KeptWorkspace(store, workspace if is_given else None)
        allow_remote = choices is not None and choices.allow_remote
        workspace = kept.known(allow_remote=allow_remote) or workspace
        parts |= {"kept": KeptQueue(store), "keep_workspace": kept.keep}

    def tenant_of(workspace: Workspace, source: Source) -> int:
        here = [each for each in workspace.destinations_of(source) if each.base_url is None]
        tokens = (check(each.api_key) for each in here)
        return next((token.tenant for token in tokens if token is not None), default)

    def sender_for(destination: ConnectedDestination) -> Sender:
        if destination.base_url is None:
            return InsideSender(answer, api_key=destination.api_key)
        return NetworkSender(api_key=destination.api_key, base_url=destination.base_url)

    return Segment(workspace, tenant_for=tenant_of, sender_for=sender_for, choices=choices, **parts)
