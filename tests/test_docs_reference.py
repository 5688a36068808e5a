"""The reference: what the code has is in the docs, and what the docs have is in the code."""

import ast
import importlib
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import click
import pytest

from mock_server.app import create_app
from mock_server.bounds import Bounds
from mock_server.pages.page_table import PAGES
from mock_server.routes import ROUTES
from mock_server.segment.record import OUTCOMES
from mock_server.testing.fixture_checks import OPTIONS
from mock_server.toplyne.fault import Fault
from sandbox.cli import cli
from sandbox.known_rules import service_rules
from sandbox.lint import RULES
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.segment.ingest_checks import CHECKS
from sandbox.suspicions import codes
from sandbox.toplyne import TOPLYNE
from tools.python_reference import MODULES

ROOT = Path(__file__).parent.parent
PRODUCT = [path for room in ("sandbox", "mock_server") for path in (ROOT / room).rglob("*.py")]
INTERCEPT = [path for path in PRODUCT if "intercept" in path.parts]
CODE = re.compile(r"`([^`]+)`")
SEGMENTS = ("/v1/", "/analytics.js/")
OWN_CODE = re.compile(r"[A-Z_]{5,}")
VARIABLE = re.compile(r"[A-Z]+(_[A-Z]+)+|TMP|TEMP|[A-Z]+DIR|PYTHON[A-Z]+|[a-z]+_proxy")


def rows(page):
    """Return the cells of every row of a page's tables."""
    lines = (ROOT / "docs/reference" / page).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]


def headings(page, level=2):
    """Return the headings of a level, those outside of the page's tables."""
    text = (ROOT / "docs/reference" / page).read_text(encoding="utf-8")
    return re.findall(rf"^{'#' * level} (.*)$", text, re.MULTILINE)


def named(page):
    """Return what the first column of a page's tables names in code marks."""
    return {name for row in rows(page) for name in CODE.findall(row[0])}


@cache
def nodes_of(path):
    return [*ast.walk(ast.parse(path.read_text("utf-8")))]


def nodes(paths):
    return [node for path in paths for node in nodes_of(path)]


def text_of(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts_in(node):
    return {text for inner in ast.walk(node) if (text := text_of(inner)) is not None}


def codes_of(node):
    """Return the codes that a piece of the product makes, as it makes them today."""
    match node:
        case ast.Call(func=ast.Name(id="Dropped"), args=[_, second, *_]):
            return {text_of(second)}
        case ast.keyword(arg="code", value=value):
            return {text_of(value)}
        case ast.AnnAssign(target=ast.Name(id="code"), value=ast.expr() as value):
            return {text_of(value)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if (
            OWN_CODE.fullmatch(name)
        ):
            return {name} & texts_in(value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if OWN_CODE.fullmatch(name):
            return {name} & texts_in(value)
        case ast.FunctionDef(name="batch_code" | "first_failure", body=body):
            returned = [n for each in body for n in ast.walk(each) if isinstance(n, ast.Return)]
            texts = set().union(*(texts_in(each) for each in returned))
            return {text for text in texts if re.fullmatch(r"[a-z]+(_[a-z]+)+", text)}
        case ast.Constant(value=str(text)) if re.fullmatch(r"E(CONN[A-Z]+|TIMEDOUT)", text):
            return {text}
    return set()


def test_every_code_is_in_the_docs_and_every_code_of_the_docs_is_in_the_code():
    made = set().union(*(codes_of(node) for node in nodes(PRODUCT)))
    known = {check.code for check in CHECKS} | {error.code for error in TOPLYNE.errors} | {*codes()}

    assert made - {None, ""} | known == named("codes.md")


def test_the_statuses_of_toplynes_codes_are_those_in_the_docs():
    told = {row[0].strip("`"): row[1] for row in rows("codes.md") if len(row) == 2}

    assert {error.code: told.get(error.code) for error in TOPLYNE.errors} == {
        error.code: str(error.status) for error in TOPLYNE.errors
    }


def commands(command, name):
    yield command, name
    if isinstance(command, click.Group):
        for each in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), each)
            yield from commands(inner, f"{name} {each}".strip())


def variables_of_options():
    """Return for each variable the commands with an option that reads it."""
    found = {}
    for command, name in commands(cli, ""):
        for parameter in command.params:
            if parameter.envvar:
                found.setdefault(parameter.envvar, set()).add(name)
    return found


def test_the_docs_name_for_each_variable_exactly_the_commands_that_read_it():
    told = {
        row[0].strip("`"): set(CODE.findall(row[1]))
        for row in rows("environment.md")
        if len(row) == 3 and CODE.search(row[1])
    }

    assert told == variables_of_options()


def test_every_variable_is_in_the_docs_and_every_variable_of_the_docs_is_in_the_code():
    read = set(variables_of_options())
    for node in nodes(PRODUCT):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ")),
                args=[ast.Constant(value=str(name)), *_],
            ):
                read.add(name)
            case ast.Call(
                func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_]
            ):
                read.add(name)
            case ast.Subscript(
                value=ast.Attribute(attr="environ", value=ast.Name(id="os")),
                slice=ast.Constant(value=str(name)),
            ):
                read.add(name)
    in_rooms = {text for node in nodes(INTERCEPT) if (text := text_of(node)) is not None}
    read |= {text for text in in_rooms if VARIABLE.fullmatch(text)}

    assert read == named("environment.md")


@pytest.mark.parametrize("page", ["codes.md", "environment.md"])
def test_nothing_is_told_twice(page):
    names = [name for row in rows(page) for name in CODE.findall(row[0])]

    twice = {name for name in names if names.count(name) > 1}

    assert twice - {"TOPLYNE_API_URL", "TOPLYNE_API_KEY"} == set()


def test_every_command_and_option_is_in_the_docs_and_back():
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## ([a-z ]+)$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    options = {
        name: sorted({opt for each in command.params if isinstance(each, click.Option)
                      for opt in each.opts if opt.startswith("--")})
        for command, name in commands(cli, "")
        if name
    }  # fmt: skip

    told = {name: sorted(set(re.findall(r"`(--[\w-]+)", text))) for name, text in sections.items()}

    assert told == options


def test_every_path_of_the_application_is_in_the_docs_and_back():
    declared = [
        (re.sub(r"<(?:[^<>]*:)?([^<>:]*)>", r"{\1}", rule.rule), rule.methods)
        for rule in create_app().url_map.iter_rules()
        if rule.rule.startswith("/_sandbox/")
    ]
    found = {f"{m} {path}" for path, methods in declared for m in methods - {"HEAD", "OPTIONS"}}

    assert {each for each in headings("control_api.md") if each != "Types"} == found


def test_every_call_of_toplynes_api_is_in_the_docs_and_back():
    calls = {f"{route.methods[0]} {path}" for path, route in ROUTES.items()}

    assert {each for each in headings("toplyne_api.md") if " /" in each} == calls


def test_every_path_of_the_tracking_api_is_in_the_docs_and_back():
    rules = (rule for rule in create_app().url_map.iter_rules() if rule.rule.startswith(SEGMENTS))
    paths = {re.sub(r"<([a-z_]+)>", r"{\1}", rule.rule) for rule in rules} - set(ROUTES)

    assert {each.split()[-1] for each in named("tracking_api.md") if "/" in each} == paths


def test_every_rule_of_both_sides_is_in_the_docs_with_its_evidence():
    told = [[cell.replace("\\|", "|") for cell in row] for row in rows("rules.md")]

    for rule in TOPLYNE.rules:
        assert any(row[0] == rule.statement and rule.evidence.where in row[3] for row in told)
    for rule in service_rules():
        assert any(rule.statement in row and rule.evidence.where in row[-1] for row in told)
    assert len(told) == 6 + len(TOPLYNE.rules) + len(service_rules()) + sum(
        len(rule.against) for rule in TOPLYNE.rules
    )


def test_every_lint_rule_is_in_the_docs_and_back():
    assert {row[0] for row in rows("lint.md") if re.match(r"TS\d", row[0])} == {
        rule.code for rule in RULES
    }


def test_every_public_name_is_in_the_docs_and_back():
    page = (ROOT / "docs/reference/python_api.md").read_text(encoding="utf-8")
    told = {
        module: re.findall(r"^### (\w+)$", text, re.MULTILINE)
        for module, text in re.findall(
            r"^## ([a-z_.]+)$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL
        )
    }

    assert told == {module: importlib.import_module(module).__all__ for module in MODULES}


def test_what_the_pages_import_is_in_the_reference():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)

    imported = set(
        re.findall(r"^ *from ((?:sandbox|mock_server)[\w.]*) import", text, re.MULTILINE)
    )

    # both hold types alone, which problems.md tells of
    assert imported - set(MODULES) == {"sandbox.upload_types", "sandbox.wire_types"}


def test_every_fixture_and_every_option_of_pytest_is_in_the_docs_and_back():
    (plugin,) = [path for path in PRODUCT if path.name == "pytest_plugin.py"]
    tree = ast.walk(ast.parse(plugin.read_text("utf-8")))
    functions = [node for node in tree if isinstance(node, ast.FunctionDef)]
    fixtures = {
        node.name
        for node in functions
        if any("pytest.fixture" in ast.unparse(each) for each in node.decorator_list)
    }
    added = re.findall(r'"(--toplyne-[a-z-]+)"', plugin.read_text("utf-8"))
    told = {name.split()[0] for name in named("python_api.md")}

    assert fixtures == {name for name in told if re.match(r"toplyne(_|$)|segment$", name)}
    assert set(added) == {name for name in told if name.startswith("--")}
    assert set(OPTIONS) <= told


def test_every_bound_of_a_connection_and_every_directive_is_in_the_docs():
    assert {field.name for field in fields(Bounds)} <= named("bounds.md")
    assert set(DIRECTIVES) <= named("workspace_file.md")


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("sdks.md", {f"`{outcome}`" for outcome in OUTCOMES}),
        ("faults.md", {f"`{field.name}`" for field in fields(Fault)}),
        ("pages.md", {f"**{page.title}**" for page in PAGES}),
    ],
)
def test_every_outcome_fault_and_page_has_a_row_where_it_is_explained(page, names):
    told = {each for row in rows(f"../how-to/{page}") for each in row[0].split(", ")}

    assert names - told == set()


def test_every_bound_says_what_it_is_of():
    assert [row[0] for row in rows("bounds.md") if not row[2]] == []
