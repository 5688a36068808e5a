"""What axe-core finds wrong with a page, by WCAG 2.2 A and AA and by its own best practices."""

from tests.clients.judge import MODULES

AXE = MODULES / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def problems(page):
    """Return a line for each thing that is wrong, in the light and in the dark.

    In the dark only colours differ, so only they are looked at again.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not a script tag: the pages allow none
    page.emulate_media(color_scheme="light")
    found = _found(page, {"type": "tag", "values": _TAGS})
    page.emulate_media(color_scheme="dark")
    return found + _found(page, {"type": "rule", "values": ["color-contrast"]})


def _found(page, rules):
    results = page.evaluate(
        "rules => axe.run({runOnly: rules, resultTypes: ['violations']}).then(r => r.violations)",
        rules,
    )
    return [
        f"{rule['id']}: {node['html'][:120]}\n    {node['failureSummary'][:300]}"
        for rule in results
        for node in rule["nodes"]
    ]
