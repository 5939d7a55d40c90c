"""Holds each write key to its rate over all processes: one bucket in the database, from which processes take shares.

A process takes a tenth of a second's worth at a time and spends it in memory, so a busy key costs ten small writes a
second in each process, not one for every request. What all processes spend never exceeds what the bucket gave out.
"""

import math
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from sterna.desk.sources.models import WriteKey

# An idle key saves up so many seconds' worth.
BURST_SECONDS = 5
SHARES_PER_SECOND = 10
LONGEST_WAIT = 300

# The database's clock, not the desk's: processes on several machines share it, and it never stands still.
_TAKE = """
insert into sources_bucket as bucket (write_key_id, tokens, filled_at)
values (%(key)s, %(burst)s - %(wanted)s, clock_timestamp())
on conflict (write_key_id) do update set
    tokens = least(%(burst)s, bucket.tokens + %(rate)s * extract(epoch from clock_timestamp() - bucket.filled_at))
        - %(wanted)s,
    filled_at = clock_timestamp()
where least(%(burst)s, bucket.tokens + %(rate)s * extract(epoch from clock_timestamp() - bucket.filled_at)) >= %(floor)s
returning tokens
"""
_LEVEL = """
select least(%(burst)s, tokens + %(rate)s * extract(epoch from clock_timestamp() - filled_at)) from sources_bucket
where write_key_id = %(key)s
"""


@dataclass
class _Share:
    """What this process still holds of a key's bucket, and until when it need not ask for more in vain."""

    tokens: float = 0.0
    closed_until: float = 0.0
    closed_for: float = 0.0
    spending: threading.Lock = field(default_factory=threading.Lock)


_shares: dict[UUID, _Share] = {}


def take(key: WriteKey, events: int) -> int:
    """Spend `events` of what `key` may send; 0 when it may, else the whole seconds to wait, 1 to LONGEST_WAIT.

    A batch larger than the bucket passes when the bucket is full, and the next ones wait until it is paid for.
    """
    share = _shares.setdefault(key.pk, _Share())
    with share.spending:
        if share.tokens >= events:
            share.tokens -= events
            return 0
        wait = share.closed_until - time.monotonic()
        if wait > 0 and events >= share.closed_for:
            return _seconds(wait)
        return _take_more(key, share, events)


def _take_more(key: WriteKey, share: _Share, events: int) -> int:
    rate, burst = key.events_per_second, key.events_per_second * BURST_SECONDS
    missing = events - share.tokens
    values: dict[str, UUID | float] = {"key": key.pk, "rate": rate, "burst": burst}
    with connection.cursor() as cursor:
        for wanted in (missing + rate // SHARES_PER_SECOND, missing):
            cursor.execute(_TAKE, values | {"wanted": wanted, "floor": min(wanted, burst)})
            if cursor.fetchone():
                share.tokens += wanted - events
                share.closed_until = 0.0
                return 0
        cursor.execute(_LEVEL, values)
        row = cursor.fetchone()
    wait = (min(missing, burst) - (row[0] if row else 0)) / rate
    share.closed_until, share.closed_for = time.monotonic() + wait, events
    return _seconds(wait)


def _seconds(wait: float) -> int:
    return min(LONGEST_WAIT, max(1, math.ceil(wait)))
