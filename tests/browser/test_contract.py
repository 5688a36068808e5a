"""Contract: every declared fact is on the page, with its evidence, and can be found."""

from sandbox.toplyne import TOPLYNE


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
