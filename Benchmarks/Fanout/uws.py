# SPDX-License-Identifier: Apache-2.0
"""uWebSockets, by way of PyPI socketify: what is posted to /publish goes to all at /subscribe.

Usage: uws.py PORT
The frame has the bytes of Weir's. Python is called for each publish, not for each delivery.
"""

import resource
import sys

from socketify import App, CompressOptions, OpCode

TOPIC = "bench"
HEAD = b'{"push":{"channel":"bench","pub":{"data":'
ANSWER = '{"topic":"bench","epoch":"abcdefgh","firstOffset":100000,"lastOffset":100000}'


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    app = App()
    offset = 0

    def publish(response, _request):
        body = bytearray()

        def receive(response, chunk, is_last):
            nonlocal offset
            if chunk:
                body.extend(chunk)
            if not is_last:
                return
            offset += 1
            frame = b'%b%b,"offset":%d}}}' % (HEAD, body, offset)
            app.publish(TOPIC, frame.decode(), OpCode.TEXT)
            response.write_header("Content-Type", "application/json")
            response.end(ANSWER)

        response.on_data(receive)

    app.post("/publish", publish)
    app.ws(
        "/subscribe",
        {
            "compression": CompressOptions.DISABLED,
            "max_backpressure": 16 << 20,
            "idle_timeout": 960,
            "open": lambda socket: socket.subscribe(TOPIC),
            "message": lambda socket, message, opcode: None,
        },
    )
    app.listen(int(sys.argv[1]))
    app.run()


if __name__ == "__main__":
    main()
