"""The common look: widths, long names, print, colours, no JavaScript, other hosts, log-in."""

import contextlib

import pytest

from mock_server import MockServer
from mock_server.pages.page_table import PAGES
from tests.browser.axe import problems
from tests.browser.conftest import PATIENCE
from tests.browser.keyboard import press, wait_for_focus
from tests.wire import http

PATHS = [page.path for page in PAGES]
WIDTHS = (320, 360, 768, 981, 1280, 1920)
LONG = "a-name-without-a-blank-" * 7 + "of-170-in-all"
VIEWS = {
    **{path: path for path in PATHS},
    "events": "/toplyne#events",
    "settings": "/toplyne#settings",
    "profile": f"/toplyne#profiles?userId={LONG}",
    "destination": f"/setup#destination/{LONG}",
    "mapping": f"/setup#destination/{LONG}/mapping/{LONG}",
}
EVERY_VIEW = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)

WIDER = """() => {
  // what can be scrolled sideways as it is wider than its box, or makes the page so
  const root = document.documentElement, kept = "textarea, pre, select, input";
  const page = root.scrollWidth > root.clientWidth ? [`the page: ${root.scrollWidth}`] : [];
  const boxes = [...document.querySelectorAll("main, main *, header *")].filter(it =>
    it.checkVisibility() && it.scrollWidth > it.clientWidth + 1 && !it.matches(kept)
    && ["auto", "scroll"].includes(getComputedStyle(it).overflowX));
  const links = [...document.querySelectorAll("header a, header button")]
    .filter(it => it.checkVisibility()).map(it => it.getBoundingClientRect());
  const cover = (it, other) => it.left < other.right - 1 && other.left < it.right - 1
    && it.top < other.bottom - 1 && other.top < it.bottom - 1;
  const isOver = links.some((it, at) => links.slice(at + 1).some(other => cover(it, other)));
  if (isOver) page.push("one link of the header covers another");
  return [...page, ...boxes.map(it => `${it.className}: ${it.scrollWidth} in ${it.clientWidth}`)];
}"""


@pytest.fixture
def full(toplyne):
    """A mock with long names in everything that has a name."""
    ask = f"{toplyne.url}/_sandbox"
    batch = [
        {"type": "identify", "userId": LONG, "anonymousId": LONG, "traits": {LONG: LONG}},
        {"type": "group", "userId": LONG, "groupId": LONG, "traits": {"name": LONG}},
        {"type": "track", "event": LONG, "userId": LONG, "properties": {LONG: [LONG]}},
        {"type": "track", "event": LONG, "userId": LONG, "timestamp": "2021-10-20T10:20:30.456Z"},
        {"type": "track", "event": LONG},
    ]
    body = {"batch": batch, "writeKey": toplyne.write_key}
    http.post(f"{toplyne.url}/v1/batch", json=body).raise_for_status()
    toplyne.flush()
    http.post(f"{ask}/tokens", json={"name": LONG[:100]}).raise_for_status()
    http.post(f"{ask}/faults", json={"status": 503, "times": 9, "path": "/v1/upload/events"})
    mapping = {"name": LONG, "action": "sendEvents", "trigger": f'event = "{LONG}"', "fields": {}}
    for part, made in (
        ("sources", {"name": LONG}),
        ("destinations", {"name": LONG, "source": LONG}),
        (f"mappings?destination={LONG}", mapping),
    ):
        http.post(f"{ask}/workspace/{part}", json=made).raise_for_status()
    yield toplyne
    for part in ("destinations", "sources"):
        http.delete(f"{ask}/workspace/{part}?name={LONG}").raise_for_status()
    http.delete(f"{ask}/tokens/{LONG[:100]}")


@EVERY_VIEW
def test_nothing_is_wider_than_its_box_at_any_width(visit, full, view):
    page = visit(view)

    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if wider := page.evaluate(WIDER):
            found[width] = wider

    assert found == {}


@EVERY_VIEW
def test_axe_finds_nothing_in_either_scheme_when_there_is_much_to_see(visit, full, view):
    assert problems(visit(view)) == []


def test_a_switch_is_large_enough_to_be_hit(visit):
    page = visit("/faults")

    sizes = page.get_by_role("switch").evaluate_all(
        "all => all.map(it => it.getBoundingClientRect()).map(it => [it.width, it.height])"
    )

    assert [size for size in sizes if min(size) < 24] == []


@pytest.mark.parametrize("path", PATHS)
def test_it_prints_dark_text_on_white_with_nothing_to_press(visit, full, path):
    page = visit(path, scheme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")

    page.emulate_media(media="print", color_scheme="dark")

    try:
        colours = page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor,
                      getComputedStyle(document.querySelector("h1")).color]"""
        )
        assert colours == ["rgb(255, 255, 255)", "rgb(26, 31, 39)"]
        assert page.locator("header.top, main button.button").filter(visible=True).count() == 0
    finally:
        page.emulate_media(media="screen")


@pytest.mark.parametrize("path", PATHS)
def test_forced_colours_leave_what_is_chosen_to_be_seen(visit, full, path):
    page = visit(path)
    page.emulate_media(forced_colors="active")

    try:
        current = page.locator("nav [aria-current]").first
        border = "it => getComputedStyle(it).borderTopStyle"
        assert current.evaluate(border) == "solid"
        for switch in page.get_by_role("switch").all():
            thumb = switch.evaluate("it => getComputedStyle(it, '::after').backgroundColor")
            box = switch.evaluate("it => getComputedStyle(it).backgroundColor")
            assert thumb != box
    finally:
        page.emulate_media(forced_colors="none")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_animated_where_less_motion_is_asked_for(visit, path):
    page = visit(path)  # the context asks for reduced motion

    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(it => {
            const style = getComputedStyle(it);
            return style.transitionDuration.split(", ").some(each => parseFloat(each) > 0)
              || parseFloat(style.animationDuration) > 0 || style.scrollBehavior === "smooth";
        }).map(it => it.outerHTML.slice(0, 80))"""
    )

    assert moving == []


def test_the_theme_goes_round_by_key_and_holds_on_every_page(visit):
    page = visit("/faults", scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)

    press(page, "Colours: System")
    light = page.evaluate(background)
    page.goto("/contract")
    page.wait_for_selector("main[data-ready]")

    assert light != dark
    assert page.evaluate(background) == light
    page.emulate_media(color_scheme="light")
    press(page, "Colours: Light")
    assert page.evaluate(background) == dark
    press(page, "Colours: Dark")
    assert page.evaluate(background) == light


@pytest.mark.parametrize(
    ("kept", "shown"), [("dark", "Dark"), ('"light"', "Light"), ('""', "System"), ("5", "System")]
)
def test_a_theme_that_is_kept_in_any_form_breaks_no_page(visit, kept, shown):
    page = visit("/contract")
    page.evaluate("kept => localStorage.setItem('theme', kept)", kept)

    page.reload()
    page.wait_for_selector("main[data-ready]")

    page.get_by_role("button", name=f"Colours: {shown}").wait_for()


@pytest.mark.parametrize("path", PATHS)
def test_without_javascript_each_page_says_where_the_same_is(browser, toplyne, path):
    context = browser.new_context(base_url=toplyne.url, java_script_enabled=False)
    page = context.new_page()

    page.goto(path)
    said = page.locator("noscript").inner_text()
    links = page.locator("noscript a").evaluate_all("all => all.map(it => it.href)")
    navigation = page.get_by_role("navigation", name="Pages").get_by_role("link").count()
    context.close()

    assert "JavaScript" in said
    assert [http.get(link).status_code for link in links] == [200] * len(links)
    assert navigation == len(PAGES)


@pytest.mark.parametrize("path", ["/nothing", "/live/", "/live/x?y=1", "/static/nothing.js"])
def test_a_page_that_is_not_there_is_a_page(browser, toplyne, path):
    page = browser.new_page(base_url=toplyne.url)

    answer = page.goto(path)
    heading = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("main").get_by_role("link", name="Live").click()
    page.wait_for_url("**/live")
    page.close()

    assert answer.status == 404
    assert heading == f"There is no page {path.partition('?')[0]}"


@contextlib.contextmanager
def guarded(browser, path="/live", *, host="127.0.0.1"):
    """Open a page of a server that asks for an admin token; no page may complain."""
    with MockServer(admin_token="boss", allowed_hosts=["box.test"]) as server:
        context = browser.new_context(base_url=f"http://{host}:{server.port}")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        try:
            yield page, server
        finally:
            context.close()
    assert complaints == []


def log_in(page, token):
    page.get_by_role("dialog", name="Admin token").wait_for()
    page.keyboard.type(token)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("path", ["/live", "/toplyne", "/faults", "/setup"])
def test_an_admin_token_from_log_in_to_log_out_by_key(browser, path):
    with guarded(browser, path) as (page, _):
        page.set_viewport_size({"width": 981, "height": 800})
        log_in(page, "wrong")
        page.get_by_text("That token was refused.").wait_for()
        wait_for_focus(page, "Kept until this tab is closed")
        log_in(page, "boss")
        page.wait_for_selector("main[data-ready]")
        page.get_by_role("dialog").wait_for(state="detached")
        assert page.evaluate(WIDER) == []

        press(page, "Log out")
        page.get_by_role("dialog", name="Admin token").wait_for()

        assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("path", ["/live", "/toplyne", "/faults", "/setup", "/"])
def test_who_declines_to_log_in_is_not_asked_again_until_they_want_to(browser, path):
    with guarded(browser, path) as (page, _):
        page.get_by_role("dialog", name="Admin token").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.wait_for_timeout(4000)  # longer than any page waits before it asks again

        assert page.get_by_role("dialog").count() == 0
        press(page, "Log in")
        log_in(page, "boss")
        page.get_by_role("button", name="Log out").wait_for()


def test_a_demonstration_can_be_given_where_an_admin_token_is_asked_for(browser):
    with guarded(browser) as (page, server):
        log_in(page, "boss")
        page.get_by_role("button", name="Log out").wait_for()

        page.get_by_role("button", name="Demo", exact=False).first.click()
        page.get_by_role("complementary", name="Demonstration").wait_for()
        page.get_by_role("button", name="End").click()
        page.get_by_role("complementary", name="Demonstration").wait_for(state="detached")

        page.get_by_role("button", name="Log out").wait_for()
        assert server.mock.beside == {}


@pytest.mark.parametrize("path", ["/", "/live", "/toplyne", "/faults", "/setup"])
def test_every_page_works_over_http_under_a_name_that_is_not_localhost(browser, path):
    with guarded(browser, path, host="box.test") as (page, _):
        log_in(page, "boss")

        page.wait_for_selector("main[data-ready]")
        page.get_by_role("button", name="Log out").wait_for()
        assert not page.evaluate("isSecureContext")


def test_a_page_that_is_not_there_is_a_page_under_such_a_name_too(browser):
    with guarded(browser, "/nothing", host="box.test") as (page, _):
        assert page.get_by_role("heading", level=1).inner_text() == "There is no page /nothing"
