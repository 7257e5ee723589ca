# SPDX-License-Identifier: Apache-2.0
"""The access log's facts, worked out here a second time, without the engine."""

import collections
import datetime
import re
import typing

WINDOW_MS = 10_000
LINE = re.compile(r'(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) (\d+|-)')

STATUS_COUNTS = {200: 9126, 304: 445, 404: 213, 301: 164, 206: 45, 500: 3, 403: 2, 416: 2}
TOTAL_BYTES = 2_747_282_740
TOP_PATHS = [("/favicon.ico", 807), ("/style2.css", 546), ("/reset.css", 538)]


class Request(typing.NamedTuple):
    client: str
    milliseconds: int
    path: str
    status: int
    bytes: int


def milliseconds(value):
    """Reads an instant: milliseconds since 1970, or RFC 3339 text."""
    if isinstance(value, (int, float)):
        return int(value)
    return round(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() * 1000)


def read_requests(path):
    """Returns every request of the log, in the order of its lines."""
    requests = []
    for line in path.read_text(encoding="utf-8").splitlines():
        client, time, _, target, status, size = LINE.match(line).groups()
        at = datetime.datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z").timestamp() * 1000
        requests.append(Request(client, round(at), target, int(status), int(size.replace("-", "0"))))
    return requests


def window_start(request):
    return request.milliseconds // WINDOW_MS * WINDOW_MS


def accepted_requests(requests, bound_ms):
    """Those that are not late when the watermark trails the newest by the bound (lateness 0)."""
    accepted, watermark = [], None
    for request in requests:
        if watermark is None or watermark < window_start(request) + WINDOW_MS:
            accepted.append(request)
        watermark = max(watermark or 0, request.milliseconds - bound_ms)
    return accepted


def rate_by_window(requests):
    """Returns start → {count, bytes, byStatus}, for each window with a request."""
    windows = {}
    for request in requests:
        window = windows.setdefault(
            window_start(request), {"count": 0, "bytes": 0, "byStatus": collections.Counter()}
        )
        window["count"] += 1
        window["bytes"] += request.bytes
        window["byStatus"][str(request.status)] += 1
    return {start: window | {"byStatus": dict(window["byStatus"])} for start, window in windows.items()}


def between(requests, start, end):
    """The requests in [start, end)."""
    return [request for request in requests if start <= request.milliseconds < end]
