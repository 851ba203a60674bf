"""The program under test: it starts jobs on a function of its environment."""

import json
import os
import urllib.error
import urllib.request
import uuid


class SchedulerError(Exception):
    """Its argument is the code of the scheduler's answer."""


def start_job(function_id, **variables):
    """Claims an instance and starts it with these variables; answers its ID."""
    token = str(uuid.uuid4())
    path = f"/v1/functions/{function_id}"
    instance_id = call("POST", f"{path}/claim", {"token": token})["instance_id"]
    runtime_variables = {"environment_variables": variables}
    call("POST", f"{path}/spawn", {"token": token, "instance_id": instance_id, "runtime_variables": runtime_variables})
    return instance_id


def call(method, path, body=None):
    request = urllib.request.Request(
        os.environ.get("CYCLE_SCHEDULER_URL", "http://env-scheduler") + path,
        method=method,
        data=json.dumps(body).encode(),
        headers={"X-CYCLE-ACCESS-KEY": os.environ["CYCLE_ACCESS_KEY"], "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)["data"]
    except urllib.error.HTTPError as error:
        raise SchedulerError(json.load(error)["error"]["code"]) from error
