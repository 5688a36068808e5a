"""Mock: everything one server knows, and the one function that answers a request."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mock_server.exchange import Answer, Received
from mock_server.parts import Parts
from mock_server.routes import LISTED, PREFIX, ROUTES
from mock_server.segment import front
from mock_server.store.database import StoreUnavailable
from mock_server.tenant_view import TenantView, view_named
from mock_server.toplyne import answers

if TYPE_CHECKING:
    from mock_server.segment.segment import Segment
    from mock_server.segment.segment_choices import SegmentChoices
    from sandbox.workspace import Workspace


_CALLS: Final = f"{PREFIX}/"


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
        self._workspace = workspace
        self._choices = segment
        self._segment: Segment | None = None
        self._is_closed = False
        self._making = threading.Lock()
        self._pages: Callable[[Received], Answer] | None = None

    @property
    def segment(self) -> Segment:
        """Segment's side; loaded and made with the first call of the Tracking API."""
        with self._making:
            if self._segment is None:
                from mock_server.segment.assembly import segment_before  # noqa: PLC0415

                self._segment = segment_before(
                    self, self.answer, self._workspace, choices=self._choices
                )
                if self._is_closed:
                    self._segment.close()
            return self._segment

    @property
    def made_segment(self) -> Segment | None:
        """Segment's side, None where nobody has asked for it yet."""
        return self._segment

    @property
    def write_key(self) -> str:
        """The write key of the first source."""
        if self._segment is None and self._workspace is None:
            return front.derived_key(next(iter(self.secrets.values())))
        return self.segment.workspace.sources[0].write_key

    def close(self) -> None:
        """Deliver what is queued, let nobody wait, and close the store."""
        with self._making:
            self._is_closed = True
        super().close()

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
        path = received.path
        is_call = path in ROUTES
        is_tracked = not is_call and front.is_for(path)
        is_call = is_call or (not is_tracked and (path == PREFIX or path.startswith(_CALLS)))
        foreign = self.guard.refusal(received, any_origin=is_tracked)
        if foreign is not None:
            entry = None
            if is_call:
                entry = self.journal.append(received, status=403, problems=(foreign,))
            if is_tracked:
                return self._tracked(received, foreign.message)
            return answers.refusal(403, foreign.message, entry=entry)

        if is_tracked:
            return self._tracked(received)
        if is_call:
            return self.api.answer(received)

        from mock_server.control import inspection  # noqa: PLC0415 - with the first question
        from mock_server.pages import page_table  # noqa: PLC0415 - with the first question

        if inspection.is_for(received.path):
            return inspection.answer(self, received)
        if page_table.is_for(received.path):
            return self._page(received)
        known = f"{LISTED}, {front.LISTED}, and {inspection.LISTED}"
        return answers.refusal(404, f"Nothing is at {received.path[:200]}. There are: {known}.")

    def _page(self, received: Received) -> Answer:
        from mock_server.pages.page_app import shows_pages  # noqa: PLC0415 - with the first page

        with self._making:  # one at a time: werkzeug parses its routes, which threads must not
            if self._pages is None:
                self._pages = shows_pages(self.rules)
        return self._pages(received)

    def _tracked(self, received: Received, foreign: str = "") -> Answer:
        from mock_server.segment import tracking  # noqa: PLC0415 - with the first such call

        if foreign:
            return tracking.refusal_of(self.segment, foreign)
        return tracking.answer(self.segment, received)

    def view(self, name: str | None = None) -> TenantView:
        """Return what the tenant of that name sees, the default one where none is named.

        Raises KeyError for a name no token has.
        """
        return view_named(self, name)
