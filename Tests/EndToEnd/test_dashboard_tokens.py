# SPDX-License-Identifier: Apache-2.0
"""The dashboard of a server with keys: it asks for a token, keeps it to itself, and says what became of it."""

import contextlib

import httpx
import pytest
from playwright.sync_api import expect

from support.pages import LOST_SERVER, has_state, is_live, offsets, rows, watched_pages
from support.realtime import API_KEY, configuration, token

KEY = {"X-API-Key": API_KEY}
READABLE = {"allow": {"users": ["sub", "hst"]}}
# An answer, which Chromium logs.
REFUSED = "the server responded with a status of 401"


@pytest.fixture
def start(start_server, tmp_path):
    """Starts a server with keys; `topics` says what users may do there."""

    def start(*arguments, topics=None, **options):
        topics = topics or {"*": READABLE}
        return start_server(*arguments, config=configuration(tmp_path, topics=topics), **options)

    return start


def publish(server, *items, type_="test.made"):
    response = httpx.post(
        f"{server.url}/v1/topics/activity/events", json=list(items), headers={"ce-type": type_, **KEY}
    )
    assert response.status_code == 200, response.text


def connections(addresses):
    return sum(address.startswith("ws:") for address in addresses)


def enter(page, text):
    page.get_by_label("Token", exact=True).fill(text)
    page.get_by_role("button", name="Use it").click()


def call(server, method, **parameters):
    answer = httpx.post(f"{server.url}/api/{method}", json=parameters, headers=KEY)
    assert answer.json() == {"result": {}}, answer.text


def test_a_token_is_asked_for_and_kept_to_the_tab(browser, start):
    server = start()
    secret, addresses = token("ada"), []
    publish(server, {"n": 1}, {"n": 2})
    with watched_pages(browser, server, addresses) as open_page:
        page = open_page(state="token")
        expect(page.get_by_label("Token", exact=True)).to_be_focused()
        expect(page.get_by_test_id("token")).to_contain_text("wants to know who you are")
        enter(page, secret)
        is_live(page)
        expect(page.get_by_test_id("token")).to_be_hidden()
        expect(rows(page, "test.made")).to_have_count(2)  # from history, by the header
        publish(server, {"n": 3})
        expect(rows(page, "test.made")).to_have_count(3)

        page.reload()
        is_live(page)
        kept = page.evaluate(
            "() => ({...localStorage, cookie: document.cookie, href: location.href, page: document.body.innerHTML})"
        )
        assert secret not in str(kept)
        other = page.context.new_page()
        other.goto(server.url)
        has_state(other, "token")

        page.get_by_test_id("token-open").click()
        page.get_by_role("button", name="Forget it").click()
        has_state(page, "token")
        page.reload()
        has_state(page, "token")
    assert addresses and not [address for address in addresses if secret in address]
    assert secret.split(".")[2] not in server.log.read_text()


def test_a_token_that_is_refused_is_said_and_asked_for_once(browser, start):
    server, addresses = start(), []
    with watched_pages(browser, server, addresses) as open_page:
        page = open_page(state="token")
        before = connections(addresses)
        enter(page, token("ada", key="another secret, which the server does not have"))
        expect(page.get_by_test_id("status")).to_contain_text("takes no such token")
        enter(page, token("ada", seconds=-300))
        expect(page.get_by_test_id("status")).to_contain_text("has expired")
        page.evaluate("() => dispatchEvent(new Event('online'))")
        page.reload()  # What was refused is not tried again.
        has_state(page, "token")
        assert connections(addresses) == before + 3
        enter(page, token("ada"))
        is_live(page)


def test_a_newer_token_takes_over_without_a_break(browser, start):
    server, addresses = start(), []
    with watched_pages(browser, server, addresses) as open_page:
        page = open_page(state="token")
        enter(page, token("ada", seconds=8))
        is_live(page)
        box = page.get_by_test_id("token")
        expect(box).to_contain_text("The token ends in")
        enter(page, token("ada", seconds=-300))
        expect(box).to_contain_text("Not taken")
        enter(page, token("ada", seconds=3600))
        expect(box).to_be_hidden()
        used = connections(addresses)
        publish(server, {"n": 1})
        expect(rows(page, "test.made")).to_have_count(1)
        call(server, "refresh", user="ada", expire_at=1)
        # Its time is over by the server's word, and the token is good: the page comes back by itself.
        expect(page.get_by_test_id("status")).to_contain_text("nothing was missed")
        assert connections(addresses) == used + 1
        # Somebody else's token begins a connection of its own.
        page.get_by_test_id("token-open").click()
        enter(page, token("bob"))
        expect(box).to_be_hidden()
        publish(server, {"n": 2})
        expect(rows(page, "test.made")).to_have_count(2)
        is_live(page)


def test_a_mistyped_token_does_not_take_the_good_one_along(browser, start):
    server, good = start(), token("ada", seconds=3600)
    with watched_pages(browser, server, []) as open_page:
        page = open_page(state="token")
        enter(page, good)
        is_live(page)
        for wrong in (good[:-8] + "AAAAAAAA", "not a token"):
            page.get_by_test_id("token-open").click()
            enter(page, wrong)
            box = page.get_by_test_id("token")
            expect(box).to_contain_text("Not taken, the former token goes on")
            is_live(page)
            page.get_by_test_id("token-open").click()
            expect(box).to_be_hidden()
        publish(server, {"n": 1})
        expect(rows(page, "test.made")).to_have_count(1)
        page.reload()
        is_live(page)


def test_a_token_that_ends_is_asked_for_again(browser, start):
    server, addresses = start(), []
    with watched_pages(browser, server, addresses) as open_page:
        page = open_page(state="token")
        enter(page, token("ada", seconds=2))
        is_live(page)
        has_state(page, "token")
        assert connections(addresses) <= 4, "one without a token, one with it, and one that learns that it is over"
        publish(server, {"n": 1})
        enter(page, token("ada"))
        is_live(page)
        expect(rows(page, "test.made")).to_have_count(1)


def test_an_end_for_good_is_said_and_waits_for_a_person(browser, start):
    server, addresses = start(), []
    with watched_pages(browser, server, addresses) as open_page:
        page = open_page(state="token")
        enter(page, token("ada"))
        is_live(page)
        used = connections(addresses)
        call(server, "disconnect", user="ada")
        has_state(page, "offline")
        status = page.get_by_test_id("status")
        expect(status).to_contain_text("ask there before you try again")
        expect(status).not_to_contain_text("next try")
        page.evaluate("() => dispatchEvent(new Event('online'))")
        assert connections(addresses) == used
        status.get_by_role("button", name="Try now").click()
        is_live(page)


def test_topics_that_are_refused_are_said_and_the_rest_is_live(browser, start):
    topics = {"activity": {"allow": {"everybody": ["sub"], "users": ["hst"]}}}
    server = start(topics=topics)
    publish(server, {"n": 1})
    with watched_pages(browser, server) as open_page:
        page = open_page(expected=[REFUSED])
        expect(page.get_by_test_id("status")).to_contain_text("permission denied")
        expect(page.get_by_test_id("status")).to_contain_text("more topics are refused")
        publish(server, {"n": 2})
        expect(rows(page, "test.made")).to_have_count(1)  # the first is history, which nobody granted
        page.get_by_test_id("token-open").click()
        enter(page, token("ada"))
        is_live(page)
        publish(server, {"n": 3})
        expect(rows(page, "test.made")).to_have_count(2)
        expect(page.get_by_test_id("gap")).to_have_count(0)


def test_what_the_token_subscribes_to_is_read_too(browser, start):
    server = start(topics={"other": READABLE})
    publish(server, {"n": 1})
    caps = [{"channels": ["activity"], "allow": ["hst"]}]
    with watched_pages(browser, server) as open_page:
        page = open_page(state="token")
        enter(page, token("ada", channels=["activity"], caps=caps))
        is_live(page)
        publish(server, {"n": 2})
        expect(rows(page, "test.made")).to_have_count(2)
        # Until something is published before the page is back, which it is at once.
        for number in range(3, 23):
            call(server, "disconnect", user="ada", disconnect={"code": 3010, "reason": "a test"})
            publish(server, {"n": number})
            expect(rows(page, "test.made")).to_have_count(number)
            with contextlib.suppress(AssertionError):
                status = expect(page.get_by_test_id("status"))
                status.to_contain_text("1 events caught up, nothing was missed", timeout=2_000)
                break
        else:
            pytest.fail("nothing was published while the page was away")
        assert offsets(page) == list(range(number, 0, -1))


def test_a_restart_loses_nothing_of_durable_topics(browser, start, tmp_path):
    server = start("--data", str(tmp_path / "data"), "--durable", "*")
    with watched_pages(browser, server) as open_page:
        page = open_page(state="token", expected=LOST_SERVER)
        enter(page, token("ada"))
        is_live(page)
        publish(server, {"n": 0})
        expect(rows(page, "test.made")).to_have_count(1)
        server.kill()
        has_state(page, "offline")
        server.start()
        publish(server, *[{"n": n} for n in range(1, 451)])  # more than is recovered at once
        expect(page.get_by_test_id("status")).to_contain_text("nothing was missed")
        expect(rows(page, "test.made")).to_have_count(451)
        assert offsets(page) == list(range(451, 0, -1))
        expect(page.get_by_test_id("life")).to_be_hidden()
