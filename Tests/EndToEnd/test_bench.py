# SPDX-License-Identifier: Apache-2.0
"""`weir bench fanout` against a real server: what it counts adds up."""

import json
import signal

import pytest

from support.process import wait_until
from support.realtime import configuration, token


def measure(server, *options, subscribers=50):
    """The figures of a run that must succeed."""
    completed = server.cli(
        "bench", "fanout", "--server", server.url, "--subscribers", str(subscribers),
        "--warmup", "100", "--pid", str(server.pid), "--json", "-", *options,
    )  # fmt: skip
    assert completed.returncode == 0, f"{completed.returncode}: {completed.stderr}"
    return json.loads(completed.stdout)


def check_sums(report, subscribers=50, each=1):
    """Everything that was published has come to everybody, once and in order."""
    check = report["check"]
    assert check["published"] >= report["events"] > 0, report
    assert check["expected"] == check["received"] + check["lost"] + check["told"], report
    assert (check["lost"], check["told"], check["doubled"], check["foreign"]) == (0, 0, 0, 0), report
    assert check.get("disordered", 0) == 0 and check["disconnected"] == 0, report
    if each == 1 and report["topics"] == 1:
        assert check["expected"] == check["published"] * subscribers, report
        assert report["deliveries"] == report["events"] * subscribers, report
    latency = report["latencyMicroseconds"]
    assert latency["count"] == report["deliveries"], report
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"], report
    assert report["process"]["residentBytesAfter"] > 0, report


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize("publish", ["http", "ndjson", "ws"])
def test_nothing_is_lost_in_a_second(server, transport, publish):
    report = measure(server, "--seconds", "1", "--transport", transport, "--publish", publish)
    check_sums(report)
    assert 0.9 < report["seconds"] < 10, report


def test_topics_in_the_address_need_no_command(server):
    options = ("--topics", "20", "--subscriptions", "3", "--events", "100", "--topics-in-address")
    check_sums(measure(server, *options))


def test_an_open_loop_publishes_what_is_due(server):
    report = measure(server, "--rate", "50", "--seconds", "1")
    check_sums(report)
    assert report["events"] == 50 and report["answerMicroseconds"]["count"] == 50, report


def test_so_many_events_in_flight_from_several_publishers(server):
    report = measure(server, "--events", "300", "--in-flight", "32", "--publishers", "4")
    check_sums(report)
    assert report["events"] == 300, report


def test_several_topics_have_their_own_readers(server):
    options = ("--topics", "20", "--subscriptions", "3", "--events", "200", "--in-flight", "8")
    report = measure(server, *options)
    check_sums(report, each=3)
    assert report["check"]["received"] > 0, report


def test_a_chain_brings_every_event_once(server):
    report = measure(server, "--pipe", '[{"filter":"has(data.seq)"}]', "--events", "200", "--in-flight", "8")
    check_sums(report)
    assert report["events"] == 200, report


def test_publishing_without_subscribers_counts_answers(server, api):
    report = measure(server, "--events", "100", subscribers=0)
    assert (report["events"], report["deliveries"], report["check"]["lost"]) == (100, 0, 0), report
    assert api.topic_count("bench") == report["check"]["published"]


def test_slow_readers_get_all_or_are_told(start_server):
    server = start_server(config={"topics": {"bench": {"maximumCount": 64}}})
    report = measure(
        server, "--slow", "10", "--payload", "16384", "--rate", "200", "--seconds", "4", "--patience", "30",
        subscribers=20,
    )  # fmt: skip
    check = report["check"]
    assert check["lost"] == 0 and check["doubled"] == 0 and check["disconnected"] == 0, report
    assert check["expected"] == check["received"] + check["told"], report
    assert report["slowSubscribers"] == 2 and report["slowLatencyMicroseconds"]["count"] > 0, report


def test_idle_connections_are_only_held(server):
    report = measure(server, "--idle", "--seconds", "1")
    assert (report["events"], report["check"]["disconnected"]) == (0, 0), report
    assert report["process"]["residentBytesConnected"] > 0, report


def wait_for_events(api):
    wait_until(lambda: api.topic_count("bench") > 0, "events in the topic")


def test_it_says_it_when_a_server_closes_connections(server, api):
    bench = server.start_cli(
        "bench", "fanout", "--server", server.url, "--rate", "20", "--seconds", "60", "--subscribers", "5",
        "--patience", "1",
    )  # fmt: skip
    wait_for_events(api)
    server.terminate()
    _, stderr = bench.communicate(timeout=30)
    assert bench.returncode == 1 and "closed" in stderr, (bench.returncode, stderr)


def test_an_interrupted_run_tells_what_it_has(server, api):
    bench = server.start_cli(
        "bench", "fanout", "--server", server.url, "--seconds", "60", "--subscribers", "5", "--warmup", "0",
        "--json", "-",
    )  # fmt: skip
    wait_for_events(api)
    bench.send_signal(signal.SIGINT)
    stdout, stderr = bench.communicate(timeout=30)
    if "interrupted before anything was measured" in stderr:
        return  # The first event may be one of the warm-up.
    assert bench.returncode == 0, stderr
    report = json.loads(stdout)
    assert report["interrupted"] is True and report["check"]["lost"] == 0, report


def test_nobody_there_is_said_with_a_remedy(server):
    port = server.port
    server.terminate()
    completed = server.cli("bench", "fanout", "--server", f"http://127.0.0.1:{port}")
    assert completed.returncode == 1, completed
    assert "Connection refused" in completed.stderr and "--server" in completed.stderr, completed


def test_figures_go_to_a_file_beside_the_table(server, tmp_path):
    file = tmp_path / "figures.json"
    completed = server.cli(
        "bench", "fanout", "--server", server.url, "--events", "10", "--subscribers", "3", "--json", str(file)
    )
    assert completed.returncode == 0, completed.stderr
    assert "latency" in completed.stdout and json.loads(file.read_text())["events"] == 10


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize("publish", ["http", "ndjson", "ws"])
def test_a_server_with_keys_is_measured_with_a_token(
    start_server, tmp_path, monkeypatch, transport, publish
):
    server = start_server(config=configuration(tmp_path))
    grant = [{"channels": ["bench"], "allow": ["sub", "pub", "hst"]}]
    monkeypatch.setenv("WEIR_TOKEN", token("ada", caps=grant))
    report = measure(
        server, "--events", "50", "--transport", transport, "--publish", publish, subscribers=5
    )
    assert report["check"]["lost"] == 0 and report["check"]["received"] == report["check"]["expected"]
