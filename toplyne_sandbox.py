"""The way in: makes sure that the packages `sandbox` and `mock_server` are ours, then starts.

Both names are common. A folder of that name in the current directory, or on PYTHONPATH, is found
first by Python and would end in an ImportError that says nothing. pytest loads this module into
projects that may never use us, so neither package is imported before a fixture of ours is used.
"""

import gc
import os
import sys
import warnings
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

_FEWER_LOOKS = 50_000
_OURS = {"sandbox": "toplyne.py", "mock_server": "exchange.py"}
_HERE = str(Path(__file__).parent) + os.sep
loaded: dict[str, ModuleType] = {}
"""Our modules that tests use, by name, also those that a test took out of sys.modules."""


def shadowed() -> str:
    """Return a sentence about the package that another one hides, or an empty string."""
    for name, witness in _OURS.items():
        spec = find_spec(name)
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
    try:
        from sandbox.cli import main as run

        run()
    except KeyboardInterrupt:  # before a command has begun
        raise SystemExit(130) from None


class HiddenFolderWarning(UserWarning):
    """A folder of a project that Python cannot find, because a package of ours hides it."""


class _LoadedOnce(SourceFileLoader):
    """The finder and loader of our modules, which runs each once in a process.

    A server imports some modules when the first request needs them. Where that is in a block that
    restores sys.modules afterwards, as `patch.dict` and pytester do, Python would load them again,
    with classes that are not those of the objects that are there.
    """

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return the module that was loaded before, or None for a new one."""
        return loaded.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run a new module."""
        if module.__name__ not in loaded:
            super().exec_module(module)
            loaded[module.__name__] = module

    @classmethod
    def find_spec(cls, name: str, path: Any = None, _: Any = None) -> ModuleSpec | None:
        """Return where a module of ours is; pytest's finder would rewrite its assertions."""
        spec = PathFinder.find_spec(name, path) if name.partition(".")[0] in _OURS else None
        loader = spec and spec.loader
        if not isinstance(loader, SourceFileLoader) or not loader.path.startswith(_HERE):
            return None
        return spec_from_file_location(name, loader=cls(name, loader.path))


def pytest_addoption(pluginmanager: Any) -> None:
    """Load the pytest plugin from its file, without the package it lies in."""
    if _LoadedOnce not in sys.meta_path:
        sys.meta_path.insert(0, _LoadedOnce)
    file = Path(__file__).parent / "mock_server" / "testing" / "pytest_plugin.py"
    plugin = sys.modules["toplyne_pytest_plugin"] = ModuleType("toplyne_pytest_plugin")
    SourceFileLoader(plugin.__name__, str(file)).exec_module(plugin)
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
