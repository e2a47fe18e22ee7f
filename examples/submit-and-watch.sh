#!/usr/bin/env bash
# Submits a task, prints what happens, and ends with the task's result. Needs curl and jq.
#
#   CLAUDE_WORKER_SERVER_URL=http://127.0.0.1:8000 CLAUDE_WORKER_TOKEN=… ./submit-and-watch.sh /path/to/project "Fix the failing test"
set -euo pipefail

api="${CLAUDE_WORKER_SERVER_URL:-http://127.0.0.1:8000}/api/v1"
authorization="Authorization: Bearer ${CLAUDE_WORKER_TOKEN:?Make a token: claude-worker token create NAME}"

body=$(jq -n --arg directory "$1" --arg prompt "$2" '{prompt: $prompt, working_directory: $directory, labels: {from: "example"}}')
id=$(curl -sS --fail-with-body "$api/tasks" -H "$authorization" -H "Content-Type: application/json" -H "Idempotency-Key: example-$$-$RANDOM" -d "$body" | jq .id)
echo "task $id"

# The stream ends by itself when the task has ended.
curl -sSN "$api/tasks/$id/events" -H "$authorization" -H "Accept: text/event-stream" |
  while read -r field value; do
    if [ "$field" = "data:" ]; then jq -r '.summary[]? // empty' <<<"$value"; fi
  done

task=$(curl -sS "$api/tasks/$id" -H "$authorization")
jq -r '"\(.status): \(.result // .error.message // "")"' <<<"$task"
[ "$(jq -r .status <<<"$task")" = completed ]
