# Runs a program that nobody trusts on the tests of a problem, each within its time.
#
# Standard input holds frames: a length of four bytes, the highest first, and as many bytes. The first
# frame is the job, a JSON object; each of the others is the input of one test. A frame for each test
# goes to standard output, with a letter before its length:
#   v  the value that the function returned      e  an error, described      t  out of time
#   o  what the script printed                   x  the same, cut            l  an error before any test
#   p  no test: the rest belongs to another run  h  no test: this harness failed
#
# This process is the supervisor. It reads an input when its test begins and not before, runs the
# program in forked children only, and knows no expected output. It cannot be dumped, which keeps its
# memory and descriptors from its children although they run as the same user. They may kill it, and
# gain nothing by that.
import ctypes
import os
import sys

from harness_candidate import decoder, describe
from harness_frames import read_frame, write_all

PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def restrain():
    libc = ctypes.CDLL(None, use_errno=True)
    # The second lets processes that a program leaves behind come here, where they are killed.
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_CHILD_SUBREAPER, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {option} failed")


def report(kind, body=b""):
    write_all(1, kind + len(body).to_bytes(4, "big") + body)


def main():
    restrain()
    job = decoder()(read_frame(0).decode())
    if job["function"] is None:
        from harness_script import Script as Player
    else:
        from harness_function import Function as Player
    sys.path.pop(0)
    try:
        player = Player(job)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return report(b"l", describe(error))
    room = job["run_output_bytes"]
    for _ in range(job["tests"]):
        kind, body, is_clean = player.run(read_frame(0))
        report(kind, body)
        room -= len(body)
        if kind == b"l" or (kind in (b"e", b"t") and job["stop_at_first_failure"]):
            break
        if room < job["output_bytes"] or not is_clean:
            report(b"p")
            break
    player.close()


try:
    main()
except Exception as error:
    report(b"h", describe(error))
