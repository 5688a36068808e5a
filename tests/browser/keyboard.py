"""The keyboard: pages gone through as somebody does who has no mouse."""

_MOST_TABS = 120
_NAME = """() => {
  const it = document.activeElement;
  return it.ariaLabel || it.labels?.[0]?.innerText || it.innerText || "";
}"""


def focused(page):
    """Return the name of what has the focus."""
    return page.evaluate(_NAME).strip()


def reach(page, name):
    """Press Tab until what is called so has the focus."""
    seen = []
    for _ in range(_MOST_TABS):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
        seen.append(focused(page))
    raise AssertionError(f"Tab does not lead to {name!r}, only to {seen}")


def press(page, name, key="Enter"):
    """Reach something and press a key on it."""
    reach(page, name)
    page.keyboard.press(key)


def wait_for_focus(page, name):
    """Wait until what is called so has the focus."""
    page.wait_for_function(f"name => ({_NAME})().trim() === name", arg=name)
