# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks that checks every request with the library of Standard Webhooks."""

import http.server
import threading

from standardwebhooks import Webhook

from support.process import wait_until


class Receiver:
    """Listens on loopback; answers with `status`, and keeps what came with a signature that holds."""

    def __init__(self):
        self.status = 204
        self.key = None
        self.messages = []
        self.refused = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # a server that was killed has not sent it
                    return
                receiver.take(dict(self.headers), body)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, headers, body):
        headers = {name.lower(): value for name, value in headers.items()}
        try:
            event = Webhook(self.key).verify(body, headers)
        except Exception as error:  # whatever the library does not accept is what the test is about
            self.refused.append(error)
        else:
            self.messages.append((headers["webhook-id"], event))

    def wait_for(self, count):
        wait_until(lambda: len(self.messages) >= count, lambda: f"{count} events; {self.refused}")
        return self.messages

    def close(self):
        self._server.shutdown()
        self._server.server_close()
