"""Mock: everything one server knows, and the one function that answers a request."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from mock_server import pages
from mock_server.exchange import Answer, Received
from mock_server.parts import Parts
from mock_server.segment import tracking
from mock_server.segment.assembly import segment_before
from mock_server.segment.choices import SegmentChoices
from mock_server.toplyne import answers
from mock_server.toplyne.routes import LISTED, PREFIX
from mock_server.toplyne.store import StoreUnavailable
from mock_server.view import TenantView, view_named
from sandbox.workspace import Workspace


class Mock(Parts):
    """One mock: its parts, with Segment's side in front of them; free of any server.

    `answer` is called by the server, by the Flask adapter and by the in-process transport, from
    any thread.
    """

    def __init__(
        self,
        *,
        workspace: Workspace | None = None,
        segment: SegmentChoices | None = None,
        **parts: Any,
    ) -> None:
        """Make the parts, and Segment's side before them; takes what Parts takes.

        Without a workspace each token gets a source with the three presets. Raises as Parts.
        """
        super().__init__(workspace=workspace, **parts)
        self.segment = segment_before(self, self.answer, workspace, choices=segment)

    def answer(self, received: Received) -> Answer:
        """Return the answer to any request; never raises.

        What cannot be stored is answered 503; a bug of ours with the recorded 500, and shown on
        the error output.
        """
        try:
            return self._answer(received)
        except StoreUnavailable as error:
            return answers.refusal(
                503, f"Nothing can be stored now: {error}. What was answered before is kept."
            )
        except Exception:  # noqa: BLE001 - whatever it is, the client must get an answer
            sys.stderr.write(f"toplyne-sandbox: a bug in answering {received.method} ")
            sys.stderr.write(f"{received.path[:200]}\n{traceback.format_exc()}")
            return answers.refusal(500, "")

    def _answer(self, received: Received) -> Answer:
        is_tracked = tracking.is_for(received.path)
        is_call = not is_tracked and (
            received.path == PREFIX or received.path.startswith(f"{PREFIX}/")
        )
        foreign = self.guard.refusal(received, any_origin=is_tracked)
        if foreign is not None:
            entry = None
            if is_call:
                entry = self.journal.append(received, status=403, problems=(foreign,))
            if is_tracked:
                return tracking.refusal_of(self.segment, foreign.message)
            return answers.refusal(403, foreign.message, entry=entry)

        if is_tracked:
            return tracking.answer(self.segment, received)
        if is_call:
            return self.api.answer(received)

        from mock_server import inspection  # noqa: PLC0415 - as in asgi

        if inspection.is_for(received.path):
            return inspection.answer(self, received)
        if pages.is_for(received.path):
            from mock_server.app import page_answer  # noqa: PLC0415 - Flask, with the first page

            return page_answer(self, received)
        known = f"{LISTED}, {tracking.LISTED}, and {inspection.LISTED}"
        return answers.refusal(404, f"Nothing is at {received.path[:200]}. There are: {known}.")

    def view(self, name: str | None = None) -> TenantView:
        """Return what the tenant of that name sees, the default one where none is named.

        Raises KeyError for a name no token has.
        """
        return view_named(self, name)
