import os
import urllib.request

import pytest
from start_job import call


class Emulator:
    """What tests do with the emulator beside the program: its control API."""

    def __init__(self):
        self.sum = os.environ["CYCLE_FUNCTION_SUM"]

    def output_of(self, instance_id):
        """Waits for the end of the run."""
        url = f"{os.environ['CYCLE_SCHEDULER_URL']}/_emulator/instances/{instance_id}/logs?follow=true"
        request = urllib.request.Request(url, headers={"X-CYCLE-ACCESS-KEY": os.environ["CYCLE_ACCESS_KEY"]})
        with urllib.request.urlopen(request) as response:
            return response.read().decode()

    def fails(self, operation, code):
        call("POST", "/_emulator/faults", {"match": {"operation": operation}, "effect": {"type": "error", "code": code}})

    def advance(self, ms):
        call("POST", "/_emulator/clock/advance", {"ms": ms})


@pytest.fixture
def emulator():
    yield Emulator()
    call("POST", "/_emulator/reset")
