"""The examples run as their readers would run them, and what docs show of them stands in them."""

import ast
import contextlib
import io
import json
import re
import shutil

import click
import pytest

from tests import examples
from tests.image import ROOT

SHOWN = re.compile(r"<!-- from: (\S+) -->\n\n```\w*\n(.*?)```", re.DOTALL)
DOCS = [ROOT / "docs/how-to/ci.md", ROOT / "docs/how-to/container.md"]


def test_every_example_has_a_line_that_says_what_was_run_where():
    lines = (examples.FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    rows = (re.match(r"\| \[(\S+)/\]\(\1/\S+\) \| .+ \| .+\. \|$", line) for line in lines)

    told = [row[1] for row in rows if row]

    assert sorted(told) == sorted(each.name for each in examples.FOLDER.iterdir() if each.is_dir())


@pytest.mark.parametrize(("file", "words"), list(examples.commands()), ids=str)
def test_the_commands_of_the_files_exist_with_these_options(file, words):
    examples.parse(words)


def test_an_option_that_does_not_exist_would_be_found():
    with pytest.raises(click.NoSuchOption):
        examples.parse(["serve", "--hots=0.0.0.0"])


def test_the_flask_and_the_pytest_project_pass_as_ci_runs_them(tmp_path):
    for name in ("flask", "pytest"):
        shutil.copytree(examples.FOLDER / name, tmp_path / name)
    in_ci = [examples.script(file, "python")[-1] for file in (examples.GITHUB, examples.GITLAB)]
    alone = "-W error -p no:cacheprovider flask pytest"

    done = examples.shell(f"python -m {in_ci[0]} {alone}", tmp_path)

    assert len(set(in_ci)) == 1
    assert "11 passed in" in done.stdout, done.stdout
    assert "rule coverage" in done.stdout
    assert 'tests="11"' in (tmp_path / "report.xml").read_text()


def cells():
    notebook = json.loads((examples.FOLDER / "notebook/replay.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            shown = [o.get("text") or o["data"]["text/plain"] for o in cell["outputs"]]
            yield "".join(cell["source"]), "".join("".join(text) for text in shown)


def test_the_cells_of_the_notebook_show_what_is_stored_in_it(monkeypatch):
    monkeypatch.chdir(examples.FOLDER / "notebook")
    namespace, printed = {}, []

    for source, _ in cells():
        *body, last = ast.parse(source).body
        with contextlib.redirect_stdout(io.StringIO()) as out:
            if isinstance(last, ast.Expr):
                exec(compile(ast.Module(body, []), "cell", "exec"), namespace)
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
                out.write("" if value is None else repr(value))
            else:
                exec(compile(source, "cell", "exec"), namespace)
        printed.append(out.getvalue())

    assert printed == [shown for _, shown in cells()]
    assert all(printed)


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_what_a_page_shows_of_a_file_stands_in_it(page):
    shown = SHOWN.findall(page.read_text(encoding="utf-8"))

    assert shown
    for name, text in shown:
        whole = (ROOT / name).read_text(encoding="utf-8")
        assert any(indented(text, spaces) in whole for spaces in range(0, 20, 2)), (name, text)


def indented(text, spaces):
    return re.sub(r"^(?=.)", " " * spaces, text, flags=re.MULTILINE)
