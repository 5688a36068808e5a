"""Refusal forms: the form of the refusal of a request that no view answers, by its path."""

from collections.abc import Callable
from typing import Final, NamedTuple

from mock_server.exchange import HttpAnswer, Received, Refusal
from mock_server.pages import page_table
from mock_server.routes import CONTROL, PREFIX, ROUTES
from mock_server.segment import tracking, tracking_paths
from mock_server.toplyne import answers
from mock_server.toplyne.api import ToplyneApi


class RefusalForm(NamedTuple):
    """One side: how its refusals look, and the blueprints whose paths its 404 lists.

    `is_journaled` is whether its refused requests are journaled, and `any_origin` whether pages of
    other sites may call it.
    """

    answer: Callable[[Refusal], HttpAnswer]
    lists: tuple[str, ...]
    is_journaled: bool = True
    any_origin: bool = False


def _as_toplyne(refusal: Refusal) -> HttpAnswer:
    return answers.refusal(refusal.status, refusal.details, headers=refusal.headers)


def _as_page(refusal: Refusal) -> HttpAnswer:
    known = {name for name, _ in page_table.HEADERS}
    headers = [pair for pair in answers.HEADERS if pair[0] not in known]
    body = answers.error_body(refusal.status, refusal.details)
    return HttpAnswer(refusal.status, (*headers, *page_table.HEADERS, *refusal.headers), body)


TOPLYNE: Final = RefusalForm(_as_toplyne, ("toplyne",))
SEGMENT: Final = RefusalForm(tracking.refusal, ("segment",), any_origin=True)
EITHER: Final = RefusalForm(_as_toplyne, ("toplyne", "segment"), any_origin=True)
ANYWHERE: Final = RefusalForm(_as_toplyne, ("toplyne", "segment", "control"))
PAGES: Final = RefusalForm(_as_page, ("pages",), is_journaled=False)

FORMS: Final = {
    CONTROL: RefusalForm(_as_toplyne, ("control",), is_journaled=False),
    **{"/".join(path.split("/")[:3]): TOPLYNE for path in ROUTES},
    **dict.fromkeys((*tracking_paths.PATHS, tracking_paths.METRICS), SEGMENT),
    **{
        each.rstrip("/"): SEGMENT
        for each in (tracking_paths.PIXEL, tracking_paths.SNIPPET, tracking_paths.PROJECTS)
    },
    PREFIX: EITHER,
}
"""The side of each path prefix; the first that matches counts."""


def form_of(path: str) -> RefusalForm:
    """Return the side a path belongs to."""
    if page_table.is_page(path):
        return PAGES
    begins = (v for prefix, v in FORMS.items() if path == prefix or path.startswith(f"{prefix}/"))
    return next(begins, ANYWHERE)


def refused(api: ToplyneApi, received: Received, refusal: Refusal) -> HttpAnswer:
    """Refuse a request in the form of its side, and journal it if that side's requests are."""
    form = form_of(received.path)
    answer = form.answer(refusal)
    return api.note(received, refusal, answer) if form.is_journaled else answer
