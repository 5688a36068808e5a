"""The way in: makes sure that the packages `sandbox` and `mock_server` are ours, then starts.

Both names are common. A folder of that name in the current directory, or on PYTHONPATH, is found
first by Python and would end in an ImportError that says nothing. pytest loads this module into
projects that may never use us, so neither package is imported before a fixture of ours is used.
"""

import gc
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import Any

_FEWER_LOOKS = 50_000
_OURS = {"sandbox": "toplyne.py", "mock_server": "exchange.py"}


def shadowed() -> str:
    """Return a sentence about the package that another one hides, or an empty string."""
    for name, witness in _OURS.items():
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not any((Path(place) / witness).is_file() for place in places):
            found = (places[0] if places else spec.origin) if spec else "nothing"
            return (
                f"toplyne-sandbox needs its own package {name!r}, but Python finds {found} first; "
                f"rename that folder, or start from another one (and mind PYTHONPATH)."
            )
    return ""


def main() -> None:
    """Run the command line; exit 2 with a sentence where another package hides ours."""
    if sys.getfilesystemencoding() != "utf-8":  # arguments, files and pipes are UTF-8, always
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606
    if sentence := shadowed():
        print(sentence, file=sys.stderr)
        raise SystemExit(2)

    # what a start makes is kept, so looking for garbage every 700 objects finds none
    gc.set_threshold(_FEWER_LOOKS)
    from sandbox.cli import main as run

    run()


class HiddenFolderWarning(UserWarning):
    """A folder of a project that Python cannot find, because a package of ours hides it."""


def pytest_addoption(pluginmanager: Any) -> None:
    """Load the pytest plugin from its file, without the package it lies in."""
    file = Path(__file__).parent / "mock_server" / "testing" / "pytest_plugin.py"
    spec = importlib.util.spec_from_file_location("toplyne_pytest_plugin", file)
    assert spec is not None
    assert spec.loader is not None
    plugin = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    pluginmanager.register(plugin, "toplyne-sandbox")


def pytest_collection_finish(session: Any) -> None:
    """Warn, once, of each folder without an `__init__.py` that a package of ours hides."""
    if getattr(session.config, "workerinput", {"workerid": "gw0"})["workerid"] != "gw0":
        return
    for name in _OURS:
        folders = {Path(place or ".").resolve() / name for place in sys.path}
        for folder in sorted(folders):
            is_package = (folder / "__init__.py").exists()
            if not is_package and next(folder.rglob("*.py"), None) is not None:
                sentence = (
                    f"{folder} cannot be imported as {name!r}: it has no __init__.py, so Python"
                    f" takes the package {name!r} of toplyne-sandbox instead. Give it an"
                    " __init__.py, or import its modules by their own names with pytest's"
                    " `pythonpath`; `-p no:toplyne` ends this warning."
                )
                try:
                    warnings.warn(HiddenFolderWarning(sentence), stacklevel=1)
                except HiddenFolderWarning:  # where warnings are errors, it still is no error
                    print(f"\n{sentence}", file=sys.stderr)


if __name__ == "__main__":
    main()
