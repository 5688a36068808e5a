"""JUnit: a report as the XML that build servers read, with one test case for each rule."""

import json
from xml.etree import ElementTree as ET

from sandbox.check.failures import CheckReport, Failure

_ILLEGAL = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
)


def junit_xml(report: CheckReport, *, allow_assumed: bool = False) -> bytes:
    """Return the XML. A broken rule is a failure; its type is the mark of the rule's evidence.

    With `allow_assumed`, broken rules that are assumed count as skipped.
    """
    by_rule = {failure.rule.key: failure for failure in report.failures}
    rules = {rule.key: rule for rule in (*report.rules, *(f.rule for f in report.failures))}
    excused = report.assumed if allow_assumed else ()
    name = f"toplyne-sandbox.check.{report.check}"
    failures, skipped = str(len(by_rule) - len(excused)), str(len(excused))
    counts = {"tests": str(len(rules)), "failures": failures, "errors": "0", "skipped": skipped}

    suites = ET.Element("testsuites")
    suite = ET.SubElement(suites, "testsuite", {"name": name, **counts})
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="examples", value=str(report.examples))
    if report.ended:
        ET.SubElement(properties, "property", name="ended", value=_text(report.ended))
    for rule in rules.values():
        title = _text(f"{rule.key}: {rule.statement}")
        case = ET.SubElement(suite, "testcase", classname=name, name=title)
        if (failure := by_rule.get(rule.key)) is not None:
            kind = {} if failure in excused else {"type": rule.evidence.mark}
            tag, message = "failure" if kind else "skipped", _text(failure.sentence)
            failed = ET.SubElement(case, tag, {"message": message, **kind})
            failed.text = _text(_details(failure))
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _details(failure: Failure) -> str:
    evidence = failure.rule.evidence
    lines = [
        failure.why,
        f"evidence: {evidence.mark} ({evidence.where})",
        f"case:  {json.dumps(failure.case)}",
        f"right: {json.dumps(failure.right)}",
        f"found: {json.dumps(failure.found)}",
    ]
    return "\n".join(line for line in lines if line)


def _text(text: str) -> str:
    return text.translate(_ILLEGAL)
