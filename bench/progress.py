"""Progress: what a long run is doing, for those who wait for it."""

import sys
import time

_STARTED = time.monotonic()


def tell(what: str) -> None:
    """Print it on standard error, with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:5.0f} s] {what}", file=sys.stderr, flush=True)
