# SPDX-License-Identifier: Apache-2.0
"""The command line: publish, tail, topics, ingest; people's output and JSON."""

import json
import signal

import pytest

from support.api import API, output_of
from support.process import wait_until

RECORDS = ['{"n": 1, "k": "a"}', '{"n": 2', '{"n": 3, "k": "b"}', "nope", '{"n": 5, "k": "a"}']


def json_lines(completed):
    """The JSON objects that a command printed, one a line, once it has succeeded."""
    assert completed.returncode == 0, f"{completed.returncode}: {completed.stderr}"
    return [json.loads(line) for line in completed.stdout.splitlines()]


def wait_for_data(api, topic, expected):
    """Waits until the topic holds exactly the data."""
    wait_until(
        lambda: api.topic_count(topic) >= len(expected),
        lambda: f"{len(expected)} events in {topic}, there are {api.topic_count(topic)}",
    )
    assert [event["data"] for event in api.history(topic)] == expected


def test_version_and_help(server):
    assert server.cli("version").stdout.startswith("weir ")
    for arguments in (["--help"], ["serve", "--help"], ["ingest", "--help"]):
        completed = server.cli(*arguments)
        assert completed.returncode == 0 and "weir" in completed.stdout, (arguments, completed)


def test_publish_says_the_offsets(server, api):
    first = output_of(server.cli("publish", "orders", '{"n": 1}', "--json"))
    second = output_of(server.cli("publish", "orders", '{"n": 2}', "--type", "order", "--json"))
    assert {"topic": "orders", "firstOffset": 1, "lastOffset": 1}.items() <= first.items(), first
    assert (second["firstOffset"], second["epoch"]) == (2, first["epoch"]), (first, second)
    events = api.history("orders")
    assert [(event["type"], event["data"]) for event in events] == [
        ("event", {"n": 1}),
        ("order", {"n": 2}),
    ]


def test_publish_speaks_to_people_too(server):
    completed = server.cli("publish", "orders", '{"n": 1}')
    assert completed.returncode == 0 and "orders" in completed.stdout, completed


def test_tail_prints_an_event_a_line(server, api):
    api.publish("orders", [{"n": n} for n in range(1, 6)])
    events = json_lines(server.cli("tail", "orders", "--after", "2", "--limit", "2", "--json"))
    assert [(event["offset"], event["data"]) for event in events] == [(3, {"n": 3}), (4, {"n": 4})]
    assert all({"id", "type", "time"} <= event.keys() for event in events), events
    plain = server.cli("tail", "orders", "--after", "0", "--limit", "5")
    assert len(plain.stdout.splitlines()) == 5, plain.stdout


def test_tail_goes_on_with_what_comes(server, api):
    api.publish("orders", {"n": 1})
    tail = server.start_cli("tail", "orders", "--after", "0", "--limit", "3", "--json")
    assert json.loads(tail.stdout.readline())["offset"] == 1
    api.publish("orders", [{"n": 2}, {"n": 3}])
    rest, _ = tail.communicate(timeout=20)
    assert [json.loads(line)["data"] for line in rest.splitlines()] == [{"n": 2}, {"n": 3}]
    assert tail.returncode == 0


def test_an_interrupted_tail_ends_quietly(server, api):
    api.publish("orders", {"n": 1})
    tail = server.start_cli("tail", "orders", "--after", "0")
    assert tail.stdout.readline()
    tail.send_signal(signal.SIGINT)
    _, stderr = tail.communicate(timeout=20)
    assert stderr == "" and tail.returncode in (0, -signal.SIGINT, 130), (tail.returncode, stderr)


def test_topics_lists_them(server, api):
    api.publish("orders", [{"n": 1}, {"n": 2}])
    topics = {topic["topic"]: topic for topic in output_of(server.cli("topics", "--json"))}
    orders = topics["orders"]
    assert (orders["firstOffset"], orders["lastOffset"], orders["count"]) == (1, 2, 2), orders
    assert orders["epoch"] == api.page("orders")["epoch"]
    assert "orders" in server.cli("topics").stdout


def test_the_server_option_beats_the_environment(start_server):
    one, other = start_server(), start_server()
    output_of(one.cli("publish", "here", "1", "--json", "--server", other.url))
    assert (API(one.url).topic_count("here"), API(other.url).topic_count("here")) == (0, 1)


@pytest.mark.parametrize("source", ["file", "standard input"])
def test_ingest_of_ndjson_refuses_bad_lines_by_number(server, api, tmp_path, source):
    text = "".join(f"{record}\n" for record in RECORDS)
    file = tmp_path / "records.ndjson"
    file.write_text(text)
    summary = output_of(
        server.cli(
            "ingest", "-" if source == "standard input" else file, "--format", "ndjson",
            "--topic", "records", "--key", "k", "--json", input=text,
        )
    )  # fmt: skip
    found = {key: summary[key] for key in ("lines", "accepted", "refused", "topic")}
    assert found == {"lines": 5, "accepted": 3, "refused": 2, "topic": "records"}
    assert [refusal["line"] for refusal in summary["refusals"]] == [2, 4], summary["refusals"]
    assert all(refusal["reason"] for refusal in summary["refusals"]), summary["refusals"]
    assert summary["seconds"] >= 0 and summary["eventsPerSecond"] > 0, summary
    wait_for_data(api, "records", [json.loads(RECORDS[number]) for number in (0, 2, 4)])
    assert [event.get("subject") for event in api.history("records")] == ["a", "b", "a"]


def test_ingest_takes_the_time_from_a_field(server, api, tmp_path):
    file = tmp_path / "timed.ndjson"
    file.write_text('{"at": "2018-02-27T22:26:39Z"}\n{"at": "never"}\n{"at": "2018-02-27T23:26:39+01:00"}\n')
    summary = output_of(
        server.cli("ingest", file, "--format", "ndjson", "--topic", "timed", "--time", "at", "--json")
    )
    assert (summary["accepted"], [r["line"] for r in summary["refusals"]]) == (2, [2]), summary
    times = [event["time"] for event in api.history("timed")]
    assert {time.replace(".000", "") for time in times} == {"2018-02-27T22:26:39Z"}


def test_ingest_of_csv_reads_quotes_and_refuses_short_rows(server, api, tmp_path):
    file = tmp_path / "rows.csv"
    rows = ["name,city,note", 'Ada,London,"first, ""of"" all"', "Bob", 'Cy,Oslo,"two\nlines"', "Di,Rome,x,y"]
    file.write_text("\r\n".join(rows) + "\r\n")
    summary = output_of(server.cli("ingest", file, "--format", "csv", "--topic", "rows", "--json"))
    assert (summary["accepted"], summary["refused"]) == (2, 2), summary
    assert [refusal["line"] for refusal in summary["refusals"]] == [3, 6], summary["refusals"]
    expected = [
        {"name": "Ada", "city": "London", "note": 'first, "of" all'},
        {"name": "Cy", "city": "Oslo", "note": "two\nlines"},
    ]
    wait_for_data(api, "rows", expected)


def test_ingest_of_nothing_is_no_failure(server):
    summary = output_of(
        server.cli("ingest", "-", "--format", "ndjson", "--topic", "none", "--json", input="")
    )
    assert (summary["lines"], summary["accepted"], summary["refused"]) == (0, 0, 0)


def test_ingest_follows_a_file_that_is_rotated(server, api, tmp_path):
    file = tmp_path / "live.ndjson"
    file.write_text('{"n": 1}\n')
    follow = server.start_cli(
        "ingest", file, "--format", "ndjson", "--topic", "live", "--follow", "--json"
    )
    wait_for_data(api, "live", [{"n": 1}])
    with file.open("a") as log:
        log.write('{"n": 2}\n{"n": ')  # the last line is still being written
    wait_for_data(api, "live", [{"n": 1}, {"n": 2}])
    with file.open("a") as log:
        log.write("3}\n")
    wait_for_data(api, "live", [{"n": n} for n in (1, 2, 3)])
    file.rename(tmp_path / "live.ndjson.1")
    file.write_text('{"n": 4}\n')
    wait_for_data(api, "live", [{"n": n} for n in (1, 2, 3, 4)])
    with file.open("a") as log:
        log.write('{"n": 5}\n')
    wait_for_data(api, "live", [{"n": n} for n in (1, 2, 3, 4, 5)])
    follow.send_signal(signal.SIGINT)
    stdout, stderr = follow.communicate(timeout=20)
    assert follow.returncode == 0, (follow.returncode, stderr)
    assert json.loads(stdout)["accepted"] == 5, stdout


def test_ingest_tells_its_progress(server, api, tmp_path):
    file = tmp_path / "many.ndjson"
    file.write_text("".join(f'{{"n": {n}}}\n' for n in range(5000)))
    output_of(server.cli("ingest", file, "--format", "ndjson", "--topic", "many", "--json"))
    last = wait_until(lambda: api.topic_count("progress") and api.history("progress")[-1], "progress events")
    assert 5000 in last["data"].values(), f"the last progress event tells no 5000: {last}"


def access_event(second):
    """A request at a second of a day."""
    data = {"client": "10.0.0.1", "method": "GET", "path": "/", "status": 200, "bytes": 10}
    time = f"2015-05-17T10:00:{second:02}Z"
    return {"content": json.dumps(data), "headers": {"ce-type": "request", "ce-time": time}}


def publish_access(api, second):
    event = access_event(second)
    event["headers"]["content-type"] = "application/json"
    assert api.http.post("/v1/topics/access/events", **event).status_code == 200


def test_what_comes_after_the_end_of_input_is_counted_late(server, api):
    for second in (1, 2, 15):
        publish_access(api, second)
    api.end("access")
    windows = wait_until(
        lambda: api.topic_count("requests.rate") == 2 and api.history("requests.rate"), "two windows"
    )
    assert [window["data"]["count"] for window in windows] == [2, 1]
    assert api.pipeline("requests.rate")["counters"]["late"] == 0
    publish_access(api, 3)
    assert api.wait_for_input("requests.rate", 4)["late"] == 1
    assert api.topic_count("requests.rate") == 2
