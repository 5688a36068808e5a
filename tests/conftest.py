"""What holds for every test: the heavy ones are skipped unless they are asked for, and
generated examples may take their time.
"""

import gc
import os

import pytest
from hypothesis import settings

# What a CI service or a terminal sets changes what is printed: processes of the tests know nothing
# of it, and say in UTF-8 what they say. A test that is about one of these sets it itself.
for name in ("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PY_COLORS", "PYTEST_ADDOPTS"):
    os.environ.pop(name, None)
os.environ["PYTHONIOENCODING"] = "utf-8"

# a busy machine makes no test wrong: no deadline. The suite must stay under 3 minutes on 2 cores;
# `make laws` asks for ten times as many examples, `pytest --hypothesis-profile=thorough` for more.
settings.register_profile("quick", deadline=None, max_examples=10)
settings.register_profile("laws", deadline=None, max_examples=100)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")


SLOW_PLUGINS = ("hypothesispytest", "pytest_httpx", "anyio", "respx")


@pytest.fixture(scope="session", autouse=True)
def _quick_pytest():
    """Let pytest in a process of a test leave out other projects' plugins, which are slow to load.

    A fixture, as the workers of this run are to have them. A test that is about one takes it back.
    """
    os.environ["PYTEST_ADDOPTS"] = " ".join(f"-p no:{name}" for name in SLOW_PLUGINS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Return for `-n auto` what Python knows: psutil, where it is installed, asks /proc."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    """Collect no garbage while the tests are collected: nearly all that is made then stays."""
    gc.disable()


def pytest_collection_finish(session):
    """Leave what was collected out of every later collection, which took a fifth of the time."""
    gc.freeze()
    gc.enable()


RUN_BY = {
    "heavy": "takes minutes; `make heavy` runs it",
    "laws": "tries much; `make laws` runs it",
    "browser": "drives a browser; `make browser` runs it",
    "examples": "installs what examples/ need, or starts containers; `make examples` runs it",
}


def pytest_collection_modifyitems(config, items):
    """Skip what `-m` does not ask for by name, and say how it is run."""
    for word, how in RUN_BY.items():
        if word in config.option.markexpr:
            continue
        for item in items:
            if item.get_closest_marker(word):
                item.add_marker(pytest.mark.skip(reason=how))
