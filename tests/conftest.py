"""What holds for every test: the heavy ones are skipped unless they are asked for, and
generated examples may take their time.
"""

import pytest
from hypothesis import settings

settings.register_profile("everywhere", deadline=None)  # a busy machine makes no test wrong
settings.load_profile("everywhere")


def pytest_collection_modifyitems(config, items):
    """Skip what `-m` does not ask for by name, and say how it is run."""
    if "heavy" in config.option.markexpr:
        return
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason="takes minutes; `make heavy` runs it"))
