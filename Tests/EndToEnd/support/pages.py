# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a real browser: pages that are watched, and what is looked for in them."""

import contextlib
from urllib.parse import urlsplit

from playwright.sync_api import expect

# What Chromium itself logs when a server is down; nothing a page can prevent.
LOST_SERVER = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "WebSocket connection to",
)

expect.set_options(timeout=30_000)


@contextlib.contextmanager
def watched_pages(browser, server, addresses=None):
    """A function that opens the dashboard; no page may fail, complain or leave its origin.

    `addresses` is a list to which all addresses are added that pages asked for.
    """
    contexts, complaints, strangers = [], [], []
    origin = urlsplit(server.url).netloc

    def visited(url):
        if addresses is not None:
            addresses.append(url)
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != origin:
            strangers.append(url)

    def open_page(expected=(), before=None, state="live", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()

        def logged(message):
            if message.type == "error" and not any(part in message.text for part in expected):
                complaints.append(message.text)

        page.on("console", logged)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: visited(request.url))
        page.on("websocket", lambda socket: visited(socket.url))
        if before:
            before(page)
        page.goto(server.url)
        has_state(page, state)
        return page

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert complaints == [], "the console has errors"
    assert strangers == [], "requests left the origin"


def has_state(page, state):
    expect(page.get_by_test_id("status")).to_have_attribute("data-state", state)


def is_live(page):
    has_state(page, "live")


def rows(page, type_):
    return page.get_by_test_id("feed").locator(f'li[data-type="{type_}"]')


def offsets(page):
    script = "list => [...list.children].map(row => Number(row.dataset.offset))"
    return page.get_by_test_id("feed").evaluate(script)
