# SPDX-License-Identifier: Apache-2.0
"""nginx as a proxy in front of one or more servers, with a directory of its own."""

import pathlib
import socket
import subprocess

from support.process import wait_until
from support.tools import tool

# One process and no workers: a worker of root's nginx would be another user, whom the directory
# of a test keeps out. Buffering is left as nginx has it, so that what the server says counts.
SETTINGS = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  map $http_upgrade $connection_to_server { default upgrade; "" ""; }
  upstream weir {
    %(servers)s
    keepalive 8;
  }
  server {
    listen 127.0.0.1:%(port)d;
    client_max_body_size 0;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Connection $connection_to_server;
    proxy_set_header Upgrade $http_upgrade;
    location / { proxy_pass http://weir; }
    location /streamed/ {
      proxy_request_buffering off;
      proxy_pass http://weir/;
    }
  }
}
"""


class Nginx:
    """One nginx process until it is closed; `servers` are those it leads to, in turns."""

    def __init__(self, directory, servers):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.log = self.directory / "error.log"
        self.port = free_port()
        upstreams = "\n    ".join(f"server 127.0.0.1:{server.port};" for server in servers)
        settings = self.directory / "nginx.conf"
        settings.write_text(SETTINGS % {"servers": upstreams, "port": self.port})
        self._process = subprocess.Popen(
            [tool("nginx", "nginx-light"), "-p", self.directory, "-e", self.log, "-c", settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(self._listens, lambda: f"nginx listens:\n{self.log_text()}", 20)
        except AssertionError:
            self.close()
            raise

    # As the readers of support/readers.py want a server.
    client_context = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    def _listens(self):
        assert self._process.poll() is None, f"nginx ended:\n{self.log_text()}"
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port():
    """A port that nobody listens on now; nginx can't choose one and say which."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
