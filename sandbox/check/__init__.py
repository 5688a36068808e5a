"""Check: test another mapper or server against the contract.

>>> from sandbox import PRESETS, Mapped, map_event
>>> from sandbox.check import check_mapper
>>> def mapper(event):
...     outcomes = map_event(event, PRESETS, "observed")
...     requests = [each.request for each in outcomes if isinstance(each, Mapped)]
...     return [{"method": r.method, "path": r.path, "json": r.json} for r in requests]
>>> check_mapper(mapper, max_examples=50).failures
()
"""

from sandbox.check.failures import CheckError, CheckReport, Failure
from sandbox.check.mapper import check_mapper

__all__ = ["CheckError", "CheckReport", "Failure", "check_mapper"]
