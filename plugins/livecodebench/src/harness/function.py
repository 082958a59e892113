# Functions: one process serves test after test, with the state that it keeps. It is given an argument
# list when the result of the one before it is there.
import os
import select
import time

from harness_candidate import become_child, serve_function
from harness_leftovers import status_error, sweep
from harness_prelude import prelude


class OutOfTime(Exception):
    pass


class Function:
    def __init__(self, job):
        self.job, self.pid = job, None
        self.null = os.open(os.devnull, os.O_RDWR)
        # Loads the modules before the first fork.
        exec(prelude(job["source"]), {})

    def run(self, text):
        try:
            if self.pid is None:
                self.start()
                kind, body = self.reply(self.deadline())
                if kind != b"r":
                    return kind, body, self.close()
            deadline = self.deadline()
            self.request(len(text).to_bytes(4, "big") + text, deadline)
            kind, body = self.reply(deadline)
            if kind not in (b"v", b"e"):
                raise ValueError("a reply that is none")
            return kind, body, True
        except OutOfTime:
            return b"t", b"", self.close()
        except (EOFError, OSError, ValueError):
            error = self.ended()
            return b"e", error, self.close()

    def deadline(self):
        return time.monotonic() + self.job["timeout_seconds"]

    def start(self):
        (their_requests, self.requests), (self.replies, their_replies) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                become_child((self.null,) * 3, (their_requests, their_replies), self.job["memory_bytes"])
                serve_function(self.job, their_requests, their_replies)
            finally:
                os._exit(1)
        os.close(their_requests)
        os.close(their_replies)
        os.set_blocking(self.requests, False)

    def ended(self):
        # The channel is closed or spoilt. A process that has ended did so a moment ago.
        for _ in range(50):
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                return status_error(status) or b"ended before it returned"
            time.sleep(0.001)
        return b"the channel for results was closed or written to"

    def wait(self, descriptor, event, deadline):
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0, (deadline - time.monotonic()) * 1000)):
            raise OutOfTime

    def request(self, data, deadline):
        view = memoryview(data)
        while view:
            self.wait(self.requests, select.POLLOUT, deadline)
            view = view[os.write(self.requests, view):]

    def reply(self, deadline):
        length = int.from_bytes(self.read(4, deadline), "big")
        if not 1 <= length <= self.job["output_bytes"]:
            raise ValueError("a reply that is empty or too long")
        body = self.read(length, deadline)
        return body[:1], body[1:]

    def read(self, length, deadline):
        parts = []
        while length:
            self.wait(self.replies, select.POLLIN, deadline)
            part = os.read(self.replies, min(length, 1 << 16))
            if not part:
                raise EOFError("the program ended")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def close(self):
        if self.pid is None:
            return True
        is_clean = sweep(self.pid)
        os.close(self.requests)
        os.close(self.replies)
        self.pid = None
        return is_clean
