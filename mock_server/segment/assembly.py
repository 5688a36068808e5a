"""Assembly: Segment's side put in front of Toplyne's API, with a tenant for each source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from mock_server.exchange import Answer, Received
from mock_server.segment.segment import Segment
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.senders import InsideSender, NetworkSender, Sender
from mock_server.segment.write_keys import default_workspace
from mock_server.store.database import Limits
from mock_server.store.tokens import Tokens
from sandbox.segment.definition import Rules
from sandbox.workspace import ConnectedDestination, Source, Workspace


def segment_before(  # noqa: PLR0913 - what it stands in front of, each by name
    answer: Callable[[Received], Answer],
    workspace: Workspace | None,
    *,
    tokens: Tokens,
    secrets: Mapping[str, str],
    default: str,
    rules: Rules,
    limits: Limits,
    clock: Callable[[], float],
    choices: SegmentChoices | None = None,
) -> Segment:
    """Return Segment's side that puts to `answer` what its destinations do not send elsewhere.

    Without a workspace there is a source for each of the secrets, with the three presets. A
    source's messages belong to the tenant of its first destination here; to the default one's
    where it has none here or one with a key no token is.
    """

    def tenant_of(workspace: Workspace, source: Source) -> int:
        for each in workspace.destinations_of(source):
            if each.base_url is None:
                bearer = tokens.check((f"Bearer {each.api_key}",), clock())
                if bearer.token is not None:
                    return bearer.token.tenant
        return tokens.of(default)[0].tenant

    return Segment(
        workspace or default_workspace(secrets),
        tenant_for=tenant_of,
        sender_for=partial(_sender, answer),
        rules=rules,
        limits=limits,
        clock=clock,
        choices=choices,
    )


def _sender(answer: Callable[[Received], Answer], destination: ConnectedDestination) -> Sender:
    if destination.base_url is None:
        return InsideSender(answer, api_key=destination.api_key)
    return NetworkSender(api_key=destination.api_key, base_url=destination.base_url)
