# SPDX-License-Identifier: Apache-2.0
"""A `weir serve` process of a test, and the command line beside it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import httpx

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("WEIR_BINARY", REPOSITORY / ".build/debug/weir")).absolute()
START_SECONDS = 20


def wait_until(look, what, seconds=30.0):
    """Returns what `look` returns once it is true; fails with the last thing it returned."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            described = what() if callable(what) else what
            raise AssertionError(f"not within {seconds:g} s: {described} (last seen: {seen!r})")
        time.sleep(0.05)
    return seen


class WeirServer:
    """Owns one server process at a time; only processes it started are ever signalled."""

    def __init__(self, directory, arguments=(), config=None, authority=None, environment=None):
        self.directory = pathlib.Path(directory)
        self.authority = authority
        self.environment = {**os.environ, **(environment or {})}
        self.arguments = ["--no-machine", *arguments]
        if config is not None:
            file = self.directory / "weir.json"
            file.write_text(json.dumps(config))
            self.arguments += ["--config", str(file)]
        if authority:
            certificate, key = authority.issue(self.directory)
            self.arguments += ["--tls-certificate", str(certificate), "--tls-key", str(key)]
        self.client_context = authority.client_context() if authority else None
        self.log = self.directory / "server.log"
        self.port = 0
        self._process = None
        self._cli_processes = []
        self._start()

    @property
    def url(self):
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}"

    @property
    def ws_url(self):
        return f"{'wss' if self.authority else 'ws'}://127.0.0.1:{self.port}/ws"

    @property
    def pid(self):
        return self._process.pid

    def _start(self):
        start = self.log.stat().st_size if self.log.exists() else 0
        self._spawn()
        try:
            self._wait_until_up(start)
        except AssertionError:
            self._end(signal.SIGKILL)
            raise

    def _spawn(self):
        command = [BINARY, "serve", "--port", str(self.port), *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self.environment,
            )

    def _wait_until_up(self, start):
        """Learns the port from what this run wrote to the log, then asks for /healthz."""
        said = wait_until(
            lambda: self._said_address(start), lambda: f"an address in:\n{self.log_text()}", START_SECONDS
        )
        self.port = int(said.group(1))
        wait_until(self._is_healthy, lambda: f"/healthz; log:\n{self.log_text()}", START_SECONDS)

    def _said_address(self, start):
        text = self.log.read_bytes()[start:].decode(errors="replace")
        said = re.search(r"https?://127\.0\.0\.1:(\d+)", text)
        if not said and self._process.poll() is not None:
            raise AssertionError(f"the server ended with {self._process.returncode}:\n{text}")
        return said

    def _is_healthy(self):
        try:
            return httpx.get(f"{self.url}/healthz", verify=self.client_context or True).status_code == 200
        except httpx.TransportError:
            return False

    def log_text(self):
        """The end of what the server wrote."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def restart(self):
        """Kills the server with SIGKILL and starts it again on the same port."""
        self.kill()
        self.start()

    def kill(self):
        """Ends the server as a crash does."""
        self._end(signal.SIGKILL)

    def start(self):
        """Starts a server that has ended again, on the same port."""
        self._start()

    def start_and_kill(self, seconds):
        """Starts a server that has ended, and kills it so soon that it may not be up yet."""
        self._spawn()
        time.sleep(seconds)
        self.kill()

    def terminate(self, seconds=10.0):
        """Sends SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM, seconds)

    def interrupt(self, seconds=10.0):
        """Sends SIGINT; returns the exit status."""
        return self._end(signal.SIGINT, seconds)

    def send_signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds):
        return self._process.wait(seconds)

    def _end(self, number, seconds=10.0):
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(seconds)

    def close(self):
        """Ends what still runs: the command lines, then the server."""
        for process in self._cli_processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    pipe.close()
        try:
            self._end(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            self._end(signal.SIGKILL)

    def cli(self, *arguments, input=None, timeout=60.0):
        """Runs `weir` with the arguments against this server."""
        return run_cli(*arguments, input=input, timeout=timeout, url=self.url, cwd=self.directory)

    def start_cli(self, *arguments):
        """Starts `weir` with the arguments; the test's end ends it."""
        process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.directory,
            env=os.environ | {"WEIR_URL": self.url},
        )
        self._cli_processes.append(process)
        return process

    def rss_bytes(self):
        """Resident memory of the server now."""
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def run_cli(*arguments, input=None, timeout=60.0, url=None, cwd=None):
    """Runs `weir` with the arguments, with WEIR_URL where a URL is given."""
    environment = {name: value for name, value in os.environ.items() if name != "WEIR_URL"}
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        input=input,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        env=environment | ({"WEIR_URL": url} if url else {}),
    )
