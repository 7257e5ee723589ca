# SPDX-License-Identifier: Apache-2.0
"""A server of a benchmark: how it is started, what it speaks, and how it ends."""

import json
import pathlib
import socket
import subprocess
import time


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server of one kind, on a port of its own, until it is stopped."""

    def __init__(self, name, command, dialect="raw", port=None, has_worker=False):
        self.name, self.dialect, self.port = name, dialect, port or free_port()
        self.has_worker = has_worker
        words = [word.replace("@PORT@", str(self.port)) for word in command]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError as error:
                if self.process.poll() is not None:
                    raise SystemExit(f"error: {self.name} ended with {self.process.returncode}") from error
                if time.monotonic() > deadline:
                    raise SystemExit(f"error: {self.name} does not listen after 20 s") from error
                time.sleep(0.05)

    @property
    def pid(self):
        """The process that does the work: nginx's only worker, else the server itself."""
        if not self.has_worker:
            return self.process.pid
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        deadline = time.monotonic() + 20
        while not (found := children.read_text().split()):
            if time.monotonic() > deadline:
                raise SystemExit(f"error: {self.name} has no worker after 20 s")
            time.sleep(0.05)
        return int(found[0])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_weir(program, directory, name="weir", loops=1, prefix=(), **configuration):
    """Starts a Weir; `prefix` is a program that runs it, with its options."""
    port = free_port()
    settings = {"port": port, "machine": False, "loops": loops, **configuration}
    path = pathlib.Path(directory, f"{name.replace(' ', '-')}.json")
    path.write_text(json.dumps(settings))
    return Server(name, [*prefix, program, "serve", "--config", str(path)], "weir", port)
