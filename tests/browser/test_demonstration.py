"""Demonstration: played by one key, captioned, held, gone on with and ended."""

import pytest

from mock_server.control.demonstration_resource import steps
from tests.browser.axe import problems
from tests.browser.keyboard import press

FIRST, SECOND = steps()[:2]


@pytest.fixture
def story(visit, toplyne):
    """Return a function that opens a page and plays the demonstration there."""

    def play(path="/live", **chosen):
        page = visit(path, **chosen)
        page.get_by_role("button", name="Demo", exact=False).first.press("Enter")
        bar(page).get_by_text(FIRST.caption).wait_for()
        return page

    yield play
    for running in tuple(toplyne.mock.beside.values()):
        running.end()


def bar(page):
    return page.get_by_role("complementary", name="Demonstration")


def test_one_key_plays_it_and_ending_leaves_nothing(story, toplyne):
    page = story("/contract")

    page.wait_for_url("**/live")
    page.get_by_text("unmapped").first.wait_for()
    press(page, "Pause the demonstration")
    for step in steps()[1:]:
        press(page, "Next")
        bar(page).get_by_text(step.title).wait_for()
    press(page, "End")
    bar(page).wait_for(state="detached")

    assert toplyne.ledger == []
    assert toplyne.entries == []
    assert toplyne.mock.beside == {}
    assert page.evaluate("sessionStorage.length") == 0


def test_it_goes_on_by_itself_and_can_be_held(story):
    page = story()
    page.clock.install()
    page.reload()
    bar(page).get_by_text(FIRST.caption).wait_for()

    page.clock.run_for(13_000)
    bar(page).get_by_text(SECOND.caption).wait_for()
    press(page, "Pause the demonstration")
    page.clock.run_for(60_000)

    bar(page).get_by_text(SECOND.caption).wait_for()
    press(page, "Play the demonstration")
    bar(page).get_by_text(steps()[2].caption).wait_for()


def test_the_other_pages_show_it_too_and_follow(story):
    page = story()
    press(page, "Next")
    bar(page).get_by_text(SECOND.title).wait_for()
    page.get_by_role("link", name="Toplyne", exact=True).click()
    bar(page).get_by_text(SECOND.title).wait_for()

    page.get_by_role("heading", name="1 profile").wait_for()
    for step in steps()[2:6]:
        press(page, "Next")
        bar(page).get_by_text(step.title).wait_for()

    page.get_by_role("heading", name="2 profiles").wait_for()


def test_a_server_that_was_started_anew_ends_it(story, toplyne):
    page = story()
    (running,) = toplyne.mock.beside.values()

    running.end()

    bar(page).wait_for(state="detached")


@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_and_it_is_as_wide_as_the_page(story, width):
    page = story(width=width)

    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
