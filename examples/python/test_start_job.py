import pytest
from start_job import SchedulerError, call, start_job


def test_starts_a_job_with_its_input(emulator):
    instance_id = start_job(emulator.sum, NUMBERS="1 2 3")
    assert emulator.output_of(instance_id) == "sum 6\n"


def test_says_that_there_is_no_capacity(emulator):
    emulator.fails("claim", "504.not-available")
    with pytest.raises(SchedulerError, match="504.not-available"):
        start_job(emulator.sum)


def test_loses_a_claim_that_is_not_used_for_ten_seconds(emulator):
    claim = call("POST", f"/v1/functions/{emulator.sum}/claim", {"token": "a-token"})
    emulator.advance(ms=10_000)
    with pytest.raises(SchedulerError, match="403.invalid-state"):
        call("POST", f"/v1/functions/{emulator.sum}/spawn", {"token": "a-token", "instance_id": claim["instance_id"]})
