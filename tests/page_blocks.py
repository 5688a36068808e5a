"""Run the code blocks of a Markdown page, from top to bottom, in one folder of their own.

What a block is follows from how it looks to a reader:

- The first line names a file (`# test_app.py`, `// app.mjs`): the block is written to that file.
- `python`: run in one namespace for the page. What it prints stands in the next block, under
  `<!-- output -->`; without such a block it prints nothing.
- `console`: each `$ command` is run by a shell and prints what follows it. `…` stands for anything,
  alone on a line for any lines.

A comment above a block says what cannot be seen: `<!-- background -->` (a server, which ends with
the page), `<!-- exits 1 -->`, `<!-- needs curl -->` (else the rest of the page is skipped),
`<!-- file event.json -->` for a file that has no comments, `<!-- not run: why -->`; at the top of a
page `<!-- no block is run: why -->` is for all of them.
`UPDATE_README=1` writes what is printed into the page instead of comparing it.
"""

import contextlib
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
UPDATE = os.environ.get("UPDATE_README") == "1"
_OF_CI = ("CI", "BUILD_NUMBER")
SHOWN_PORT = "8020"
FILE_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")
COMMENT = re.compile(r"<!-- (.*?) -->", re.DOTALL)
WHOLE_PAGE = re.compile(r"<!-- no block is run: .+? -->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, its first and last line, the comment above it."""

    language: str
    text: str
    lines: tuple[int, int]
    comment: str

    @property
    def is_run(self):
        return not self.comment.startswith("not run: ")

    @property
    def file_name(self):
        found = FILE_NAME.match(self.text) or re.match(r"file (\S+)", self.comment)
        return found[1] if found else None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def blocks_of(text):
    """Return the fenced and indented blocks of a page, those in lists and quotes too."""
    comment, found = "", []
    everything = "not run: the page says so" if WHOLE_PAGE.search(text) else ""
    for token in MarkdownIt().parse(text):
        if token.type == "html_block" and (said := COMMENT.match(token.content)):
            comment = " ".join(said[1].split())
        elif token.type in {"fence", "code_block"}:
            found.append(Block(token.info, token.content, tuple(token.map), everything or comment))
            comment = ""
        elif token.type == "inline":
            comment = ""
    return found


def matches(expected, printed):
    """Tell whether a text is the expected one, in which `…` stands for anything."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*?") + r"\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, printed.rstrip() + "\n" if printed.strip() else "") is not None


def renewed(expected, printed):
    """Return what a page shall show now: as much of a new text as it shows of the old one."""
    lines, shown = printed.rstrip().splitlines(), []
    for chunk in re.split(r"(?m)^\s*…\n", expected):
        first, count = chunk.partition("\n")[0], len(chunk.splitlines())
        start = lines.index(first) if first in lines else 0
        shown.append("\n".join(lines[start : start + count] if "…\n" in expected else lines))
    return "\n…\n".join(shown)


def steps_of(text):
    """Return the commands of a console block, each with what it prints."""
    steps = []
    for part in re.split(r"(?m)^\$ ", text)[1:]:
        command, printed = re.match(r"((?:[^\n]*\\\n)*[^\n]*\n?)(.*)", part, re.DOTALL).groups()
        steps.append((command.rstrip("\n"), printed))
    return steps


@dataclass
class PageRun:
    """One run of a page: its folder, its namespace, its servers, and what to write anew."""

    page: Path
    folder: Path
    python: str = sys.executable
    port: int = field(default_factory=free_port)
    namespace: dict = field(default_factory=lambda: {"__name__": "page"})
    servers: list = field(default_factory=list)
    renewals: list = field(default_factory=list)

    def run(self):
        """Run all blocks; raises AssertionError with the line of the first wrong one."""
        self.make_commands()
        blocks = blocks_of(self.page.read_text(encoding="utf-8"))
        try:
            for block, following in zip(blocks, [*blocks[1:], None], strict=True):
                if block.is_run and block.comment != "output":
                    self.run_block(block, following)
        finally:
            for server in self.servers:
                server.terminate()
                server.communicate()
        self.write_renewals()

    def run_block(self, block, following):
        if need := re.search(r"needs (\w+)", block.comment):
            self.need(need[1])
        if block.file_name:
            (self.folder / block.file_name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.file_name).write_text(self.here(block.text), encoding="utf-8")
        elif block.language == "python":
            self.run_python(block, following)
        elif block.language == "console" and block.comment == "background":
            self.start(block)
        elif block.language == "console":
            self.run_console(block)
        else:
            pytest.fail(
                f"{self.place(block)}: it is not said how this block is run, or why it is not. "
                "Put <!-- not run: why --> above it."
            )

    def need(self, name):
        modules = ROOT / "tests/clients/node_modules"
        if name != "node_modules" and not shutil.which(name):
            pytest.skip(f"{name} is not installed here")
        if name == "node_modules":
            if not modules.is_dir() or not shutil.which("node"):
                pytest.skip("Node or Segment's packages are missing here; `make clients` installs")
            (self.folder / "node_modules").symlink_to(modules)

    def run_python(self, block, following):
        is_shown = following is not None and following.comment == "output"
        code = "\n" * block.lines[0] + self.here(block.text)
        printed = self.as_shown(self.printed_by(code))
        expected = following.text if is_shown else ""
        self.compare(following if is_shown else block, expected, printed)

    def printed_by(self, code):
        """Run Python code, here or in the other environment, and return what it prints."""
        if self.python != sys.executable:
            done = subprocess.run(
                [self.python, "-c", code], cwd=self.folder, env=self.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
            )  # fmt: skip
            return done.stdout
        captured = io.StringIO()
        with contextlib.redirect_stdout(captured), contextlib.chdir(self.folder):
            exec(compile(code, self.page.name, "exec"), self.namespace)
        return captured.getvalue()

    def run_console(self, block):
        code = re.search(r"exits (\d+)", block.comment)
        shown = []
        for command, expected in steps_of(block.text):
            done = subprocess.run(
                self.command(command), shell=True, cwd=self.folder, env=self.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
            )  # fmt: skip
            printed = self.as_shown(done.stdout)
            assert done.returncode == int(code[1] if code else 0), (
                f"{self.place(block)}: `{command}` ended with {done.returncode}:\n{printed}"
            )
            shown.append((command, expected, printed))
        self.compare_steps(block, shown)

    def start(self, block):
        ((command, expected),) = steps_of(block.text)
        started = self.command(command).replace(" serve", f" serve --port {self.port}", 1)
        printed = self.folder / f".server-{len(self.servers)}"
        with printed.open("w") as file:
            server = subprocess.Popen(
                ["sh", "-c", f"exec {started}"], cwd=self.folder, env=self.environment(),
                stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.servers.append(server)
        deadline = time.monotonic() + 30
        while not self.answers() or not matches(
            expected + "…\n", self.as_shown(printed.read_text("utf-8"))
        ):
            if server.poll() is not None or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        self.compare_steps(
            block, [(steps_of(block.text)[0][0], expected, self.as_shown(printed.read_text()))]
        )

    def answers(self):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}/_sandbox/health").is_success
        return False

    def compare(self, block, expected, printed):
        if matches(expected, printed):
            return
        assert UPDATE, (
            f"{self.place(block)}: this is printed, not what the page shows (UPDATE_README=1 "
            f"writes it):\n{printed}\nThe page shows:\n{expected}"
        )
        self.renewals.append((block.lines, renewed(expected, printed)))

    def compare_steps(self, block, shown):
        if all(matches(expected, printed) for _, expected, printed in shown):
            return
        command, expected, printed = next(each for each in shown if not matches(*each[1:]))
        assert UPDATE, (
            f"{self.place(block)}: `{command}` prints this, not what the page shows "
            f"(UPDATE_README=1 writes it):\n{printed}\nThe page shows:\n{expected}"
        )
        steps = (
            f"$ {command}\n" + (expected if matches(expected, printed) else new + "\n").lstrip("\n")
            for command, expected, printed in shown
            for new in [renewed(expected, printed)]
        )
        self.renewals.append((block.lines, "".join(steps).rstrip("\n")))

    def write_renewals(self):
        lines = self.page.read_text(encoding="utf-8").splitlines()
        for (first, last), text in sorted(self.renewals, reverse=True):
            lines[first + 1 : last - 1] = text.splitlines()
        if self.renewals:
            self.page.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def place(self, block):
        return f"{self.page.relative_to(ROOT)}:{block.lines[0] + 1}"

    def here(self, text):
        return text.replace(SHOWN_PORT, str(self.port))

    def command(self, text):
        """Return a command as it is run: what make does is installed here, on this page's port."""
        return re.sub(r"^make (?=demo|serve)", "toplyne-sandbox ", self.here(text))

    def as_shown(self, text):
        text = text.replace("\r", "").replace(str(self.port), SHOWN_PORT)
        return text.replace(str(self.folder), "…").replace(str(ROOT), "…")

    def environment(self):
        path = os.pathsep.join([str(self.folder / ".bin"), os.environ["PATH"]])
        ours = {"PYTHONPATH": str(ROOT)} if self.python == sys.executable else {}
        mock = {"TOPLYNE_MOCK_URL": f"http://127.0.0.1:{self.port}"}
        # in CI pytest cuts no line of its summary, which the pages show as a terminal does
        here = {name: value for name, value in os.environ.items() if name not in _OF_CI}
        # pages show what pytest-httpx and respx do, which tests/conftest.py leaves out
        options = {"PYTEST_ADDOPTS": "-p no:hypothesispytest"}
        return {**here, **options, "PATH": path, **ours, **mock}

    def make_commands(self):
        """Put this environment's programs on the page's PATH, as an activated one has them."""
        folder = self.folder / ".bin"
        folder.mkdir()
        ours = f'"{self.python}" -m toplyne_sandbox'
        programs = {
            "toplyne-sandbox": f'exec {ours} "$@"',
            "python": f'exec "{self.python}" "$@"',
            "python3": f'exec "{self.python}" "$@"',
            "pytest": f'exec "{self.python}" -m pytest -p no:cacheprovider "$@"',
        }
        for name, line in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{line}\n")
            (folder / name).chmod(0o755)
