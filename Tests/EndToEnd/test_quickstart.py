# SPDX-License-Identifier: Apache-2.0
"""The page of the quick start, in a browser, from another origin."""

import functools
import http.server
import threading

import httpx
from playwright.sync_api import expect

from support.process import REPOSITORY

PAGE = REPOSITORY / "Examples/Page"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def publish(server, *amounts):
    httpx.post(
        f"{server.url}/v1/topics/orders/events", json=[{"amount": amount} for amount in amounts]
    ).raise_for_status()


def test_the_page_is_the_one_of_the_documentation():
    assert (PAGE / "index.html").read_text() in (REPOSITORY / "docs/quickstart.md").read_text()


def test_the_page_shows_what_the_filter_lets_through(browser, start_server):
    files = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(QuietHandler, directory=PAGE)
    )
    threading.Thread(target=files.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{files.server_port}"
    server = start_server(config={"allowedOrigins": [origin]})
    page = browser.new_page()
    with page.expect_response(lambda response: "/v1/events" in response.url):
        page.goto(f"{origin}/?server={server.url}")
    publish(server, 1, 101, 100, 250)
    expect(page.locator("li")).to_have_text(["101", "250"])
    publish(server, 5, 300)
    expect(page.locator("li")).to_have_text(["101", "250", "300"])
    page.close()
    files.shutdown()
