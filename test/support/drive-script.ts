/**
 * Claims, spawns and releases an instance with nothing but busybox, and prints its ID: what a program beside the
 * functions does, in another language than ours. Takes `URL`, `KEY` and `FUNCTION` from its environment.
 */
export const driveScript = `
set -eu
call() {
  wget -q -O - --header "X-CYCLE-ACCESS-KEY: $KEY" --header 'Content-Type: application/json' \\
    --post-data "$2" "$URL/v1/functions/$FUNCTION/$1"
}
token='"token":"from-beside"'
instance=$(call claim "{$token}" | sed 's/.*"instance_id":"\\([0-9a-f]*\\)".*/\\1/')
call spawn "{$token,\\"instance_id\\":\\"$instance\\"}" >/dev/null
call release "{$token,\\"instance_id\\":\\"$instance\\"}" >/dev/null
echo "released $instance"
`;
