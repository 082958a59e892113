# Judges outputs with an instance's evaluator. Reads one JSON object from standard input,
#   {"evaluator": source, "pairs": [[expected, output], ...]},
# and writes one JSON value to a line: "ready" or {"bad": reason}, then for each pair in order
# {"verdict": true | false}, {"raised": reason} or "timeout" (which ends the run), or "pause" where
# time is up and the pairs that remain belong to another run.
import faulthandler
import inspect
import io
import json
import os
import signal
import sys
import time
import types

CALL_SECONDS = 10
STUCK_SECONDS = 13
RUN_SECONDS = 30

job = json.loads(sys.stdin.buffer.read().decode("utf-8"))
channel, errors = os.dup(1), os.dup(2)


def emit(value):
    line = (json.dumps(value) + "\n").encode("ascii")
    while line:
        line = line[os.write(channel, line):]


def on_alarm(_number, _frame):
    # Not an exception: an evaluator could catch it.
    emit("timeout")
    os._exit(0)


def silence():
    # Nothing that the evaluator prints reaches the channel; nothing of the job is left to read.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdin = io.StringIO()
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="replace")


def reason(error):
    text = str(error)
    return (type(error).__name__ + (": " + text if text else ""))[:1000]


def timed(call):
    # The alarm stops Python code; the watchdog also stops code of extensions.
    faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True, file=errors)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, CALL_SECONDS)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def load(source):
    module = types.ModuleType("evaluator")
    sys.modules["evaluator"] = module
    exec(compile(source, "evaluator.py", "exec"), module.__dict__)
    return module.__dict__.get("evaluate")


def caller(evaluate):
    # A function that calls `evaluate` with its arguments where they belong.
    try:
        parameters = list(inspect.signature(evaluate).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]

    def named(exact, starts):
        matching = [name for name in names if name.startswith(starts)]
        return exact if exact in names else matching[0] if matching else None

    expected_name = named("expected_output", ("expected",))
    output_name = named("program_output", ("program", "actual", "output"))
    if expected_name and output_name:
        return lambda expected, output: evaluate(**{expected_name: expected, output_name: output})
    return lambda expected, output: evaluate(output, expected)


def judge(call, expected, output):
    try:
        return {"verdict": bool(timed(lambda: bool(call(expected, output))))}
    except BaseException as error:
        return {"raised": reason(error)}


def main():
    silence()
    try:
        evaluate = timed(lambda: load(job["evaluator"]))
    except BaseException as error:
        return emit({"bad": "it cannot be loaded: " + reason(error)})
    if not callable(evaluate):
        return emit({"bad": "it does not define a function `evaluate`"})
    emit("ready")
    call = caller(evaluate)
    start = time.monotonic()
    for expected, output in job["pairs"]:
        if time.monotonic() - start > RUN_SECONDS:
            return emit("pause")
        emit(judge(call, expected, output))


main()
os._exit(0)
