"""Contract: every declared fact is on the page, with its evidence, and can be found."""

from sandbox.toplyne import TOPLYNE
from tests.browser.keyboard import press


def test_every_rule_field_and_error_of_the_declaration_is_there(visit):
    page = visit("/contract")

    text = page.locator("main").inner_text()

    missing = [r.statement for r in TOPLYNE.rules if " ".join(r.statement.split()) not in text]
    missing += [f.key for u in TOPLYNE.uploads for f in u.fields if f.key not in text]
    missing += [error.code for error in TOPLYNE.errors if error.code not in text]
    assert missing == []


def test_rules_are_searched_and_filtered_by_their_evidence(visit):
    page = visit("/contract")
    table = page.get_by_role("region", name="Table of rules")

    page.keyboard.press("/")
    page.keyboard.type("fraction")
    found = table.get_by_role("rowheader").filter(visible=True).all_inner_texts()
    assert sorted(text.split()[-1] for text in found) == ["time-integer", "time-number"]

    page.get_by_label("Evidence", exact=True).select_option("ours")
    page.get_by_text("No rule matches.").wait_for()


def test_rules_are_counted_by_their_evidence_and_the_count_leads_to_them(visit):
    page = visit("/contract")
    recorded = [r for r in TOPLYNE.rules if not r.ours and r.evidence.mark == "recorded"]

    press(page, f"{len(recorded)} rules")

    shown = page.locator("#rules tbody tr").filter(visible=True)
    assert shown.count() == len(recorded)
    page.get_by_role("heading", name=f"{len(recorded)} of {len(TOPLYNE.rules)}").wait_for()


def test_an_address_names_a_rule_and_it_is_shown_though_it_is_filtered_away(visit):
    page = visit("/contract#rule-time-integer")
    named = page.locator("#rule-time-integer")

    named.wait_for()
    assert named.evaluate("row => row.matches(':target')")
    page.get_by_label("Search the rules").fill("no such rule")
    page.evaluate("location.hash = 'rule-time-number'")

    page.locator("#rule-time-number").wait_for()


def test_an_address_that_names_no_rule_leaves_all_of_them_shown(visit):
    page = visit("/contract#%")

    assert page.locator("#rules tbody tr").filter(visible=True).count() == len(TOPLYNE.rules)


def test_without_javascript_every_rule_is_there_and_the_page_says_what_is_missing(browser, toplyne):
    context = browser.new_context(base_url=toplyne.url, java_script_enabled=False)
    page = context.new_page()

    page.goto("/contract")
    rows = page.locator("#rules tbody tr").count()
    page.goto("/live")
    said = page.locator("noscript").inner_text()
    context.close()

    assert rows == len(TOPLYNE.rules)
    assert "JavaScript" in said
