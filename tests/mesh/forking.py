"""Starts programs of the platform from a process that has imported them, which forks itself for each program: importing
takes most of the time of a start.

Run as a module, this is that process. A test process starts one when it needs it first.
"""

import functools
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from importlib import import_module
from typing import IO, Any

from services import up
from tests.sources import ROOT

# A request is its length in this many bytes, then JSON; three files come with it.
LENGTH_BYTES = 4
CODE_BYTES_MAX = 8


class Program:
    """A running program, with the part of subprocess.Popen that tests use. stdout: its output, as text."""

    def __init__(self, pid: int, stdout: IO[str], status: int) -> None:
        """status: a file from which the exit code can be read once the program has ended."""
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Returns the exit code; None if the program still runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float) -> int:
        """Waits for the end and returns the exit code; that of a killed program is negative. Raises TimeoutExpired.

        timeout: in seconds.
        """
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self.returncode = int(os.read(self._status, CODE_BYTES_MAX))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, if the program still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills the program with SIGKILL, if it still runs."""
        self.send_signal(signal.SIGKILL)


class Forker:
    """The process that forks, as seen from the tests."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.mesh.forking", str(theirs.fileno())]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
        # In a session of its own, Ctrl-C does not reach it. It ends when the test process does.
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, pass_fds=[theirs.fileno()], start_new_session=True
        )
        theirs.close()

    def start(self, program: str, *arguments: str, environment: dict[str, str], stderr: IO[str]) -> Program:
        """Starts a program of services, such as "up"."""
        request = json.dumps({"program": program, "arguments": arguments, "environment": environment}).encode()
        (told, output), (status, ended) = os.pipe(), os.pipe()
        length = len(request).to_bytes(LENGTH_BYTES)
        socket.send_fds(self._requests, [length], [output, stderr.fileno(), ended])
        self._requests.sendall(request)
        os.close(output)
        os.close(ended)
        return Program(int(self._requests.recv(CODE_BYTES_MAX)), os.fdopen(told), status)


@functools.cache
def forker() -> Forker:
    """The forker of this process."""
    return Forker()


class Forks:
    """The programs that run, each with the file to which its exit code is written."""

    def __init__(self, requests: socket.socket) -> None:
        """requests: the socket to the test process."""
        self._requests = requests
        self._ended: dict[int, int] = {}

    def serve(self) -> str | None:
        """Starts programs until the test process has ended, then kills those that run. In the process of a program, it
        returns the program's name."""
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        while True:
            length, files, _, _ = socket.recv_fds(self._requests, LENGTH_BYTES, 3)
            request = self._requests.recv(int.from_bytes(length), socket.MSG_WAITALL)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            if not request:
                for pid in self._ended:
                    os.kill(pid, signal.SIGKILL)
                return None
            pid = os.fork()
            if pid == 0:
                return self._become(json.loads(request), *files)
            self._ended[pid] = files.pop()
            for file in files:
                os.close(file)
            self._requests.send(str(pid).encode())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])

    def _reap(self) -> None:
        """Writes the exit codes of the programs that have ended."""
        while self._ended:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            ended = self._ended.pop(pid)
            os.write(ended, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(ended)

    def _become(self, request: dict[str, Any], output: int, errors: int, ended: int) -> str:
        """Turns this new process into that of a program. Returns the program's name."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        self._requests.close()
        os.dup2(output, 1)
        os.dup2(errors, 2)
        for file in (output, errors, ended, *self._ended.values()):
            os.close(file)
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv[1:] = request["arguments"]
        return str(request["program"])


def main() -> None:
    """Imports the platform, then forks; runs the program in a forked process."""
    up.wirings()
    gc.collect()
    gc.freeze()  # no collection of a program copies the memory of what was imported
    program = Forks(socket.socket(fileno=int(sys.argv[1]))).serve()
    if program is not None:
        import_module(f"services.{program}").main()


if __name__ == "__main__":
    main()
