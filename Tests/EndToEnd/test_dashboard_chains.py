# SPDX-License-Identifier: Apache-2.0
"""Chains that a person types into the dashboard: what they show, what is wrong with them, and a reconnect."""

import json

import httpx
import pytest
from playwright.sync_api import expect

from support.pages import LOST_SERVER, has_state, is_live, rows, watched_pages
from support.process import wait_until


@pytest.fixture
def open_page(browser, server):
    with watched_pages(browser, server) as open_page:
        yield open_page


def publish(server, *numbers):
    events = [{"n": number} for number in numbers]
    response = httpx.post(
        f"{server.url}/v1/topics/activity/events", json=events, headers={"ce-type": "test.made"}
    )
    assert response.status_code == 200, response.text


def chains(server):
    return httpx.get(f"{server.url}/v1/subscriptions").json()["subscriptions"]


def box(page):
    return page.get_by_test_id("chain")


def enter(page, text):
    box(page).get_by_role("textbox").fill(text)
    box(page).get_by_role("button", name="Apply").click()


def shown(page, *numbers):
    """Exactly these events are in the feed, newest first."""
    expect(rows(page, "test.made").locator(".text")).to_have_text(
        [json.dumps({"n": number}, separators=(",", ":")) for number in reversed(numbers)]
    )


def test_an_expression_filters_what_is_shown(open_page, server):
    publish(server, 1)
    page = open_page()
    shown(page, 1)
    enter(page, "data.n > 10")
    expect(box(page)).to_contain_text('Shown: [{"filter":"data.n > 10"}]')
    publish(server, 5, 15, 10, 11)
    shown(page, 15, 11)
    # Another one takes its place, and the server computes no more than is read.
    enter(page, '{"filter":"data.n < 10"}')
    expect(box(page)).to_contain_text("data.n < 10")
    publish(server, 7, 17)
    shown(page, 7)
    box(page).get_by_role("button", name="Show everything").click()
    expect(box(page)).to_have_attribute("data-state", "plain")
    shown(page, 1, 5, 15, 10, 11, 7, 17)
    publish(server, 18)
    shown(page, 1, 5, 15, 10, 11, 7, 17, 18)
    assert all(chain["readers"] == 0 for chain in chains(server))


def test_a_chain_counts_windows_by_the_keyboard_alone(open_page, server):
    page = open_page()
    field = box(page).get_by_role("textbox")
    field.focus()
    page.keyboard.insert_text('[{"window":{"count":3}},{"aggregate":{"sum":{"sum":"data.n"}}}]')
    page.keyboard.press("Enter")
    expect(box(page)).to_have_attribute("data-state", "chained")
    publish(server, 1, 2, 3, 4)
    expect(page.get_by_test_id("feed").locator("li")).to_have_count(1)
    expect(page.get_by_test_id("feed")).to_contain_text('"sum":6')


@pytest.mark.parametrize(
    "text, words",
    [
        ("data.n = 1", "stage 1, field filter: column 8, at =: no token begins like this; compare with =="),
        ('[{"throttle":{"every":"1s","kep":"latest"}}]', "stage 1, field throttle.kep: there is no such field"),
        ('[{"throttle":"1s"}', "this is not JSON"),
    ],
)
def test_what_is_wrong_with_a_chain_is_said_and_the_former_stays(open_page, server, text, words):
    page = open_page()
    enter(page, "data.n > 10")
    expect(box(page)).to_have_attribute("data-state", "chained")
    enter(page, text)
    expect(box(page).get_by_role("alert")).to_contain_text(words)
    expect(box(page).get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    publish(server, 1, 11)
    shown(page, 11)
    is_live(page)
    enter(page, "data.n < 10")
    expect(box(page).get_by_role("alert")).to_be_empty()
    publish(server, 2, 12)
    shown(page, 2)


def test_a_chain_is_recovered_when_the_connection_was_lost(open_page, server):
    links, is_blocked = [], []

    def route(link):
        if is_blocked:
            return link.close(code=1013, reason="not yet")
        link.connect_to_server()
        links.append(link)

    page = open_page(before=lambda page: page.route_web_socket("**/ws", route))
    enter(page, "data.n > 10")
    expect(box(page)).to_have_attribute("data-state", "chained")
    publish(server, 1, 11)
    shown(page, 11)
    is_blocked.append(True)
    links[-1].close(code=3001, reason="a test took it away")
    has_state(page, "offline")
    wait_until(lambda: chains(server)[0]["readers"] == 0, "the end of the reader")
    publish(server, 2, 12, 3, 13)
    enter(page, "data.n > 20")
    expect(box(page).get_by_role("alert")).to_contain_text("not connected now")
    is_blocked.clear()
    is_live(page)
    publish(server, 4, 14)
    shown(page, 11, 12, 13, 14)
    expect(page.get_by_test_id("status")).to_contain_text("2 events caught up, nothing was missed")
    expect(page.get_by_test_id("gap")).to_have_count(0)


def test_a_chain_goes_on_over_a_restart(browser, start_server, tmp_path):
    """What is durable is whole; of the rest the page says that it began anew."""
    for arguments in ([], ["--data", str(tmp_path / "data"), "--durable", "activity"]):
        server = start_server(*arguments)
        with watched_pages(browser, server) as open_page:
            page = open_page(expected=LOST_SERVER)
            enter(page, "data.n > 10")
            expect(box(page)).to_have_attribute("data-state", "chained")
            publish(server, 1, 11)
            shown(page, 11)
            server.kill()
            has_state(page, "offline")
            server.start()
            is_live(page)
            publish(server, 2, 12)
            shown(page, 11, 12)
            expect(page.get_by_test_id("gap")).to_have_count(0 if arguments else 1)
