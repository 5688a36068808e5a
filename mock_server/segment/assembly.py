"""Assembly: Segment's side put in front of Toplyne's API, with a tenant for each source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mock_server.exchange import Answer, Received
from mock_server.segment.segment import Segment
from mock_server.segment.senders import InsideSender, NetworkSender, Sender
from mock_server.segment.write_keys import default_workspace
from mock_server.store.tokens import Token
from sandbox.workspace import ConnectedDestination, Source, Workspace


def segment_before(
    answer: Callable[[Received], Answer],
    known: Workspace | Mapping[str, str],
    *,
    default: int,
    check: Callable[[str], Token | None],
    **parts: Any,
) -> Segment:
    """Return Segment's side that puts to `answer` what its destinations do not send elsewhere.

    Of tokens by name a workspace is made with a source for each, and the three presets. A source's
    messages belong to the tenant of its first destination here whose API key `check` knows, else to
    the default one. `parts` are those of `Segment`.
    """
    workspace = known if isinstance(known, Workspace) else default_workspace(known)

    def tenant_of(workspace: Workspace, source: Source) -> int:
        here = [each for each in workspace.destinations_of(source) if each.base_url is None]
        tokens = (check(each.api_key) for each in here)
        return next((token.tenant for token in tokens if token is not None), default)

    def sender_for(destination: ConnectedDestination) -> Sender:
        if destination.base_url is None:
            return InsideSender(answer, api_key=destination.api_key)
        return NetworkSender(api_key=destination.api_key, base_url=destination.base_url)

    return Segment(workspace, tenant_for=tenant_of, sender_for=sender_for, **parts)
