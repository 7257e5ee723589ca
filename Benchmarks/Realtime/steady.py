# SPDX-License-Identifier: Apache-2.0
"""Publishes events at a steady rate, each until it is accepted, once.

Usage: steady.py PORT TOPIC RATE
At the end of the input it says how many events were accepted.
"""

import json
import select
import sys
import time

import clients

RETRY_SECONDS, PATIENCE_SECONDS = 0.01, 60


class Publisher:
    """One connection at a time; what was not answered on one is sent again on the next."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def publish(self, topic, number):
        """Returns once the event is accepted; a repeated one is stored once, as its key is the same."""
        data = json.dumps({"n": number, "pad": "x" * 100})
        head = f"POST /v1/topics/{topic}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: n{number}\r\n"
        kind = f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        request = (head + kind + data).encode()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_accepted(request):
            if time.monotonic() > deadline:
                raise SystemExit(f"error: event {number} was not accepted within {PATIENCE_SECONDS} s")
            time.sleep(RETRY_SECONDS)

    def _is_accepted(self, request):
        try:
            if not self.connection:
                self.connection = clients.connect(self.port)
            self.connection.sendall(request)
            answer = clients.read_until(self.connection, b"}")
            if answer.startswith(b"HTTP/1.1 200 "):
                return True
            if b" 503 " not in answer[:20] and b" 409 " not in answer[:20]:
                raise SystemExit(f"error: an event was refused: {answer[-300:]!r}")
        except (OSError, clients.Closed):
            pass  # It is sent again on the next connection.
        self._leave()
        return False

    def _leave(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def main():
    port, topic, rate = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    publisher, began, number = Publisher(port), time.monotonic(), 0
    while not select.select([sys.stdin], [], [], max(0, began + number / rate - time.monotonic()))[0]:
        publisher.publish(topic, number)
        number += 1
    print(number)


if __name__ == "__main__":
    main()
