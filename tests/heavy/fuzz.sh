#!/usr/bin/env bash
# schemathesis, all checks, at least 5,000 requests, against the mock under each set of rules.
# Called by `make fuzz`, which gives the folder of the programs.
set -euo pipefail
bin=$1
"$bin/python" -m pip --disable-pip-version-check --quiet install "schemathesis>=4.32"
for rules in documented observed; do
  ready=$(mktemp)
  "$bin/toplyne-sandbox" serve --port 0 --json --rules "$rules" --token "fuzz=fuzz-token-0001" >"$ready" &
  server=$!
  trap 'kill $server 2>/dev/null || true' EXIT
  until [ -s "$ready" ]; do sleep 0.1; done
  url=$("$bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$ready")
  echo "== rules: $rules"
  "$bin/schemathesis" run "$url/_sandbox/openapi.json" --url "$url" --checks all \
    --max-examples "${EXAMPLES:-1000}" --seed "${SEED:-1}" \
    -H "Authorization: Bearer fuzz-token-0001"
  "$bin/schemathesis" run "$url/_sandbox/control.json" --url "$url" --checks all \
    --exclude-path /_sandbox/live --max-examples 20 --seed "${SEED:-1}" \
    -H "Authorization: Bearer fuzz-token-0001"
  kill "$server"
done
