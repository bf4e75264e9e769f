"""Does one run against a server and looks at what it left: the exit code, the lines of --json, and every call in the
run file with its recorded request, reply, usage and pieces; and whether the key of the environment got into any of it.
Prints a line a call; ends with 1 when something is wrong.

check.py --expect answered|failure [--usage] [--whole] -- delm run QUESTION PATH... FLAGS...
"""

import argparse
import collections
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

MINUTES = 10
KEYS = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--expect", choices=["answered", "failure"], required=True)
    parser.add_argument("--usage", action="store_true", help="every call with a reply has its tokens counted")
    parser.add_argument("--whole", action="store_true", help="the server does not stream, and answers with one object")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def blob(db, name):
    row = db.execute("SELECT bytes FROM bodies WHERE id = ?", (bytes.fromhex(name),)).fetchone()
    return row and bytes(row[0])


def look_at(db, call, given):
    """What is to be said of one call, and what is wrong with it."""
    wrong = []
    request = json.loads(blob(db, call["request"]) or b"null")
    if not request or not (request.get("messages") or request.get("input")):
        wrong.append("the request was not recorded")
    said = f"{call['kind']:14} {call['elapsed_ms']:6} ms"
    if call.get("error"):
        return f"{said}  {call['error']}", wrong
    if request.get("stream") is not True:
        wrong.append("the recorded request is not the one that was sent")
    reply = blob(db, call["reply"]) or b""
    events = (b"\n" + reply).count(b"\ndata:")
    if given.whole != (events == 0 and reply.startswith(b"{")):
        wrong.append("the recorded reply is " + ("a stream" if given.whole else "no stream of events"))
    trace = json.loads(blob(db, call["trace"]))
    usage = call["usage"]
    counted = usage.get("estimated_tokens", 0) == 0 and usage["input_tokens"] > 0 and usage["output_tokens"] > 0
    if given.usage and not counted:
        wrong.append(f"its usage was not counted: {usage}")
    pieces = len(trace["pieces"])
    if not trace["text"].strip() or pieces == 0:
        wrong.append("it streamed no text")
    tokens = f"{usage['input_tokens']} in, {usage['output_tokens']} out" + ("" if counted else " (estimated)")
    return f"{said}  {tokens}; {events} events, {pieces} pieces, {len(trace['text'])} characters", wrong


def main():
    given = arguments()
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        command = [*given.command, "--headless", "--json", "--gate", "auto", "--run-dir", folder]
        run = subprocess.run(command, capture_output=True, timeout=MINUTES * 60, text=True, check=False)
        result = json.loads(run.stdout.splitlines()[-1]) if run.stdout else {}
        files = list(pathlib.Path(folder).glob("*.delm"))
        if len(files) != 1:
            sys.exit(f"there is no run file to look at\n{run.stderr}")
        db = sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True)
        facts = [json.loads(fact) for (fact,) in db.execute("SELECT fact FROM events ORDER BY seq")]
        calls = [fact["call"] for fact in facts if fact["type"] == "call_finished"]
        started = sum(fact["type"] == "call_started" for fact in facts)
        for call in calls:
            said, wrong = look_at(db, call, given)
            print("  " + said)
            problems += [f"{call['kind']}: {one}" for one in wrong]
        db.close()
        left = [file.read_bytes() for file in pathlib.Path(folder).rglob("*") if file.is_file()]
        keys = [os.environ[name].encode() for name in KEYS if name in os.environ]
        if any(key in text for key in keys for text in [*left, run.stdout.encode(), run.stderr.encode()]):
            problems.append("the key came out")
    failed = [call for call in calls if call.get("error")]
    kinds = collections.Counter(call["kind"] for call in calls)
    print("  calls:", ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    print("  standard error:", run.stderr.strip() or "nothing")
    print(f"  exit code {run.returncode}, state {result.get('state')!r}, usage {result.get('usage')}")
    print(f"  answer: {(result.get('answer') or 'none')[:160]!r}")
    if not calls or started != len(calls):
        problems.append(f"{started} calls were started and {len(calls)} came back")
    if result.get("type") != "result":
        problems.append("the last line of --json is no result")
    if given.expect == "answered" and (run.returncode, result.get("state")) != (0, "answered"):
        problems.append("it was to be answered")
    if given.expect == "failure" and (run.returncode == 0 or not run.stderr.strip() or not failed):
        problems.append("it was to fail and to say why")
    for problem in problems:
        print("  WRONG:", problem)
    sys.exit(bool(problems))


main()
