# Scripts: a process of its own for each test, forked from the supervisor, which has started the
# interpreter and compiled the script once for all.
import _ast as ast
import os
import select
import time

from harness_candidate import ERROR_BYTES, become_child, play_script
from harness_leftovers import status_error, sweep
from harness_prelude import prelude

TICK_MS = 10


class Script:
    def __init__(self, job):
        self.job = job
        self.null = os.open(os.devnull, os.O_RDWR)
        tree = compile(job["source"], "main.py", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        if not tree.body:
            raise SyntaxError("the program is empty")
        self.code = compile(tree, "main.py", "exec", dont_inherit=True)
        self.names = {}
        exec(prelude(job["source"]), self.names)

    def run(self, text):
        deadline = time.monotonic() + self.job["timeout_seconds"]
        (their_input, feed), (output, their_output), (errors, their_errors) = os.pipe(), os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                become_child((their_input, their_output, self.null), (their_errors,), self.job["memory_bytes"])
                play_script(self.code, self.names, their_errors)
            finally:
                os._exit(1)
        for descriptor in (their_input, their_output, their_errors):
            os.close(descriptor)
        talk = Talk(feed, text, {output: self.job["output_bytes"], errors: ERROR_BYTES})
        status = talk.until_exit(pid, deadline)
        is_clean = sweep(pid)
        talk.finish()
        if status is None:
            return b"t", b"", is_clean
        error = bytes(talk.kept[errors]) or status_error(status)
        if error:
            return b"e", error, is_clean
        return b"x" if talk.is_cut else b"o", bytes(talk.kept[output]), is_clean

    def close(self):
        pass


class Talk:
    # Feeds one descriptor and keeps what comes from others, up to a bound for each.

    def __init__(self, feed, text, bounds):
        self.feed, self.left, self.bounds = feed, memoryview(text), bounds
        self.kept = {descriptor: bytearray() for descriptor in bounds}
        self.open = set(bounds)
        self.is_cut = False
        self.poll = select.poll()
        for descriptor in (feed, *bounds):
            os.set_blocking(descriptor, False)
            self.poll.register(descriptor, select.POLLOUT if descriptor == feed else select.POLLIN)
        self.push()

    def end_feed(self):
        if self.feed is not None:
            self.poll.unregister(self.feed)
            os.close(self.feed)
            self.feed = None

    def push(self):
        try:
            if self.left:
                self.left = self.left[os.write(self.feed, self.left):]
        except BlockingIOError:
            return
        except OSError:
            self.left = b""
        if not self.left:
            self.end_feed()

    def pull(self, descriptor):
        # True: there may be more.
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            self.poll.unregister(descriptor)
            self.open.discard(descriptor)
            return False
        kept = self.kept[descriptor]
        room = self.bounds[descriptor] - len(kept)
        self.is_cut = self.is_cut or len(data) > room
        kept += data[:room]
        return True

    def until_exit(self, pid, deadline):
        # The status of `pid`, or None where time is up first.
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            # The end of both streams comes with the end of the process, or a little before it.
            for descriptor, _ in self.poll.poll(min(TICK_MS, left * 1000) if self.open else 0):
                if descriptor == self.feed:
                    self.push()
                else:
                    self.pull(descriptor)
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return status
            if not self.open:
                time.sleep(0.0002)

    def finish(self):
        self.end_feed()
        for descriptor in self.kept:
            # What is left in the pipe, which holds no more than a few of these pieces.
            for _ in range(64):
                if descriptor not in self.open or not self.pull(descriptor):
                    break
            os.close(descriptor)
