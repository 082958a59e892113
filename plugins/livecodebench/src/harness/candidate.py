# What the children of the supervisor do: run the program.
import atexit
import io
import os
import resource
import sys
import types
from _json import make_scanner

from harness_frames import read_frame, write_all
from harness_plain import to_text
from harness_prelude import prelude

# Calls through C, as those of a cached function, take more of it than the usual 8 MB has.
STACK_BYTES = 96 << 20
ERROR_BYTES = 2000


def decoder():
    # What `json` decodes with, without the modules that come with it. What it is given is known to
    # be JSON, without blanks around it.
    context = types.SimpleNamespace(
        strict=True, object_hook=None, object_pairs_hook=None, parse_float=float, parse_int=int, parse_constant=float)
    scan = make_scanner(context)
    return lambda text: scan(text, 0)[0]


def describe(error):
    try:
        text = repr(error)
    except BaseException:
        text = type(error).__name__
    return text.encode("utf-8", "replace")[:ERROR_BYTES]


def become_child(standard, kept, memory_bytes):
    # Of the supervisor's descriptors nothing is left but `standard`, as 0, 1 and 2, and `kept`.
    os.setpgid(0, 0)
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
    low = 3
    for descriptor in sorted(kept):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1 << 16)
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    soft = STACK_BYTES if hard == resource.RLIM_INFINITY else min(hard, STACK_BYTES)
    resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Unbuffered output, which the supervisor runs with, would cost a call to the kernel for each line.
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout = sys.__stdout__ = io.open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)


def play_script(code, names, errors):
    # Ends as a script does: threads are waited for, functions registered with atexit are called, and
    # what is buffered is written. Only the modules are not taken apart, which takes longer than all else.
    main = types.ModuleType("__main__")
    main.__dict__.update(names)
    sys.modules["__main__"] = main
    sys.argv = ["main.py"]
    try:
        exec(code, main.__dict__)
    except SystemExit:
        pass
    except BaseException as error:
        write_all(errors, describe(error))
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.__stdout__):
        try:
            stream.flush()
        except (AttributeError, ValueError):
            # Replaced, or closed and so flushed before.
            pass
    os._exit(0)


def load_function(source, name):
    module = types.ModuleType("tmp_sol")
    sys.modules["tmp_sol"] = module
    exec(compile(prelude(source) + "\n\n" + source, "main.py", "exec", dont_inherit=True), module.__dict__)
    holder = module.Solution() if "class Solution" in source else module
    return getattr(holder, name)


def call(method, decode, text):
    # Integers of any length may be passed and returned; in between the usual limit holds.
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    arguments = [decode(line) for line in text.split("\n")] if text else []
    sys.set_int_max_str_digits(limit)
    try:
        value = method(*arguments)
    except SystemExit:
        value = None
    sys.set_int_max_str_digits(0)
    answer = to_text(value).encode("ascii")
    sys.set_int_max_str_digits(limit)
    return answer


def serve_function(job, requests, replies):
    decode = decoder()

    def reply(kind, body=b""):
        write_all(replies, (len(body) + 1).to_bytes(4, "big") + kind + body)

    try:
        method = load_function(job["source"], job["function"])
    except BaseException as error:
        return reply(b"l", describe(error))
    reply(b"r")
    while True:
        text = read_frame(requests).decode("utf-8")
        try:
            answer = call(method, decode, text)
        except BaseException as error:
            reply(b"e", describe(error))
        else:
            reply(b"v", answer)
