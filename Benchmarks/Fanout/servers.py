# SPDX-License-Identifier: Apache-2.0
"""The servers that stand beside each other: how each is started, and what it speaks."""

import json
import pathlib
import resource
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).parent
MODULE_PLACES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def nchan_modules():
    """Where nginx's modules lie, if nchan is among them; else None."""
    for place in MODULE_PLACES:
        if pathlib.Path(place, "ngx_nchan_module.so").exists():
            return place
    return None


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


def start_weir(program, directory, name="weir", loops=1, **configuration):
    port = free_port()
    settings = {"port": port, "machine": False, "loops": loops, **configuration}
    path = pathlib.Path(directory, f"{name.replace(' ', '-')}.json")
    path.write_text(json.dumps(settings))
    return Server(name, [program, "serve", "--config", str(path)], "weir", port)


def start_limit(program, coalesces=False):
    name = "C, coalescing" if coalesces else "C, one send each"
    return Server(name, [program, "@PORT@"] + ["coalesce"] * coalesces)


def start_uws(python):
    return Server("uWebSockets", [python, str(HERE / "uws.py"), "@PORT@"])


def start_nio(program):
    return Server("SwiftNIO", [program, "@PORT@"])


def start_nchan(directory):
    port = free_port()
    text = (HERE / "nginx.conf.template").read_text()
    files = str(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    replacements = {
        "@MODULES@": nchan_modules(), "@DIRECTORY@": str(directory), "@PORT@": str(port), "@FILES@": files,
    }  # fmt: skip
    for word, value in replacements.items():
        text = text.replace(word, value)
    path = pathlib.Path(directory, "nginx.conf")
    path.write_text(text)
    return Server("nchan", ["nginx", "-c", str(path)], "nchan", port, has_worker=True)
