"""The rules of the house, one test a rule."""

import ast
import importlib
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from sandbox.segment.definition import (
    ActionDefinition,
    DestinationDefinition,
    Endpoint,
    Evidence,
    Field,
)
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped, Rejected, map_event
from tests.test_words import DIALECT, MORE_DIALECT, NOT_PROSE, dialect_in

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path for package in ("sandbox", "mock_server") for path in (ROOT / package).rglob("*.py")
)
SEGMENT = [path for path in MODULES if path.is_relative_to(ROOT / "sandbox" / "segment")]
ASSUMED = Evidence("assumed", "a toy")

LAYERS = [
    ["sandbox.segment.errors"],
    ["sandbox.segment.javascript"],
    ["sandbox.segment.json_text", "sandbox.segment.definition", "sandbox.segment.inherited"],
    ["sandbox.segment.date_parser"],
    ["sandbox.segment.liquid"],
    ["sandbox.segment.fields", "sandbox.segment.triggers", "sandbox.segment.dates"],
    [
        "sandbox.segment.payload",
        "sandbox.segment.clock_correction",
        "sandbox.segment.integrations",
        "sandbox.segment.retry",
    ],
    ["sandbox.segment.intake"],
    ["sandbox.segment.mapping"],
    ["sandbox.segment.pipeline"],
    ["sandbox.compiled"],
    ["sandbox.reasoning"],
    ["sandbox.toplyne", "sandbox.contract", "sandbox.delivery"],
    ["sandbox.type_schemas"],
    ["sandbox.type_reading"],
    ["sandbox.destination", "sandbox.suspicions", "sandbox.recovery", "sandbox.recording"],
    ["sandbox.workspace", "sandbox.lint"],
    ["sandbox.explain"],
    ["sandbox.rule_coverage"],
    ["sandbox.check"],
    ["sandbox.cli", "mock_server"],
]


MOCK_LAYERS = [
    ["real_clock", "bounds", "argument_checks"],
    ["masking"],
    ["exchange"],
    ["later"],
    ["routes", "guard"],
    ["wsgi", "store"],
    ["toplyne"],
    ["segment"],
    ["mock"],
    ["tenant_view"],
    ["control"],
    ["pages"],
    ["refusal_forms"],
    ["app"],
    ["answering"],
    ["assertions"],
    ["server"],
    ["intercept"],
    ["testing", "reference"],
]
"""The files and folders of mock_server, each importing only what stands before it."""


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in MODULES}


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path):
    return [*ast.walk(tree(path))]


def imported(node, path):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [
            full if (full := f"{node.module}.{alias.name}") in NAMES else node.module
            for alias in node.names
        ]
    return []


def is_type_checking(node):
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def imports_when_loaded(path):
    """Return what a module imports at its top level, when it is loaded."""
    found = []
    for node in tree(path).body:
        if not is_type_checking(node):
            found += [
                name
                for n in ast.walk(node)
                for name in imported(n, path)
                if not isinstance(node, ast.FunctionDef | ast.ClassDef)
            ]
    return found


@cache
def imports_anywhere(path):
    return [name for node in nodes_of(path) for name in imported(node, path)]


def layer_of(module):
    for number, layer in enumerate(LAYERS):
        if any(module == name or module.startswith(f"{name}.") for name in layer):
            return number
    return None


def test_the_sandbox_imports_neither_the_mock_nor_flask():
    offenders = [
        f"{module_name(path)} imports {name}"
        for path in MODULES
        if module_name(path).split(".")[0] == "sandbox"
        for name in (imports_when_loaded(path) if "cli" in path.parts else imports_anywhere(path))
        if name.split(".")[0] in {"mock_server", "flask"}
    ]

    assert offenders == []


def imports_for_types(path):
    """Return what a module imports for its type checker alone."""
    found = []
    for node in tree(path).body:
        if is_type_checking(node):
            found += [name for inner in ast.walk(node) for name in imported(inner, path)]
    return found


def test_imports_make_no_circle_not_even_those_for_types_or_those_made_late():
    edges = {
        module_name(path): {name for name in imports_anywhere(path) if name in NAMES}
        for path in MODULES
    }
    done, circles = set(), []

    def visit(module, way):
        if module in way:
            circles.append([*way[way.index(module) :], module])
        elif module not in done:
            for following in sorted(edges.get(module, ())):
                visit(following, [*way, module])
            done.add(module)

    for module in sorted(edges):
        visit(module, [])

    assert circles == []


def test_imports_run_downwards_only():
    upwards = [
        f"{module_name(path)} imports {name}"
        for path in MODULES
        for name in imports_when_loaded(path)
        if (here := layer_of(module_name(path))) is not None
        and (there := layer_of(name)) is not None
        and there > here
    ]

    assert upwards == []


def rooms_of_the_mock():
    """Return which files and folders of mock_server each of them imports, late and for types."""
    found = {}
    for path in MODULES:
        parts = module_name(path).split(".")
        if parts[0] == "mock_server" and len(parts) > 1:
            names = {
                name.split(".")[1]
                for name in imports_anywhere(path)
                if name.startswith("mock_server.")
            }
            found.setdefault(parts[1], set()).update(names - {parts[1]})
    return found


def test_the_rooms_of_the_mock_import_only_what_stands_before_them():
    height = {room: number for number, rooms in enumerate(MOCK_LAYERS) for room in rooms}
    upwards = [
        f"{room} imports {name}"
        for room, names in rooms_of_the_mock().items()
        for name in names
        if height[name] >= height[room]
    ]

    assert upwards == []


def test_no_module_is_longer_than_300_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in MODULES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }

    assert long == {}


def test_a_module_name_stands_once():
    names = Counter(path.name for path in MODULES)

    assert [n for n, times in names.items() if times > 1] == ["__init__.py", "views.py"]


def names_of_types(path):
    """Yield the names of all classes of a module, nested ones too, and of its aliases of types."""
    for node in nodes_of(path):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target)


def test_the_name_of_a_class_or_of_a_type_stands_once():
    found = Counter(name for path in MODULES for name in names_of_types(path))

    assert [name for name, times in found.items() if times > 1] == []


def test_json_is_one_type_in_the_whole_product():
    texts = {path.name: path.read_text(encoding="utf-8") for path in MODULES}

    assert [n for n, text in texts.items() if re.search(r"(?m)^Json\b.*=", text)] == ["values.py"]
    assert "Json: TypeAlias = Union[" in texts["values.py"]


def test_the_word_toplyne_does_not_occur_in_segments_machinery():
    assert [p.name for p in SEGMENT if "toplyne" in p.read_text(encoding="utf-8").lower()] == []


def test_segments_machinery_has_no_clock_network_disk_or_chance():
    rim = {
        "time",
        "datetime",
        "random",
        "os",
        "pathlib",
        "socket",
        "httpx",
        "subprocess",
        "sqlite3",
    }

    assert [
        f"{path.name} imports {name}"
        for path in SEGMENT
        for name in imports_anywhere(path)
        if name.split(".")[0] in rim
    ] == []


def test_segments_machinery_runs_on_a_toy_definition_of_two_fields():
    toy = DestinationDefinition(
        name="Toy",
        slug="toy",
        base_url="http://127.0.0.1",
        auth_path="/me",
        settings=(),
        presets=(),
        actions=(
            ActionDefinition(
                key="ring",
                name="Ring",
                description="",
                endpoint=Endpoint(path="/bells", envelope="bells", accepted="", evidence=ASSUMED),
                fields=(
                    Field(
                        key="tone",
                        label="Tone",
                        type="string",
                        description="",
                        default={"@path": "$.event"},
                        required=True,
                        evidence=ASSUMED,
                    ),
                    Field(
                        key="at",
                        label="At",
                        type="datetime",
                        description="",
                        default={"@path": "$.timestamp"},
                        evidence=ASSUMED,
                    ),
                ),
            ),
        ),
    )
    mapping = SegmentMapping(name="Bell", action="ring", trigger='type = "track"', definition=toy)

    rung, silent = (
        map_event({"type": "track", "event": event, "timestamp": "2021-02-01"}, [mapping])[0]
        for event in ("Dong", "")
    )

    assert isinstance(rung, Mapped)
    assert (rung.request.path, rung.request.content) == (
        "/bells",
        b'{"bells":[{"tone":"Dong","at":1612137600}]}',
    )
    assert isinstance(silent, Rejected)
    assert [p.path for p in silent.problems] == ["$.tone"]


def test_flask_is_imported_in_the_application_and_in_the_views_of_its_blueprints_alone():
    importers = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.split(".")[0] == "flask" for name in imports_anywhere(path))
    }

    assert importers == {
        "mock_server/app.py",
        "mock_server/answering.py",
        "mock_server/wsgi.py",
        *(f"mock_server/{room}/views.py" for room in ("toplyne", "segment", "control", "pages")),
    }


def test_values_are_frozen():
    thawed = [
        f"{module_name(path)}.{node.name}"
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator) and "frozen=True" not in ast.unparse(decorator)
    ]

    assert thawed == []


NOT_NEEDED_TO_SERVE = {
    *("httpx", "jsonschema", "flask", "rich", "hypothesis", "msgspec", "cryptography"),
    *("sandbox.segment.pipeline", "sandbox.segment.triggers", "sandbox.segment.fields"),
    "sandbox.segment.liquid",
    *("sandbox.workspace", "mock_server.segment.segment", "mock_server.segment.tracking"),
    "mock_server.app",
}
"""What neither the first call of the API nor what comes before it needs."""


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        (
            "import sandbox",
            {
                *(
                    "httpx",
                    "jsonschema",
                    "flask",
                    "rich",
                    "sandbox.segment.liquid",
                    "hypothesis",
                    "click",
                ),
                *("sandbox.toplyne", "sandbox.segment.pipeline"),
            },
        ),
        (
            (
                "from sandbox import map_event; map_event({'type': 'track', 'event': 'E',"
                " 'userId': 'u', 'timestamp': 1612137600000})"
            ),
            {"httpx", "jsonschema", "flask", "rich", "sandbox.segment.liquid"},
        ),
        (
            (
                "from click.testing import CliRunner; from sandbox.cli import cli;"
                " CliRunner().invoke(cli, ['presets'])"
            ),
            {"httpx", "jsonschema", "flask", "rich", "sandbox.segment.liquid"},
        ),
        (
            (
                "from mock_server.testing.pytest_plugin import Servers; servers = Servers();"
                " servers.tenant().__enter__().refused(); servers.close()"
            ),
            {*NOT_NEEDED_TO_SERVE, "click"},
        ),
        (
            (
                "from click.testing import CliRunner; from sandbox.cli import cli;"
                " import sandbox.cli.serve_command as serve;"
                " serve._wait = lambda *shown: None;"
                " done = CliRunner().invoke(cli, ['serve', '--port', '0', '--json']);"
                " assert 'write_key' in done.output"
            ),
            NOT_NEEDED_TO_SERVE,
        ),
    ],
    ids=["importing", "mapping", "showing presets", "first fixture", "serving"],
)
def test_what_is_not_needed_is_not_imported(statement, unneeded):
    program = f"import sys; {statement}; print(*sorted({unneeded!r} & set(sys.modules)))"

    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )

    assert printed.stdout.split() == []


def said_in(path):
    """Yield what a module says to people, with its line: docstrings, messages, comments."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize(
    ("room", "words"),
    [("mock_server", DIALECT | MORE_DIALECT), ("sandbox", DIALECT), ("tools", DIALECT)],
    ids=["mock_server", "sandbox", "tools"],
)
def test_messages_docstrings_and_comments_are_in_plain_english(room, words):
    assert [
        f"{path.relative_to(ROOT)}:{line}: {each}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, text in said_in(path)
        for each in dialect_in(text, words)
    ] == []


@pytest.mark.parametrize(
    ("room", "kinds", "words"),
    [
        ("sandbox", ("toml",), DIALECT),
        ("mock_server", ("toml", "html", "js", "cjs", "sql"), DIALECT | MORE_DIALECT),
    ],
    ids=["tables of the sandbox", "tables and pages of the mock"],
)
def test_messages_in_tables_and_pages_are_in_plain_english(room, kinds, words):
    assert [
        f"{table.relative_to(ROOT)}: {each}"
        for kind in kinds
        for table in sorted((ROOT / room).rglob(f"*.{kind}"))
        for each in dialect_in(table.read_text(encoding="utf-8"), words)
    ] == []


def test_readme_and_docs_are_in_plain_english():
    pages = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]

    assert [
        f"{page.relative_to(ROOT)}: {each}"
        for page in [*pages, ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for text in [NOT_PROSE.sub("", page.read_text(encoding="utf-8"))]
        for each in dialect_in(text, DIALECT | MORE_DIALECT)
    ] == []


WITH_PATTERNS = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in MODULES
    if "re.compile(" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", WITH_PATTERNS)
def test_no_pattern_goes_back_inside_a_part_that_gives_nothing_back(module):
    """Up to 3.11.4 Python's `re` matches such a part wrongly: Debian's Python 3.11.2 does."""
    there = vars(importlib.import_module(module)).values()
    patterns = [each for each in there if isinstance(each, re.Pattern)]

    assert [each.pattern for each in patterns if goes_back(parsed(each), is_within=False)] == []


def parsed(pattern):
    return re._parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE & ~re.DEBUG)


def goes_back(parts, *, is_within):
    """Return whether anything in a possessive repetition looks ahead, or repeats greedily."""
    for operation, argument in parts:
        if is_within and str(operation) in {"ASSERT", "ASSERT_NOT", "MAX_REPEAT", "MIN_REPEAT"}:
            return True
        inside = is_within or operation is re._constants.POSSESSIVE_REPEAT
        if any(goes_back(each, is_within=inside) for each in nested(argument)):
            return True
    return False


def nested(argument):
    """Return the sequences of operations that an operation of a parsed pattern holds."""
    if isinstance(argument, re._parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [each for part in argument for each in nested(part)]
    return []
