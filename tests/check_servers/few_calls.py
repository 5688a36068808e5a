"""A few of the check's calls, for tests that are about something else than which calls there are.

The whole catalogue is nearly 500 calls. The tests that a right server breaks nothing send all of
them, and so do the tests marked `laws`, which look for every fault.
"""

from sandbox.check import catalogue
from sandbox.toplyne import TOPLYNE

UPLOADS = {upload.endpoint.path for upload in TOPLYNE.uploads}
ONE_IN = 12  # of the uploads
NEEDED = (
    b'"plan"',
    b'Id":5',
    b'Name":""',
    b'[{"creationTime"',
    b"null",
)  # each breaks a rule that a test names
LONGEST = 10_000  # those at the limits of a body are longer


def is_kept(number, call):
    if call.method != "POST" or call.path not in UPLOADS:
        return True
    is_short = len(call.body) < LONGEST
    return is_short and (number % ONE_IN == 0 or any(each in call.body for each in NEEDED))


def try_few_calls(monkeypatch):
    """Let a check try about every fifth call of its catalogue."""
    every = catalogue.catalogue

    def few(**known):
        return (call for n, call in enumerate(every(**known)) if is_kept(n, call))

    monkeypatch.setattr(catalogue, "catalogue", few)
