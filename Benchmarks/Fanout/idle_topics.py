# SPDX-License-Identifier: Apache-2.0
"""What a topic costs in memory that nobody uses."""

import clients
from processes import descriptor_count, resident_bytes, settled_descriptors
from statistic import single

PER_CONNECTION = 128
AT_A_TIME = 500


def names(count):
    return [f"idle.{number:06d}" for number in range(count)]


def publish_to_each(connection, topics):
    """Publishes the event 0 to each topic; requests go in a row, and every one must be answered 200."""
    for start in range(0, len(topics), AT_A_TIME):
        some = topics[start : start + AT_A_TIME]
        connection.sendall(b"".join(clients.publish_request(topic, "0") for topic in some))
        found = b""
        while found.count(b"HTTP/1.1 ") < len(some) or not found.endswith(b"}\n"):
            piece = connection.recv(1 << 16)
            if not piece:
                raise SystemExit(f"error: the server closed the connection after {found[-300:]!r}")
            found += piece
        if found.count(b"HTTP/1.1 200 ") != len(some):
            raise SystemExit(f"error: a publish was refused: {found[-500:]!r}")


def subscribe_to_each(port, topics):
    """Subscribes to each topic from connections that leave again."""
    for start in range(0, len(topics), PER_CONNECTION):
        with clients.connect(port) as connection:
            clients.subscribe(connection, *topics[start : start + PER_CONNECTION])


def idle_topics(bench, _all_servers):
    """100,000 topics of which somebody has left, and as many with an event of one byte."""
    count = 2_000 if bench.is_quick else 100_000
    left = bench.start_weir("weir with topics that were left", maximumTopics=count + 1_000)
    # What the server needs once, for requests and connections, shall not count as a topic's.
    subscribe_to_each(left.port, [f"warm.{number}" for number in range(PER_CONNECTION)])
    descriptors, before = descriptor_count(left.pid), resident_bytes(left.pid)
    subscribe_to_each(left.port, names(count))
    settled_descriptors(left.pid, descriptors)
    each = (resident_bytes(left.pid) - before) / count
    bench.add(single(f"{count:,} topics without an entry: memory of each", "bytes", [each], 512))
    left.stop()

    used = bench.start_weir("weir with topics of an event", maximumTopics=count + 1_000)
    with clients.connect(used.port) as connection:
        publish_to_each(connection, ["warm"] * 2_000)
        sizes = [resident_bytes(used.pid)]
        for _ in range(3):
            publish_to_each(connection, names(count))
            sizes.append(resident_bytes(used.pid))
    first, second, third = ((after - before) / count for before, after in zip(sizes, sizes[1:]))
    words = f"{count:,} topics with an event of one byte: memory of each"
    bench.add(single(words, "bytes", [first]) | {"why": "the topic and its first entry"})
    bench.add(
        single(f"{words}, beyond its entry", "bytes", [first - (second + third) / 2], 512)
        | {"why": f"a second entry takes {second:.0f} bytes, a third {third:.0f}"}
    )
    used.stop()
