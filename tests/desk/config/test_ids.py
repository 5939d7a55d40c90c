"""UUIDv7: the layout of RFC 9562, order within a process, and no two alike from two threads."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.config.ids import new_id, uuid7


def test_the_layout_is_that_of_the_standard():
    # The example of RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    made = uuid7(0x017F22E279B0, 0xCC3 << 62 | 0x18C4DC0C0C07398F)
    assert made == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_version_and_variant_stand_whatever_the_time_and_tail(milliseconds, tail):
    made = uuid7(milliseconds, tail)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == milliseconds


def test_ids_of_one_process_rise():
    made = [new_id() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_carries_the_present():
    before = time.time_ns() // 1_000_000
    made = new_id().int >> 80
    assert before - 1 <= made <= time.time_ns() // 1_000_000 + 1


def test_threads_make_no_two_alike():
    with ThreadPoolExecutor(4) as pool:
        made = [
            one for batch in pool.map(lambda _: [new_id() for _ in range(500)], range(8)) for one in batch
        ]
    assert len(set(made)) == 4_000
