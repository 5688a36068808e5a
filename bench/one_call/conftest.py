"""One client for both sides, and what pytest says each test took: set-up, call and teardown."""

import json
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

TESTS = 300


def pytest_addoption(parser):
    parser.addoption("--figures", type=Path, required=True, help="where the seconds are written")


def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("number")
    metafunc.parametrize("number", range(TESTS))


def pytest_configure(config):
    config.pluginmanager.register(Durations(config.option.figures))


class Durations:
    """The seconds of each test, in the order they ran."""

    def __init__(self, file):
        self.file = file
        self.seconds = defaultdict(float)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self):
        self.file.write_text(json.dumps(list(self.seconds.values())))


@pytest.fixture(scope="session")
def client():
    with httpx.Client(trust_env=False) as client:
        yield client
