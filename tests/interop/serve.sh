# For the scripts beside this: an environment for Python packages, a server that ends with the script, and delm itself.
# Sourced, not run. Everything listens on 127.0.0.1 alone, and nothing needs a key.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${INTEROP_DIR:-$here/../../target/interop}
delm=${DELM:-$here/../../target/debug/delm}
mkdir -p "$work"
[[ -x $delm ]] || { echo "build delm first: cargo build" >&2; exit 2; }
# A key or a setting of the user's own must not come in.
unset OPENAI_API_KEY ANTHROPIC_API_KEY DELM_MODEL DELM_BASE_URL DELM_CONFIG
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

server=
trap '[[ -z $server ]] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true' EXIT

# environment NAME PACKAGE...: makes or takes the environment and puts its programs first in PATH.
environment() {
    local folder=$work/$1
    shift
    [[ -x $folder/bin/python ]] || python3 -m venv "$folder"
    [[ -e $folder/installed ]] || { "$folder/bin/pip" install --quiet "$@" && touch "$folder/installed"; }
    PATH=$folder/bin:$PATH
}

# free_port: a port of 127.0.0.1 that nobody listens on.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start LOG ADDRESS COMMAND...: starts the server and waits until ADDRESS answers; ends the one before.
start() {
    local log=$1 address=$2 tries
    shift 2
    [[ -z $server ]] || { kill "$server"; wait "$server" || true; }
    "$@" >"$log" 2>&1 &
    server=$!
    for ((tries = 0; tries < 120; tries++)); do
        curl --silent --fail --max-time 2 --output /dev/null "$address" && return
        kill -0 "$server" 2>/dev/null || break
        sleep 1
    done
    tail -n 20 "$log" >&2
    echo "the server did not come up; its log is $log" >&2
    exit 1
}

# check WHAT ARGUMENTS...: says what is tried and tries it; the script goes on and fails at its end.
failures=0
check() {
    echo "== $1"
    shift
    python3 "$here/check.py" "$@" || failures=$((failures + 1))
}
