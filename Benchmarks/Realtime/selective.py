# SPDX-License-Identifier: Apache-2.0
"""Subscribers of one topic, each of whom wants the events of one user and reads a topic of his own besides.

Usage: selective.py PORT TOPIC COUNT
User 7's own topic is TOPIC-7. They stay until the input ends.
Says "ready" when all have subscribed, and at the end how many events came to whom they are for, how many
to somebody else, and how many subscribers the server has closed.
"""

import json
import re
import select
import sys

import clients

USER = re.compile(rb'"user":"user-(\d+)"')


def main():
    port, topic, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    poll = select.epoll()
    readers = {}
    for number in range(count):
        connection = clients.connect(port, number)
        only = {"key": "user", "cmp": "eq", "val": f"user-{number}"}
        clients.subscribe(connection, topic, tf=only)
        clients.subscribe_too(connection, 3, f"{topic}-{number}")
        connection.setblocking(False)
        readers[connection.fileno()] = Reader(connection, b"%d" % number)
        poll.register(connection, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print("ready", flush=True)
    closed = 0
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == sys.stdin.fileno():
                right = sum(reader.right for reader in readers.values())
                wrong = sum(reader.wrong for reader in readers.values())
                print(json.dumps({"right": right, "wrong": wrong, "closed": closed}), flush=True)
                return
            if not readers[descriptor].read():
                poll.unregister(descriptor)
                readers[descriptor].connection.close()
                closed += 1


class Reader:
    """One subscriber: it counts, and answers pings, wherever they were cut in two."""

    def __init__(self, connection, number):
        self.connection, self.number = connection, number
        self.right = self.wrong = 0
        self.rest = b""

    def read(self):
        """Reads once; False at the end of the connection."""
        try:
            piece = self.connection.recv(1 << 16)
            if not piece:
                return False
            seen, end = self.rest + piece, 0
            for found in USER.finditer(seen):
                self.right += found[1] == self.number
                self.wrong += found[1] != self.number
                end = found.end()
            if clients.PING in seen:
                self.connection.send(clients.PONG)
                end = max(end, seen.rindex(clients.PING) + len(clients.PING))
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.rest = seen[end:][-len(b'"user":"user-10000"') :]
        return True


if __name__ == "__main__":
    main()
