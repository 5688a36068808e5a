"""The release: one command that checks, writes, builds, commits and tags, or does nothing."""

import subprocess
from datetime import date

import pytest

from tools.release import NoRelease, main, release, with_heading

TODAY = date(2026, 12, 1)
CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n"


@pytest.fixture
def tree(tmp_path):
    """A repository with a project, a changelog and one commit."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Somebody")
    git(tmp_path, "config", "user.email", "somebody@example.com")
    git(tmp_path, "config", "commit.gpgsign", "false")
    git(tmp_path, "config", "tag.gpgsign", "false")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def git(folder, *words):
    done = subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


def test_a_release_writes_version_and_heading_builds_commits_and_tags(tree):
    built = []

    tag = release("0.2.0", root=tree, today=TODAY, build=lambda root: built.append(version(root)))

    assert (tag, built) == ("v0.2.0", ["0.2.0"])
    assert (tree / "CHANGELOG.md").read_text() == (
        "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-12-01\n\n### Added\n\n- A thing.\n"
    )
    assert git(tree, "log", "-1", "--format=%s") == "Release 0.2.0"
    assert git(tree, "describe") == "v0.2.0"
    assert git(tree, "status", "--porcelain") == ""


def version(root):
    return (root / "pyproject.toml").read_text().partition('version = "')[2].partition('"')[0]


def test_a_build_that_fails_leaves_everything_as_it_was(tree):
    def fail(_root):
        raise subprocess.CalledProcessError(1, ["build"])

    with pytest.raises(subprocess.CalledProcessError):
        release("0.2.0", root=tree, today=TODAY, build=fail)

    assert (version(tree), (tree / "CHANGELOG.md").read_text()) == ("0.1.0", CHANGELOG)
    assert (git(tree, "status", "--porcelain"), git(tree, "tag")) == ("", "")


@pytest.mark.parametrize(
    ("named", "spoil", "said"),
    [
        ("0.2", None, "VERSION is like 0.2.0 or 0.2.0rc1, not '0.2'."),
        ("0.1.0", lambda tree: git(tree, "tag", "v0.1.0"), "There is a tag v0.1.0 already."),
        (
            "0.2.0",
            lambda tree: (tree / "new.txt").write_text("x"),
            "The tree has changes that are not committed:\n?? new.txt",
        ),
        (
            "0.2.0",
            lambda tree: (tree / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n"),
            "CHANGELOG.md has nothing under Unreleased.",
        ),
    ],
    ids=["version", "tagged", "dirty", "nothing-new"],
)
def test_what_speaks_against_a_release_is_said_and_nothing_is_built(tree, named, spoil, said):
    if spoil:
        spoil(tree)

    with pytest.raises(NoRelease) as caught:
        release(named, root=tree, today=TODAY, build=pytest.fail)

    assert str(caught.value) == said


def test_the_command_ends_with_2_and_a_sentence(capsys):
    assert main(["nonsense"]) == 2
    assert "not 'nonsense'" in capsys.readouterr().err


def test_only_the_first_heading_is_changed():
    text = f"{CHANGELOG}\n## 0.1.0 - 2026-11-01\n\n- Old, as in ## Unreleased\n"

    assert with_heading(text, "0.2.0", TODAY).count("## 0.2.0 - 2026-12-01\n") == 1
