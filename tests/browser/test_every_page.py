"""What holds for every page: nothing for axe to find, all of it light, reachable by keyboard."""

import pytest

from mock_server.pages.page_table import PAGES
from tests.browser.axe import problems

PATHS = [page.path for page in PAGES]


def shifted(page):
    """Return how much of the page moved while it came to be: Chromium's layout shift."""
    return page.evaluate(
        """() => new Promise(resolve => {
            let sum = 0;
            new PerformanceObserver(list => list.getEntries().forEach(each => sum += each.value))
                .observe({type: 'layout-shift', buffered: true});
            setTimeout(() => resolve(sum), 50);
        })"""
    )


@pytest.mark.parametrize("path", PATHS)
def test_nothing_moves_axe_finds_nothing_and_a_narrow_window_shows_all(visit, path):
    page = visit(path)

    assert shifted(page) < 0.01
    assert problems(page) == []

    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    "address",
    [
        "/toplyne#constructor",
        "/toplyne#__proto__?search=x",
        "/setup#constructor",
        "/setup#__proto__/x",
        "/setup#destination/Toplyne%20Cloud%20Mode%20(Actions)%20of%20default/build/constructor",
    ],
)
def test_an_address_may_name_what_every_object_of_javascript_has(visit, address):
    page = visit(address)

    assert page.get_by_role("heading", level=2).count()


def test_the_first_tab_skips_to_the_content(visit):
    page = visit("/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_keys_lead_from_page_to_page_and_are_listed(visit):
    page = visit("/")

    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="hidden")
    page.keyboard.press("g")
    page.keyboard.press("l")

    page.wait_for_url("**/live")


def test_keys_work_at_once_when_a_dialog_was_closed(visit):
    page = visit("/")

    # in one task, as a fast machine is: the focus is still in the dialog that is gone
    page.evaluate("""() => {
        const [dialog, box] = ["keys", "single-keys"].map(id => document.getElementById(id));
        dialog.showModal();
        box.focus();
        dialog.close();
        for (const key of ["g", "l"])
            box.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    }""")

    page.wait_for_url("**/live")


def test_keys_without_ctrl_can_be_turned_off(visit):
    page = visit("/")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Enable keys without Ctrl").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("?")

    assert not page.get_by_role("dialog", name="Keys").is_visible()
