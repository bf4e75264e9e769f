#!/usr/bin/env bash
# delm against the server of llama-cpp-python, with a model of random weights. Needs Python 3, curl and a C++ compiler;
# the package is built from source, which takes minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-1}
export CMAKE_ARGS=${CMAKE_ARGS:--DLLAVA_BUILD=OFF}
environment llama_cpp "llama-cpp-python[server]==0.3.36" gguf==0.19.0
python3 "$here/tiny_gguf.py" "$work/tiny.gguf"

serve() {
    port=$(free_port)
    start "$work/llama_cpp.log" "http://127.0.0.1:$port/v1/models" python3 -m llama_cpp.server --host 127.0.0.1 \
        --port "$port" --model "$work/tiny.gguf" --model_alias tiny --chat_format chatml --n_threads 1 --n_ctx "$1"
}

run=("$delm" run "What must each copy keep?" "$here/notice.md" --agents 2)
serve 65536
check "a model that talks nonsense" --expect answered -- "${run[@]}" --model "http://127.0.0.1:$port/v1#tiny"
serve 512
check "a context that is too small" --expect failure -- "${run[@]}" --model "http://127.0.0.1:$port/v1#tiny"
exit "$failures"
