#!/usr/bin/env bash
# delm against the LiteLLM proxy with mock replies, on its OpenAI endpoint and on its Anthropic one. Needs Python 3 and
# curl.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

environment litellm "litellm[proxy]==1.106.2"
# The proxy does not start without a key of its own; this one lives as long as the script.
key=sk-interop-$(python3 -c 'import secrets; print(secrets.token_hex(16))')
port=$(free_port)
base=http://127.0.0.1:$port/v1
# Prices come with the package; else it would fetch them.
LITELLM_MASTER_KEY=$key RELAY_BASE=$base LITELLM_LOCAL_MODEL_COST_MAP=True start "$work/litellm.log" \
    "http://127.0.0.1:$port/health/liveliness" litellm --config "$here/litellm.yaml" --host 127.0.0.1 --port "$port" --telemetry False

run=("$delm" run "What must each copy keep?" "$here/notice.md" --agents 2 --base-url "$base" --model)
export OPENAI_API_KEY=$key ANTHROPIC_API_KEY=$key
check "openai, mock" --expect answered --usage -- "${run[@]}" openai:agrees
check "anthropic, mock" --expect answered --usage --whole -- "${run[@]}" anthropic:agrees
check "anthropic, relayed" --expect answered --usage -- "${run[@]}" anthropic:relayed
for wire in openai anthropic; do
    check "$wire, a request that is too long" --expect failure -- "${run[@]}" "$wire:too-long"
    check "$wire, no such model" --expect failure -- "${run[@]}" "$wire:nobody"
done
exit "$failures"
