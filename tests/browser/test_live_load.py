"""Live under load: a hundred messages a second, read all the while, and memory stays flat."""

import time

import httpx
import pytest

from tests.browser.test_live import fill_with

A_SECOND = 100
MOST_GROWTH = 1.15
ROWS = 10_000


@pytest.fixture
def load(toplyne):
    client = httpx.Client(base_url=toplyne.url, auth=(toplyne.write_key, ""))

    def send(seconds, page):
        began, ticks = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            events = [{"type": "track", "event": "Flood", "userId": "u"}] * 10
            client.post("/v1/batch", json={"batch": events})
            ticks += 1
            page.wait_for_timeout(max(0, (ticks / (A_SECOND / 10) - passed) * 1000))
        return ticks * 10

    yield send
    client.close()


def memory(page):
    """Return the bytes of the page's heap and how many nodes it has, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return found["JSHeapUsedSize"], found["Nodes"]


@pytest.mark.parametrize(
    "seconds", [5, pytest.param(60, marks=pytest.mark.heavy)], ids=["5 s", "a minute"]
)
def test_memory_stays_flat_while_a_hundred_messages_a_second_come(visit, toplyne, load, seconds):
    fill_with(toplyne, ROWS)
    page = visit("/live")
    page.get_by_role("group", name="Outcome").get_by_role("button", name="All 10,000").wait_for()
    load(2, page)  # what comes once, such as compiled code, is there now
    page.wait_for_timeout(1000)
    heap, nodes = memory(page)

    sent = load(seconds, page)

    toplyne.flush(120)  # on a busy machine deliveries come later than messages
    told = "document.querySelector('#list').textContent.includes('delivered')"
    page.wait_for_function(told, timeout=60_000)  # a locator would lay out each of 10,000 rows
    page.wait_for_timeout(1500)
    heap_after, nodes_after = memory(page)
    assert sent >= 0.5 * seconds * A_SECOND
    assert heap_after < heap * MOST_GROWTH
    assert nodes_after < nodes * MOST_GROWTH
    titles = page.locator("#list b").all_text_contents()
    assert len(titles) <= ROWS
    assert titles.count("Flood") >= sent
