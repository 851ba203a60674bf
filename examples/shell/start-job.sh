# The program under test: starts jobs on a function of its environment.

# The answer to a request with this body.
call() {
  curl -sS "${CYCLE_SCHEDULER_URL:-http://env-scheduler}$1" -d "$2" \
    -H "X-CYCLE-ACCESS-KEY: $CYCLE_ACCESS_KEY" -H 'Content-Type: application/json'
}

# The first text of this name in an answer.
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }

# Claims an instance of the function and starts it with these variables, as JSON; prints its ID.
start_job() {
  TOKEN=job-$$-$(date +%s)
  CLAIMED=$(call "/v1/functions/$1/claim" "{\"token\":\"$TOKEN\"}" | field instance_id)
  [ -n "$CLAIMED" ] || { echo 'no capacity' >&2 && return 1; }
  call "/v1/functions/$1/spawn" "{\"token\":\"$TOKEN\",\"instance_id\":\"$CLAIMED\",
    \"runtime_variables\":{\"environment_variables\":$2}}" >spawned.json
  echo "$CLAIMED"
}
