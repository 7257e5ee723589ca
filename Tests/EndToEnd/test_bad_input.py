# SPDX-License-Identifier: Apache-2.0
"""Wrong input is refused with what is wrong, where, and the remedy; nothing of it is stored."""

import json
import socket
import urllib.parse

import pytest

from support.api import API
from support.compare import assert_problem
from support.process import run_cli

BAD_TOPICS = {
    "leading underscore": "_hidden",
    "space": "two words",
    "question mark": "what?",
    "asterisk": "all*",
    "control character": "bell\x07",
    "256 bytes": "x" * 256,
}
BAD_OFFSETS = ["-1", "abc", "1.5", "18446744073709551616"]
BAD_JSON = {
    "cut off": ('{"n": 1', 1),
    "trailing comma": ('{"n": 1,}', 1),
    "second line": ('{"n": 1,\n "m": nope}', 2),
    "two values": ('{"n": 1} {"n": 2}', 1),
    "empty": ("", None),
    "a control character in a string": ('{"n": "a\x01"}', 1),
    "not UTF-8": (b'{"n": "\xff"}', 1),
}
BAD_CONFIGS = {
    "unknown field": ({"prot": 8080}, "prot"),
    "wrong type": ({"port": "many"}, "port"),
    "port out of range": ({"port": 70000}, "port"),
    "bad duration": ({"pipelines": {"watermarkBound": "soon"}}, "watermarkBound"),
    "negative duration": ({"pipelines": {"lateness": "-5s"}}, "lateness"),
    "bad limit": ({"topics": {"x": {"maximumCount": -1}}}, "maximumCount"),
}
USED_WRONGLY = {
    "no command": [],
    "unknown command": ["flow"],
    "unknown option": ["serve", "--prot", "80"],
    "option without its value": ["serve", "--port"],
    "port is no number": ["serve", "--port", "http"],
    "publish without data": ["publish", "orders"],
    "unknown format": ["ingest", "-", "--format", "xml", "--topic", "orders"],
    "ingest without a topic": ["ingest", "-", "--format", "ndjson"],
    "speed is no number": ["ingest", "-", "--format", "ndjson", "--topic", "t", "--speed", "fast"],
    "tail after a word": ["tail", "orders", "--after", "yesterday"],
}


@pytest.fixture
def api(module_server):
    return API(module_server.url)


def post(api, topic, body, media_type="application/json"):
    body = body if isinstance(body, bytes) else body.encode()
    path = f"/v1/topics/{urllib.parse.quote(topic, safe='')}/events"
    return api.http.post(path, content=body, headers={"content-type": media_type})


def assert_cli_refused(completed, code, *words):
    """The command ended with the code and said on stderr, in a few lines, what to do."""
    shown = f"exit code {completed.returncode}\nstdout: {completed.stdout}\nstderr: {completed.stderr}"
    assert completed.returncode == code, shown
    assert completed.stderr.strip(), f"nothing on stderr; {shown}"
    assert len(completed.stderr.splitlines()) <= 24, f"more than a message: {shown}"
    for word in words:
        assert word.lower() in completed.stderr.lower(), f"{word!r} is missing: {shown}"


@pytest.mark.parametrize("topic", BAD_TOPICS.values(), ids=BAD_TOPICS)
def test_a_bad_topic_name(api, topic):
    assert_problem(post(api, topic, '{"n":1}'), 400, "topic")


def test_the_longest_topic_name_is_taken(api):
    assert post(api, "y" * 255, '{"n":1}').status_code == 200


@pytest.mark.parametrize(("body", "line"), BAD_JSON.values(), ids=BAD_JSON)
def test_bad_json_names_its_place(api, body, line):
    problem = assert_problem(post(api, "bad-json", body), 400)
    if line is not None:
        assert problem["line"] == line, problem
        assert "column" in problem or "column" in problem["detail"], problem
    assert api.topic_count("bad-json") == 0


def test_an_array_is_taken_whole_or_not_at_all(api):
    assert_problem(post(api, "whole", '[{"n":1},{"n":2},{"n":]'), 400)
    assert api.topic_count("whole") == 0
    assert post(api, "whole", '[{"n":1},{"n":2}]').json()["lastOffset"] == 2


def test_a_body_over_one_mebibyte_is_413(api):
    assert_problem(post(api, "large", json.dumps("x" * (1 << 20))), 413)
    assert api.topic_count("large") == 0


def test_more_than_ten_thousand_events_in_an_array_are_413(api):
    assert_problem(post(api, "many", json.dumps([0] * 10_001)), 413)
    assert api.topic_count("many") == 0


@pytest.mark.parametrize("media_type", ["application/xml", "image/png"])
def test_an_unknown_media_type_is_415(api, media_type):
    assert_problem(post(api, "typed", "<n/>", media_type), 415, "application/json")
    assert api.topic_count("typed") == 0


def test_a_bad_line_stops_ndjson_after_the_last_good_one(api):
    lines = ['{"n":1}', '{"n":2}', '{"n":', '{"n":4}']
    problem = assert_problem(post(api, "lines", "\n".join(lines), "application/x-ndjson"), 422)
    found = {key: problem.get(key) for key in ("accepted", "line", "firstOffset", "lastOffset")}
    assert found == {"accepted": 2, "line": 3, "firstOffset": 1, "lastOffset": 2}
    assert [event["data"] for event in api.history("lines")] == [{"n": 1}, {"n": 2}]


def test_a_bad_line_beyond_the_first_chunk_stops_there_too(api):
    lines = [json.dumps({"n": n}) for n in range(1, 2501)]
    lines[2200] = "nope"
    problem = assert_problem(post(api, "chunks", "\n".join(lines), "application/x-ndjson"), 422)
    assert (problem["accepted"], problem["line"]) == (2200, 2201), problem
    assert len(api.history("chunks")) == 2200


@pytest.mark.parametrize("offset", BAD_OFFSETS)
def test_a_bad_offset(api, offset):
    response = api.http.get("/v1/topics/orders/events", params={"after": offset})
    assert_problem(response, 400, "after")


@pytest.mark.parametrize("limit", ["-1", "0", "1001", "all"])
def test_a_bad_limit(api, limit):
    response = api.http.get("/v1/topics/orders/events", params={"limit": limit})
    assert_problem(response, 400, "limit")


def test_an_unknown_path_is_404_and_a_wrong_method_405(api):
    assert_problem(api.http.get("/v1/nothing"), 404)
    response = api.http.delete("/v1/pipelines")
    assert_problem(response, 405)
    assert "GET" in response.headers["allow"]


def test_an_event_stream_without_a_topic(api):
    assert_problem(api.http.get("/v1/events"), 400, "topic")


def test_an_event_stream_after_nonsense(api):
    response = api.http.get("/v1/events?topic=orders", headers={"Last-Event-ID": "no such position"})
    assert_problem(response, 400)


@pytest.mark.parametrize("arguments", USED_WRONGLY.values(), ids=USED_WRONGLY)
def test_a_command_used_wrongly_ends_with_2(module_server, arguments):
    assert_cli_refused(module_server.cli(*arguments, input=""), 2)


def test_an_unknown_option_is_named(module_server):
    assert_cli_refused(module_server.cli("serve", "--prot", "80"), 2, "--prot")


def test_an_unknown_format_names_the_known_ones(module_server):
    completed = module_server.cli("ingest", "-", "--format", "xml", "--topic", "t", input="")
    assert_cli_refused(completed, 2, "xml", "combined", "ndjson", "csv")


def test_a_file_that_is_not_there(module_server):
    completed = module_server.cli("ingest", "no-such.log", "--format", "combined", "--topic", "t")
    assert_cli_refused(completed, 1, "no-such.log")


def test_a_directory_instead_of_a_file(module_server, tmp_path):
    completed = module_server.cli("ingest", tmp_path, "--format", "ndjson", "--topic", "t")
    assert_cli_refused(completed, 1, str(tmp_path))


def test_bad_json_on_the_command_line(module_server):
    assert_cli_refused(module_server.cli("publish", "refused", "{nope}"), 2)
    assert API(module_server.url).topic_count("refused") == 0


def test_no_server_there():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        completed = run_cli("topics", "--server", f"http://{address}")
        assert_cli_refused(completed, 1, address, "weir serve")


def test_a_port_in_use(module_server):
    completed = run_cli("serve", "--no-machine", "--port", module_server.port)
    assert_cli_refused(completed, 1, str(module_server.port), "--port")


@pytest.mark.parametrize(("config", "field"), BAD_CONFIGS.values(), ids=BAD_CONFIGS)
def test_a_bad_config_names_the_field(tmp_path, config, field):
    file = tmp_path / "weir.json"
    file.write_text(json.dumps(config))
    completed = run_cli("serve", "--port", "0", "--no-machine", "--config", file, timeout=20)
    assert_cli_refused(completed, 2, field)


def test_a_config_that_is_no_json_names_the_line(tmp_path):
    file = tmp_path / "weir.json"
    file.write_text('{\n  "port": 8080,\n  oops\n}\n')
    completed = run_cli("serve", "--port", "0", "--no-machine", "--config", file, timeout=20)
    assert_cli_refused(completed, 2, "weir.json", "3")
