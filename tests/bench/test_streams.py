"""Audio that counts: what comes, what is lost, and whose it is."""

import time

import numpy as np

from bench.streams import Arrived, Pump, Streams
from helpline.lab.phones import Address

HERE, THERE = Address("127.0.0.57", 41_000), Address("127.0.0.58", 41_000)


def test_what_is_sent_arrives_and_is_told_from_each_other() -> None:
    one, other = Streams(HERE, 440.0, 3), Streams(THERE, 3100.0, 3)
    pump = Pump(one, other)
    try:
        one.start(0, (THERE.host, THERE.port))
        one.start(2, (THERE.host, THERE.port))
        one.press(2, "1")  # no packet of the stream: it is not counted
        pump.start()
        deadline = time.monotonic() + 20
        while other.arrived.count.min(where=[True, False, True], initial=99) < 20:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        one.stop(0)
        one.stop(2)
    finally:
        pump.stop()
        one.close()
        other.close()
    assert pump.error is None
    assert other.arrived.count[1] == 0
    assert list(other.arrived.first[[0, 2]]) == [1, 1]
    assert list(other.arrived.lost()) == [0, 0, 0]
    assert all(delay.min() > 0 for delay in other.arrived.delays_ms)


def test_a_packet_that_did_not_come_is_lost_and_a_call_that_never_began_has_lost_none() -> None:
    arrived = Arrived(np.array([8, 0]), np.array([3, 1 << 30]), np.array([12, 0]))
    assert list(arrived.lost()) == [2, 0]
