"""A user's own folder named like one of our packages gives a sentence, not a riddle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["sandbox", "mock_server"])
def test_a_folder_that_hides_ours_is_named(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}

    result = subprocess.run(
        [sys.executable, "-m", "toplyne_sandbox", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 2
    assert result.stderr == (
        f"toplyne-sandbox needs its own package '{name}', but Python finds {tmp_path / name} "
        "first; rename that folder, or start from another one (and mind PYTHONPATH).\n"
    )
