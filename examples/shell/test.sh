# Tests of start-job.sh, for: cycle-scheduler exec stack.yaml -- sh test.sh
set -eu
. ./start-job.sh
control() { call "/_emulator/$1" "${2:-}"; }

check() { # what, expected, actual
  [ "$2" = "$3" ] && echo "ok - $1" && return
  echo "not ok - $1: expected '$2', got '$3'"
  exit 1
}

INSTANCE=$(start_job "$CYCLE_FUNCTION_SUM" '{"NUMBERS":"1 2 3"}')
OUTPUT=$(curl -sS -H "X-CYCLE-ACCESS-KEY: $CYCLE_ACCESS_KEY" \
  "$CYCLE_SCHEDULER_URL/_emulator/instances/$INSTANCE/logs?follow=true") # waits for the end of the run
check 'a job gets its input' 'sum 6' "$OUTPUT"

control faults '{"match":{"operation":"claim"},"effect":{"type":"error","code":"504.not-available"}}' >fault.json
check 'no capacity is said' 'no capacity' "$(start_job "$CYCLE_FUNCTION_SUM" '{}' 2>&1 || true)"
control reset >state.json

INSTANCE=$(call "/v1/functions/$CYCLE_FUNCTION_SUM/claim" '{"token":"a-token"}' | field instance_id)
control clock/advance '{"ms":10000}' >clock.json
CODE=$(call "/v1/functions/$CYCLE_FUNCTION_SUM/spawn" "{\"token\":\"a-token\",\"instance_id\":\"$INSTANCE\"}" | field code)
check 'a claim that is not used for ten seconds is lost' 403.invalid-state "$CODE"
