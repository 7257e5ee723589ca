# SPDX-License-Identifier: Apache-2.0
"""Made-up requests of a web site for topic `access`, the same for the same seed."""

import datetime
import random

BEGINNING = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
STATUSES = [200, 200, 200, 200, 304, 404, 500]


def made_up_requests(count, seed, disorder_seconds):
    """Returns CloudEvents whose times go on by a second or so, each too early by up to the disorder."""
    chance = random.Random(seed)
    seconds = 0.0
    events = []
    for _ in range(count):
        seconds += chance.random() * 2
        time = BEGINNING + datetime.timedelta(seconds=round(seconds - chance.random() * disorder_seconds, 3))
        events.append(
            {
                "specversion": "1.0",
                "type": "request",
                "time": time.isoformat(),
                "data": {
                    "client": f"10.0.0.{chance.randint(1, 60)}",
                    "path": f"/page/{int(chance.paretovariate(1)) % 40}",
                    "status": chance.choice(STATUSES),
                    "bytes": chance.randint(0, 10_000),
                },
            }
        )
    return events


def newest_time(events):
    return max(datetime.datetime.fromisoformat(event["time"]) for event in events)
