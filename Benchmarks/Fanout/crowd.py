# SPDX-License-Identifier: Apache-2.0
"""Subscribers that throw away what they get; they stay until the input ends.

Usage: crowd.py PORT TOPIC COUNT
Says "ready" when all have subscribed, and at the end how many the server has closed.
"""

import select
import sys

import clients


def main():
    port, topic, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    poll = select.epoll()
    crowd, ends = {}, {}
    for number in range(count):
        connection = clients.connect(port, number)
        clients.subscribe(connection, topic, data={"gaps": True})
        connection.setblocking(False)
        crowd[connection.fileno()], ends[connection.fileno()] = connection, b""
        poll.register(connection, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print("ready", flush=True)
    closed = 0
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == sys.stdin.fileno():
                print(closed, flush=True)
                return
            if not take(crowd[descriptor], ends):
                poll.unregister(descriptor)
                crowd.pop(descriptor).close()
                closed += 1


def take(connection, ends):
    """Reads once; answers a ping, wherever it was cut in two; False at the end of the connection."""
    try:
        piece = connection.recv(1 << 18)
        if not piece:
            return False
        seen = ends[connection.fileno()] + piece
        if clients.PING in seen:
            connection.send(clients.PONG)
            seen = b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    ends[connection.fileno()] = seen[1 - len(clients.PING) :]
    return True


if __name__ == "__main__":
    main()
