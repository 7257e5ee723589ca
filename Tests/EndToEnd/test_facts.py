# SPDX-License-Identifier: Apache-2.0
"""A real access log, ingested at full speed: every figure is exact."""

import collections

import pytest

from support import facts
from support.api import API, output_of
from support.compare import assert_same_table
from support.process import WeirServer, wait_until


class Run:
    """One server that has taken the whole access log."""

    def __init__(self, server, log):
        self.api = API(server.url)
        self.requests = facts.read_requests(log)
        self.summary = output_of(
            server.cli(
                "ingest", log, "--format", "combined", "--topic", "access", "--speed", "max", "--json",
                timeout=300,
            )
        )  # fmt: skip

    def events(self, output, is_complete):
        """Returns the data of every event of a pipeline's output, once it is complete."""
        self.api.wait_for_input(output, 10_000, 120)
        self.seen = []

        def look():
            self.seen = [event["data"] for event in self.api.history(output)]
            return self.seen if is_complete(self.seen) else None

        return wait_until(look, lambda: f"all of {output}: {len(self.seen)} events, last {self.seen[-1:]}")

    def rate(self, count):
        """Returns start → the last firing of each window, once they count so many requests."""
        firings = self.events(
            "requests.rate", lambda seen: sum(w["count"] for w in newest(seen).values()) >= count
        )
        return newest(firings)


def newest(firings):
    """Keeps the highest revision of each window."""
    windows = {}
    for firing in firings:
        start = facts.milliseconds(firing["start"])
        if start not in windows or firing["revision"] > windows[start]["revision"]:
            windows[start] = firing
    return windows


def assert_windows_equal(found, requests):
    """Each window's count, bytes and counts by status equal those worked out from the log."""
    keys = ("count", "bytes", "byStatus")
    assert_same_table(
        {start: {key: window[key] for key in keys} for start, window in found.items()},
        facts.rate_by_window(requests),
        "windows of 10 s",
    )


def bound(duration):
    return {"pipelines": {"watermarkBound": duration, "lateness": "0s"}}


@pytest.fixture(scope="module")
def run(access_log, tmp_path_factory):
    """The log with the bound that makes nothing late; one server for the tests below."""
    server = WeirServer(tmp_path_factory.mktemp("facts"), config=bound("59s"))
    try:
        yield Run(server, access_log)
    finally:
        server.close()


def test_the_independent_figures_agree_with_the_published_ones(access_log):
    requests = facts.read_requests(access_log)
    assert len(requests) == 10_000
    assert collections.Counter(r.status for r in requests) == facts.STATUS_COUNTS
    assert sum(r.bytes for r in requests) == facts.TOTAL_BYTES
    assert len(facts.rate_by_window(requests)) == 504
    assert len(facts.accepted_requests(requests, 59_000)) == 10_000
    assert len(facts.accepted_requests(requests, 30_000)) == 10_000 - 3136


def test_every_line_is_accepted(run):
    found = {key: run.summary[key] for key in ("lines", "accepted", "refused", "topic")}
    assert found == {"lines": 10_000, "accepted": 10_000, "refused": 0, "topic": "access"}
    events = run.api.history("access")
    assert [event["offset"] for event in events] == list(range(1, 10_001))


def test_the_events_hold_what_the_lines_say(run):
    events = run.api.history("access")
    for position, (event, request) in enumerate(zip(events, run.requests)):
        data = event["data"]
        found = facts.Request(
            data["client"], facts.milliseconds(event["time"]), data["path"], data["status"], data["bytes"]
        )
        assert found == request, f"line {position + 1}"
    assert {event["type"] for event in events} == {"request"}
    assert events[0]["time"].startswith("2015-05-17T10:05:03")


def test_504_windows_hold_every_request_and_none_is_late(run):
    windows = run.rate(10_000)
    assert len(windows) == 504
    assert_windows_equal(windows, run.requests)
    assert run.api.pipeline("requests.rate")["counters"]["late"] == 0


def test_counts_by_status_and_bytes_are_exact(run):
    by_status = collections.Counter()
    windows = run.rate(10_000).values()
    for window in windows:
        by_status.update({int(status): n for status, n in window["byStatus"].items()})
    assert_same_table(dict(by_status), facts.STATUS_COUNTS, "requests by status")
    assert sum(window["bytes"] for window in windows) == facts.TOTAL_BYTES


def test_1753_clients_are_distinct(run):
    events = run.events("requests.visitors", lambda seen: seen and seen[-1]["total"] >= 1753)
    assert events[-1]["total"] == 1753
    for event in events:
        start, end = facts.milliseconds(event["start"]), facts.milliseconds(event["end"])
        clients = {request.client for request in facts.between(run.requests, start, end)}
        assert event["distinct"] == len(clients), f"clients in [{event['start']}, {event['end']})"


def test_top_paths_are_exact(run):
    events = run.events("requests.top", lambda seen: seen and seen[-1]["total"]["count"] >= 10_000)
    total = events[-1]["total"]
    assert total["count"] == 10_000
    assert [(entry["path"], entry["count"]) for entry in total["top"][:3]] == facts.TOP_PATHS
    for event in events:
        start, end = facts.milliseconds(event["start"]), facts.milliseconds(event["end"])
        counts = collections.Counter(r.path for r in facts.between(run.requests, start, end))
        best = [count for _, count in counts.most_common(len(event["top"]))]
        where = f"paths in [{event['start']}, {event['end']})"
        assert [entry["count"] for entry in event["top"]] == best, where
        assert all(counts[entry["path"]] == entry["count"] for entry in event["top"]), where


def test_a_bound_of_30_seconds_makes_3136_late(access_log, start_server):
    run = Run(start_server(config=bound("30s")), access_log)
    windows = run.rate(10_000 - 3136)
    assert run.api.pipeline("requests.rate")["counters"]["late"] == 3136
    assert_windows_equal(windows, facts.accepted_requests(run.requests, 30_000))
