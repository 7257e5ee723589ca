# SPDX-License-Identifier: Apache-2.0
"""Compressed answers, as real clients ask for them."""

import json
import subprocess

import httpx
import pytest

from support.api import API

PATHS = ["/v1/topics/coded/events?limit=200", "/metrics", "/", "/app.js"]
PLAIN, GZIP = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def coded(module_server):
    """A server with a topic of which a page is worth compressing."""
    API(module_server.url).publish("coded", [{"n": number, "text": "again and again"} for number in range(200)])
    return module_server


def get(server, path, headers, method="GET"):
    return httpx.request(method, server.url + path, headers=headers)


def curl(server, path, *options):
    done = subprocess.run(["curl", "-sS", *options, server.url + path], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_compressed_for_whoever_asks(coded, path):
    plain, packed = get(coded, path, PLAIN), get(coded, path, GZIP)
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    for response in (plain, packed):
        assert response.status_code == 200
        assert "accept-encoding" in response.headers["vary"].lower(), response.headers
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    if path != "/metrics":
        assert packed.content == plain.content


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/metrics"])
def test_curl_reads_the_same(coded, path):
    assert curl(coded, path, "--compressed") == curl(coded, path)


@pytest.mark.parametrize("headers", [PLAIN, GZIP, {"Accept-Encoding": "identity;q=0, *;q=0"}])
@pytest.mark.parametrize("path", [path for path in PATHS if path != "/metrics"])
def test_head_has_the_fields_of_get(coded, path, headers):
    whole, head = get(coded, path, headers), get(coded, path, headers, "HEAD")
    assert head.headers == whole.headers and not head.content


@pytest.mark.parametrize(
    "accepted", [None, "identity", "gzip;q=0", "br", "gzip;q=0.5, identity", "identity;q=0, gzip;q=0"]
)
def test_who_does_not_want_it_gets_it_as_it_is(coded, accepted):
    options = ["-H", f"Accept-Encoding: {accepted}"] if accepted else []
    page = json.loads(curl(coded, PATHS[0], *options))
    assert len(page["events"]) == 200


@pytest.mark.parametrize("path", ["/v1/topics/coded", "/healthz", "/v1/topics/none/events"])
def test_a_small_answer_is_not_worth_it(coded, path):
    response = get(coded, path, GZIP)
    assert "content-encoding" not in response.headers and "vary" not in response.headers


@pytest.mark.parametrize("path", ["/", "/app.js"])
def test_each_coding_of_a_file_has_a_tag_of_its_own(coded, path):
    tags = {}
    for name, headers in {"plain": PLAIN, "gzip": GZIP}.items():
        first = get(coded, path, headers)
        tags[name] = first.headers["etag"]
        again = get(coded, path, headers | {"If-None-Match": tags[name]})
        assert again.status_code == 304 and not again.content
        assert again.headers["etag"] == tags[name] and "vary" in again.headers
    assert tags["plain"] != tags["gzip"]
    both = {"If-None-Match": f"{tags['plain']}, {tags['gzip']}"}
    for name, headers in {"plain": PLAIN, "gzip": GZIP}.items():
        found = get(coded, path, headers | both)
        assert (found.status_code, found.headers["etag"]) == (304, tags[name])
    # What a client has in the other coding is not what it asks for now.
    assert get(coded, path, PLAIN | {"If-None-Match": tags["gzip"]}).status_code == 200


def test_several_answers_on_one_connection(coded):
    with httpx.Client(base_url=coded.url) as client:
        for _ in range(3):
            assert len(client.get(PATHS[0], headers=GZIP).json()["events"]) == 200
            assert client.get("/healthz", headers=GZIP).text == "ok\n"
