"""Bounds: the limits of the mock on sizes, numbers and times, in one table.

An answer that refuses something because of a bound names it, such as `head_bytes`. The limits on
what is kept are `Limits` of the store, and those of an upload are in `sandbox/toplyne.py`.
"""

import sys
from dataclasses import dataclass
from typing import Final

OFF_LOOP_BYTES: Final = 64 * 2**10
"""A call with a longer body is answered in a thread, because that may take long."""
COUNTED_BYTES: Final = 256 * 2**10
"""A call with a longer body is answered in a thread even if the quick check would accept it."""
ACCEPTS_AT_ONCE: Final = 64
"""How many connections are accepted in a row before open ones are served."""
BACKLOG: Final = 1024
"""How many connections the operating system queues until they are accepted."""
THREADS: Final = 32
"""How many threads answer by the application."""
CHECKED_AT_ONCE: Final = 2
"""How many large or compressed uploads are checked at once; each may take much memory."""
HANDSHAKES: Final = 200
"""How many broken TLS handshakes wait to be journaled, in case the browser returns."""
WAITING: Final = 200
"""How many clients may wait at once at `/_sandbox/wait`, and how many at `/_sandbox/flush`."""
LISTENERS: Final = 50
"""How many clients may listen to `/_sandbox/live` at once."""
DEMONSTRATIONS: Final = 4
"""How many demonstrations may run at once; one more ends the oldest."""
DELIVERIES_AT_ONCE: Final = 100
"""How many requests are sent to all destinations at once: to each one first attempt, 8 retries."""
PACE_SECONDS: Final = 0.05
"""The time between two pieces of a slow body, if a piece has more than one byte."""
UNSENT_BYTES: Final = 2**20
"""How many bytes of a stream may be unsent because its client reads slowly."""
FAULTS_WAITING: Final = 1000
"""How many faults of one tenant may wait at once, and how many one request may add."""
FAULT_CHARACTERS: Final = 1000
"""How long the header X-Sandbox-Fault may be."""
ANSWER_BYTES: Final = 2**20
"""How long the body of an answer set by `answer_next` may be."""
ANSWERS_BYTES: Final = 4 * 2**20
"""How long the headers and bodies of all waiting answers of one tenant may be together."""
ANSWER_HEADERS: Final = 100
"""How many headers an answer set by `answer_next` may have."""
ANSWER_KEPT: Final = 64 * 2**10
"""How much of an answer's body the journal keeps, if it keeps the answer."""
TOLD_CHARACTERS: Final = 1000
"""How much of a path, a query or a method the journal keeps; a longer one is cut."""
HISTORY_BYTES: Final = 8 * 2**20
"""How much of the latest bodies is read for the history of a profile or an account."""
FOLDED_BYTES: Final = 2**20
"""How many bytes are folded into the state before the store's lock is released."""
FOLDED_ENTRIES: Final = 256
"""How many entries are folded into the state before the store's lock is released."""
COPIED_BYTES: Final = 256 * 2**10
"""How long an event may be for a dry run to return curl commands, a test and a case of it."""
COPIED_CALL_BYTES: Final = 2 * 2**20
"""How long the body of a call may be to be copied as curl or as a test; else 413."""
EARLIER_REQUESTS: Final = 200
"""How many earlier requests a dry run may give Toplyne."""
LISTED_EVENTS: Final = 5000
"""How many events of a file `/_sandbox/replay` lists; all of them are counted."""
LISTED_BYTES: Final = 8 * 2**20
"""How long the list of `/_sandbox/replay` may be."""
ASKED_BYTES: Final = 2 * 2**20
"""How long the body of `/_sandbox/try` and `/send` may be; else 413."""
PAGE_BYTES: Final = 32 * 2**20
"""How long the items of one page of a list may be; a longer page is cut, and `cut` names this."""
EXPORTED_BYTES: Final = 32 * 2**20
"""How long one export of the journal may be; the last line of a longer one names this bound."""
COMPARED_BYTES: Final = 8 * 2**20
"""How much of the latest bodies `/_sandbox/nearest` compares; `cut` names it if there are more."""
SEARCHED_BYTES: Final = 2**30
"""How many inflated bytes of compressed bodies one search of entries may read; else 413."""
RECOVERED_BYTES: Final = 64 * 2**20
"""How long the journal's bodies may be in all for `/_sandbox/recovery`; else 413."""
ASKED_VALUES: Final = 500_000
"""How many values the JSON body of a request to `/_sandbox` may have; else 413."""
REASONING_SECONDS: Final = 2.0
"""How long lint and explain may take for one request; the rest is "too large"."""
REPLAY_SECONDS: Final = 30.0
"""How long `/_sandbox/replay` may take for one file; else 413."""
REPLAYS_AT_ONCE: Final = 4
"""How many files `/_sandbox/replay` reads at once; each may take a hundred MB. Else 503."""
TRIED_BYTES: Final = 4 * 2**20
"""How long the explanations of `/_sandbox/try` may be; further mappings are "too large"."""
TRIGGER_CHARACTERS: Final = 100_000
"""How long a trigger sent to `/_sandbox/try`, `/send` or `/replay` may be; else 413."""
RECORD_BYTES: Final = 2**30
"""How long the file of `serve --record` may grow."""
_RESERVED: Final = 64  # file descriptors for the store, deliveries and the rest of the process
_NO_LIMIT: Final = 100_000
_SELECT_LIMIT: Final = 512  # of Python's `select` on Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds of one connection."""

    head_bytes: int = 64 * 2**10
    """The request line and the header fields together, and the trailers of a body; else 431."""
    head_fields: int = 200
    """How many header fields; else 431."""
    target_bytes: int = 8 * 2**10
    """The path with its query; else 414."""
    chunk_line_bytes: int = 1024
    """The line before a chunk, with its extensions; else 400."""
    drained_bytes: int = 64 * 2**20
    """A body that is too large is read to its end up to this length, so that the client can read
    the 413; a longer one is answered 413 at once.
    """
    held_bytes: int = 2**30
    """How many bytes all bodies may have together that arrive or wait to be checked; else 503."""
    head_seconds: float = 10.0
    """The time from a head's first byte to its last, and for a TLS handshake; else 408."""
    body_seconds: float = 30.0
    """How long a body may pause; else 408."""
    idle_seconds: float = 75.0
    """How long a connection may be idle before it is closed."""
    linger_seconds: float = 5.0
    """How long the rest of a refused request is read and thrown away."""
    return_seconds: float = 2.0
    """How long a browser that broke off a TLS handshake may take to connect again."""

    @property
    def tick_seconds(self) -> float:
        """The time between two checks of the deadlines."""
        return min(1.0, self.head_seconds / 4, self.body_seconds / 4, self.idle_seconds / 4)


def most_connections() -> int:
    """Return how many connections fit into the process's limit of open files."""
    if sys.platform == "win32":
        return _SELECT_LIMIT - _RESERVED
    import resource  # noqa: PLC0415 - Windows does not have it

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = _NO_LIMIT
    return max(1, min(soft, _NO_LIMIT) - min(_RESERVED, soft // 2))
