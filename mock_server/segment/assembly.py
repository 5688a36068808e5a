"""Assembly: Segment's side put in front of a mock, with a tenant for each source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mock_server.exchange import Answer, Received
from mock_server.segment.segment import Segment
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.senders import InsideSender, NetworkSender, Sender
from mock_server.segment.write_keys import default_workspace
from sandbox.workspace import ConnectedDestination, Source, Workspace

if TYPE_CHECKING:
    from mock_server.parts import Parts


def segment_before(
    mock: Parts,
    answer: Callable[[Received], Answer],
    workspace: Workspace | None,
    *,
    choices: SegmentChoices | None = None,
) -> Segment:
    """Return Segment's side that delivers to `mock` what its destinations do not send elsewhere.

    `answer` is how a request is put to the mock. Without a workspace there is a source for each of
    the mock's tokens, with the three presets.
    """
    known = workspace or default_workspace(mock.secrets)

    return Segment(
        known,
        tenant_for=partial(_tenant_of, mock),
        sender_for=partial(_sender, answer),
        rules=mock.rules,
        limits=mock.limits,
        clock=mock.clock,
        choices=choices,
    )


def _sender(answer: Callable[[Received], Answer], destination: ConnectedDestination) -> Sender:
    if destination.base_url is None:
        return InsideSender(answer, api_key=destination.api_key)
    return NetworkSender(api_key=destination.api_key, base_url=destination.base_url)


def _tenant_of(mock: Parts, workspace: Workspace, source: Source) -> int:
    """Return the tenant a source's messages belong to: that of its first destination here.

    The default tenant's, where it has none here or one with a key no token is.
    """
    for each in workspace.destinations_of(source):
        if each.base_url is None:
            bearer = mock.tokens.check((f"Bearer {each.api_key}",), mock.clock())
            if bearer.token is not None:
                return bearer.token.tenant
    return mock.tokens.of(mock.default)[0].tenant
