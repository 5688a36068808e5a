"""Small disk: a file system in memory that fills up, in a namespace of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNSHARE = ("unshare", *(() if os.name == "posix" and not os.geteuid() else ("-Ur",)), "-m")


def _can_mount(path):
    words = (*UNSHARE, "mount", "-t", "tmpfs", "tmpfs", str(path))
    return (
        shutil.which("unshare")
        and not subprocess.run(words, capture_output=True, check=False).returncode
    )


needs_small_disk = pytest.mark.skipif(
    not _can_mount(Path(__file__).parent), reason="this machine lets nobody mount a small disk"
)
