# Ends processes, those that hide too.
import os
import time

# Loading `signal` for its name takes longer than all else here.
SIGKILL = 9
SWEEP_SECONDS = 2


def kill(target):
    try:
        os.kill(target, SIGKILL)
    except OSError:
        pass


def sweep(group):
    # Kills what is left of a program: its group, then whoever is an orphan and so came to this
    # process. False: something may be alive.
    kill(-group)
    end = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG) != (0, 0):
                continue
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                for child in file.read().split():
                    kill(int(child))
            time.sleep(0.0005)
        except ChildProcessError:
            return True
        except OSError:
            return False
    return False


def status_error(status):
    if os.WIFSIGNALED(status):
        return f"ended by signal {os.WTERMSIG(status)}".encode()
    return f"ended with exit code {os.WEXITSTATUS(status)}".encode() if status else b""
