"""JUnit: a report as the XML that build servers read, one test case for each rule."""

from __future__ import annotations

from sandbox.check.finding import CheckedRule, Finding, Report

_ILLEGAL = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
)


def junit_xml(report: Report, *, allow_assumed: bool = False) -> bytes:
    """Return the XML; a broken rule is a failure, whose type is how the rule is known.

    With `allow_assumed` assumed rules that are broken count as skipped.
    """
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - only who asks for it needs it

    by_rule = {finding.rule.key: finding for finding in report.findings}
    rules = {
        **{rule.key: rule for rule in report.rules},
        **{f.rule.key: f.rule for f in by_rule.values()},
    }
    excused = [f for f in report.findings if allow_assumed and f.rule.assumed]
    name = f"toplyne-sandbox.check.{report.check}"
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(rules)),
        failures=str(len(by_rule) - len(excused)),
        errors="0",
        skipped=str(len(excused)),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="examples", value=str(report.examples))
    for rule in rules.values():
        case = ET.SubElement(
            suite, "testcase", classname=name, name=_text(f"{rule.key}: {rule.statement}")
        )
        finding = by_rule.get(rule.key)
        if finding is not None:
            tag = "skipped" if finding in excused else "failure"
            failed = ET.SubElement(case, tag, message=_text(finding.sentence))
            if tag == "failure":
                failed.set("type", rule.evidence.mark)
            failed.text = _text(_details(finding, rule))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _details(finding: Finding, rule: CheckedRule) -> str:
    import json  # noqa: PLC0415 - as above

    lines = [
        finding.why,
        f"evidence: {rule.evidence.mark} ({rule.evidence.where})",
        f"case:  {json.dumps(finding.case)}",
        f"right: {json.dumps(finding.right)}",
        f"found: {json.dumps(finding.found)}",
    ]
    return "\n".join(line for line in lines if line)


def _text(text: str) -> str:
    return text.translate(_ILLEGAL)
