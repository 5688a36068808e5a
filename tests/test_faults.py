"""Faults: which calls of which tenant meet one."""

import threading

import pytest

from mock_server.exchange import received
from mock_server.store.database import Store
from mock_server.toplyne.fault import Fault, InvalidFault
from mock_server.toplyne.faults import TenantFaults, is_met

UPLOAD = received("POST", "/v1/upload/events")
AUTH = received("GET", "/v1/auth/me")


def statuses(faults, *calls, tenant=1):
    taken = [faults.take(tenant, call) for call in calls]
    return [None if fault is None else fault.status for fault in taken]


def test_faults_happen_in_the_order_they_were_asked_for():
    faults = TenantFaults(Store())
    faults.add(1, Fault(status=503, times=2), Fault(status=429))

    assert statuses(faults, *[UPLOAD] * 4) == [503, 503, 429, None]


def test_a_fault_of_a_path_lets_other_paths_be():
    faults = TenantFaults(Store())
    faults.add(1, Fault(status=503, path="/v1/upload/events"), Fault(status=500, times=1))

    assert statuses(faults, AUTH, AUTH, UPLOAD) == [500, None, 503]


def test_a_fault_without_a_number_happens_until_it_is_forgotten():
    faults = TenantFaults(Store())
    faults.add(1, Fault(status=503, times=None))

    assert statuses(faults, *[UPLOAD] * 50) == [503] * 50
    assert faults.reset(1) == 1
    assert statuses(faults, UPLOAD) == [None]


def test_which_calls_a_probability_picks_is_pinned():
    fault = Fault(status=503, probability=0.3, seed=7)

    assert [n for n in range(40) if is_met(fault, n)] == [
        3, 4, 7, 8, 12, 16, 18, 20, 26, 27, 30, 32, 33, 34, 35,
    ]  # fmt: skip


def test_a_probability_meets_about_its_share():
    fault = Fault(status=503, probability=0.3, seed=1)

    assert sum(is_met(fault, n) for n in range(10_000)) == pytest.approx(3000, abs=150)


def test_the_list_tells_how_many_calls_a_fault_saw_and_met():
    faults = TenantFaults(Store())
    faults.add(1, Fault(status=503, times=3, probability=0.5, seed=3))
    while faults.waiting(1) and faults.waiting(1)[0].met < 2:
        faults.take(1, UPLOAD)

    (waiting,) = faults.waiting(1)
    assert waiting.met == 2
    assert waiting.seen >= 2
    assert waiting.to_json() == {
        "status": 503, "path": None, "times": 3, "probability": 0.5, "seed": 3,
        "retry_after": None, "delay": 0.0, "wire": "whole", "stored": False, "most_delay": None,
            "bytes_per_second": None,
        "seen": waiting.seen, "met": 2,
    }  # fmt: skip


def test_times_is_exact_when_threads_take_at_once():
    faults = TenantFaults(Store())
    faults.add(1, Fault(status=503, times=500))
    taken = []

    def take():
        taken.extend(faults.take(1, UPLOAD) for _ in range(200))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(fault is not None for fault in taken) == 500


def test_without_a_socket_to_reach_none_of_a_list_is_taken():
    faults = TenantFaults(Store(), reaches_socket=False)

    with pytest.raises(InvalidFault, match="needs the server's socket"):
        faults.add(1, Fault(status=503), Fault(wire="empty"))

    assert faults.waiting(1) == ()
