"""Bounds: how much of everything the mock takes, and for how long it waits: the one table.

An answer that refuses something because of a bound names it: `head_bytes`, `body_seconds`. How much
is kept is `Limits` of the store, what an upload may hold the declaration's.
"""

import sys
from dataclasses import dataclass
from typing import Final

OFF_LOOP_BYTES: Final = 64 * 2**10
"""A call with a longer body is answered in a thread, as that may take long."""
COUNTED_BYTES: Final = 256 * 2**10
"""A longer body is in a thread too if it is surely right, which a shorter one shows at once."""
ACCEPTS_AT_ONCE: Final = 64
"""How many connections are accepted before the others get their turn."""
BACKLOG: Final = 1024
"""How many connections the system keeps for us until they are accepted."""
THREADS: Final = 32
"""How many threads answer what takes long."""
HANDSHAKES: Final = 200
"""How many TLS handshakes that browsers broke off are held back; one more is journaled at once."""
WAITING: Final = 200
"""How many may wait at once by `/_sandbox/wait`, and as many by `/_sandbox/flush`."""
LISTENERS: Final = 50
"""How many may follow `/_sandbox/live` at once."""
DEMONSTRATIONS: Final = 4
"""How many demonstrations run at once; one more ends the oldest."""
PACE_SECONDS: Final = 0.05
"""How often a piece of a slow body is sent, where a piece is more than a byte."""
UNSENT_BYTES: Final = 2**20
"""How much of a stream is written ahead of its client."""
FAULTS_WAITING: Final = 1000
"""How many faults of one tenant may wait at once, and how many one question may ask for."""
FAULT_CHARACTERS: Final = 1000
"""How long X-Sandbox-Fault may be."""
ANSWER_BYTES: Final = 2**20
"""How long the body of an answer that a test asks for may be."""
ANSWERS_BYTES: Final = 4 * 2**20
"""How long the headers and bodies of all answers may be together that wait for one tenant."""
ANSWER_HEADERS: Final = 100
"""How many headers such an answer may have."""
ANSWER_KEPT: Final = 64 * 2**10
"""How much of an answer's body the journal keeps, where it keeps one."""
TOLD_CHARACTERS: Final = 1000
"""How much of a path, a query or a method the journal keeps; of a longer one its length is told."""
HISTORY_BYTES: Final = 8 * 2**20
"""How much of the latest bodies is read to tell the history of a profile or an account."""
FOLDED_BYTES: Final = 2**20
"""How much is folded into the state under one hold of the store's lock."""
FOLDED_ENTRIES: Final = 256
"""How many entries are folded into the state under one hold of the lock."""
COPIED_BYTES: Final = 256 * 2**10
"""How long an event may be of which a dry run makes curl commands, a test and a case."""
COPIED_CALL_BYTES: Final = 2 * 2**20
"""How long the body of a call may be that is copied as curl and as a test; else 413."""
EARLIER_REQUESTS: Final = 200
"""How many requests the Toplyne of a dry run may have received before."""
LISTED_EVENTS: Final = 5000
"""How many events of a file `/_sandbox/replay` lists; all of them are counted."""
LISTED_BYTES: Final = 8 * 2**20
"""How long that list may be."""
ASKED_BYTES: Final = 2 * 2**20
"""How long the body of `/_sandbox/try` and `/send` may be; else 413."""
PAGE_BYTES: Final = 32 * 2**20
"""How long the items of one page of a list are; after the item that passes it, `cut` names it."""
EXPORTED_BYTES: Final = 32 * 2**20
"""How long the journal is that one export tells; its last line names the bound and what follows."""
COMPARED_BYTES: Final = 8 * 2**20
"""How much of the latest bodies `/_sandbox/nearest` compares; `cut` names it if more are left."""
SEARCHED_BYTES: Final = 2**30
"""How long the compressed bodies may be, inflated, that one search of entries reads; else 413."""
RECOVERED_BYTES: Final = 64 * 2**20
"""How long the bodies of the journal may be of which `/_sandbox/recovery` reports; else 413."""
ASKED_VALUES: Final = 500_000
"""How many values the JSON of a body to `/_sandbox` may have; else 413."""
REASONING_SECONDS: Final = 2.0
"""How long lint and explain may take for one question; what is left over is "too large"."""
REPLAY_SECONDS: Final = 30.0
"""How long `/_sandbox/replay` may take for one file; else 413."""
TRIED_BYTES: Final = 4 * 2**20
"""How much `/_sandbox/try` tells of its mappings; the others are "too large"."""
TRIGGER_CHARACTERS: Final = 100_000
"""How long a trigger may be that `/_sandbox/try` and its kin are asked about; else 413."""
RECORD_BYTES: Final = 2**30
"""How long the file of `serve --record` may become."""
_RESERVED: Final = 64  # descriptors for the store, deliveries and whatever else the process does
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
    """How much of a body that is too large is read to its end, so that the client can read the 413;
    a longer one is answered 413 at once.
    """
    head_seconds: float = 10.0
    """From a head's first byte to its last, and for a TLS handshake; else 408."""
    body_seconds: float = 30.0
    """How long a body may pause; else 408."""
    idle_seconds: float = 75.0
    """How long a connection may be idle; then it is closed."""
    linger_seconds: float = 5.0
    """How long the rest of a refused client's request is read and thrown away."""
    return_seconds: float = 2.0
    """How long a browser that broke a TLS handshake off may take to come again."""

    @property
    def tick_seconds(self) -> float:
        """How often deadlines are looked at."""
        return min(1.0, self.head_seconds / 4, self.body_seconds / 4, self.idle_seconds / 4)


def most_connections() -> int:
    """Return how many connections the limit of open files leaves room for."""
    if sys.platform == "win32":
        return _SELECT_LIMIT - _RESERVED
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = _NO_LIMIT
    return max(1, min(soft, _NO_LIMIT) - min(_RESERVED, soft // 2))
