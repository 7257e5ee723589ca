# SPDX-License-Identifier: Apache-2.0
"""curl: kept connections, uploads in chunks and after 100, heads, compression, event streams."""

import gzip
import json
import subprocess

import pytest

from support.api import API
from support.numbered import EVENTS, LINE_COUNT, numbered_lines, numbers
from support.tools import run_tool, tool


@pytest.fixture(scope="module")
def api(module_server):
    """A server with a topic of which a page is worth compressing."""
    api = API(module_server.url)
    api.publish("page", [{"n": number, "text": "again and again"} for number in range(300)])
    return api


def curl(*arguments, input=None):
    """Runs curl; returns its output and what it said about the exchange."""
    return run_tool("curl", "curl", "--silent", "--show-error", "--max-time", "20", *arguments, input=input)


def test_curl_keeps_its_connection(module_server, api, accepted):
    urls = [module_server.url + path for path in ("/healthz", "/v1/topics", EVENTS.format("page"), "/nothing") * 3]
    targets = [argument for url in urls for argument in ("--output", "/dev/null", url)]
    written, _ = curl("--write-out", "%{http_code} %{num_connects}\n", *targets)
    found = [line.split() for line in written.splitlines()]
    assert [status for status, _ in found] == ["200", "200", "200", "404"] * 3, written
    assert [connects for _, connects in found] == ["1"] + ["0"] * 11, written
    assert accepted() == 1


def test_curl_uploads_in_chunks(module_server, api):
    output, said = curl(
        "--verbose", "--request", "POST", "--upload-file", "-", "--header", "Content-Type: application/x-ndjson",
        module_server.url + EVENTS.format("chunked"), input=b"".join(numbered_lines()),
    )  # fmt: skip
    assert "> Transfer-Encoding: chunked" in said, said
    assert json.loads(output)["accepted"] == LINE_COUNT
    assert numbers(api, "chunked") == list(range(LINE_COUNT))


def test_curl_is_told_to_continue(module_server, api):
    output, said = curl(
        "--verbose", "--header", "Expect: 100-continue", "--header", "Content-Type: application/x-ndjson",
        "--expect100-timeout", "20", "--data-binary", "@-", module_server.url + EVENTS.format("expected"),
        input=b"".join(numbered_lines()),
    )  # fmt: skip
    assert "< HTTP/1.1 100 Continue" in said, said
    assert json.loads(output)["accepted"] == LINE_COUNT


def test_curl_need_not_send_what_is_refused(module_server):
    output, said = curl(
        "--verbose", "--header", "Expect: 100-continue", "--expect100-timeout", "20", "--data-binary", "@-",
        "--header", "Content-Type: application/json", "--write-out", "\n%{http_code} %{size_upload}",
        module_server.url + EVENTS.format("refused"), input=b"[" + b" " * (2 << 20) + b"]",
    )  # fmt: skip
    assert output.splitlines()[-1] == "413 0", (output, said)
    assert "100 Continue" not in said, said


@pytest.mark.parametrize("path", ["/", "/healthz", EVENTS.format("page")])
def test_curl_gets_a_head_alone(module_server, path):
    head, _ = curl("--head", module_server.url + path)
    assert head.startswith("HTTP/1.1 200"), head
    body, _ = curl(module_server.url + path)
    assert f"content-length: {len(body.encode())}" in head.lower(), head


def test_curl_inflates_what_it_gets(module_server):
    url = module_server.url + EVENTS.format("page") + "?limit=300"
    plain, _ = curl(url)
    packed, said = curl("--verbose", "--compressed", "--write-out", "\n%{size_download}", url)
    body, size = packed.rsplit("\n", 1)
    assert "content-encoding: gzip" in said.lower(), said
    assert body == plain and int(size) < len(plain) / 2, size


def test_curl_uploads_what_is_compressed_and_is_told_no(module_server):
    output, _ = curl(
        "--header", "Content-Encoding: gzip", "--header", "Content-Type: application/json", "--data-binary", "@-",
        "--write-out", "\n%{http_code}", module_server.url + EVENTS.format("packed"), input=gzip.compress(b'{"n":1}'),
    )  # fmt: skip
    assert output.splitlines()[-1] == "415", output


class CurlStream:
    """An event stream read by `curl --no-buffer`, whose lines are its output."""

    def __init__(self, url, last_event_id=None):
        headers = ["--header", f"Last-Event-ID: {last_event_id}"] if last_event_id else []
        self._process = subprocess.Popen(
            [tool("curl", "curl"), "-sv", "--no-buffer", "--max-time", "20", *headers, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.head = self._read_head()

    def _read_head(self):
        """What curl says of the answer, which it writes at once and not with the body."""
        head = []
        while not head or head[-1]:
            line = self._process.stderr.readline()
            assert line, f"curl ended after {head}"
            if line.startswith("< "):
                head.append(line[2:].strip())
        return head

    def take(self, count):
        """Returns the next events, each a dictionary of its fields."""
        events, fields = [], {}
        while len(events) < count:
            line = self._process.stdout.readline()
            assert line, f"the stream ended after {events}"
            name, _, value = line.rstrip("\n").partition(": ")
            if name and not line.startswith(":"):
                fields[name] = value
            elif not name and "data" in fields:
                events.append(fields)
                fields = {}
        return events

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._process.stderr.close()


def test_curl_reads_events_as_they_come_and_resumes(module_server, api):
    url = f"{module_server.url}/v1/events?topic=curled"
    with CurlStream(url) as stream:
        assert stream.head[0].startswith("HTTP/1.1 200"), stream.head
        for number in range(3):  # one after the other: each must come without the next
            api.publish("curled", {"n": number}, type="step")
            (event,) = stream.take(1)
            assert (json.loads(event["data"]), event["event"]) == ({"n": number}, "step")
    api.publish("curled", [{"n": number} for number in range(3, 6)])
    with CurlStream(url, event["id"]) as stream:
        assert [json.loads(event["data"])["n"] for event in stream.take(3)] == [3, 4, 5]
