"""UUIDv7: ids that sort by the time they were made, so that new rows land at the end of an index."""

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def uuid7(milliseconds: int, tail: int) -> uuid.UUID:
    """The UUIDv7 (RFC 9562) of a Unix time in `milliseconds` with 74 bits of `tail`."""
    high = (milliseconds & (1 << 48) - 1) << 16 | 0x7000 | (tail >> 62 & 0xFFF)
    low = 0b10 << 62 | tail & (1 << 62) - 1
    return uuid.UUID(int=high << 64 | low)


def new_id() -> uuid.UUID:
    """A new id; within one process each is greater than the one before, even within one millisecond."""
    global _last
    with _lock:
        # The upper 12 tail bits count within the millisecond; the rest is chance.
        moment = max(time.time_ns() * 4_096 // 1_000_000, _last + 1)
        _last = moment
    return uuid7(moment >> 12, (moment & 0xFFF) << 62 | secrets.randbits(62))
