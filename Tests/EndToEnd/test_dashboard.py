# SPDX-License-Identifier: Apache-2.0
"""The dashboard in a real browser: what a person sees while events flow, stop and come back."""

import json
import threading
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.pages import LOST_SERVER, is_live, offsets, rows, watched_pages

ACCESS_LOG = Path(__file__).resolve().parents[3] / "shared" / "data" / "apache_access.log"
TOTALS = {
    "requests-total": "10000",
    "bytes-total": "2747282740",
    "visitors-total": "1753",
}


@pytest.fixture
def open_page(browser, server):
    """Opens the dashboard; afterwards no page may have failed, complained or left its origin."""
    with watched_pages(browser, server) as open_page:
        yield open_page


@pytest.fixture
def access_log():
    if not ACCESS_LOG.exists():
        pytest.skip(f"{ACCESS_LOG.name} is not there (it belongs in ../shared/data)")
    return str(ACCESS_LOG)


def ingest(server, path, *options):
    result = server.cli("ingest", path, "--format", "combined", "--topic", "access", *options)
    assert result.returncode == 0, result.stderr


def publish(server, data, type_="event", topic="activity"):
    result = server.cli("publish", topic, json.dumps(data), "--type", type_)
    assert result.returncode == 0, result.stderr


def publish_many(server, items, topic="activity"):
    request = urllib.request.Request(
        f"{server.url}/v1/topics/{topic}/events",
        json.dumps(items).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 200


def shows_totals(page):
    for name, value in TOTALS.items():
        expect(page.get_by_test_id(name)).to_have_attribute("data-value", value)
    first = page.get_by_test_id("top-paths").locator("li").first
    expect(first).to_have_attribute("data-path", "/favicon.ico")
    expect(first).to_have_attribute("data-value", "807")


def test_charts_move_while_a_log_is_ingested(open_page, server, access_log):
    page = open_page()
    chart = page.get_by_test_id("chart-requests")
    expect(chart).to_have_attribute("data-points", "0")
    work = threading.Thread(target=ingest, args=(server, access_log, "--speed", "20000x"))
    work.start()
    try:
        expect(page.get_by_test_id("progress").locator("progress")).to_have_count(1)
        seen = set()
        while work.is_alive():
            seen.add(page.get_by_test_id("requests-total").get_attribute("data-value"))
            page.wait_for_timeout(100)
    finally:
        work.join()
    assert len(seen) > 3, f"the total jumped: {sorted(seen)}"
    shows_totals(page)
    expect(chart).to_have_attribute("data-points", "60")
    expect(page.get_by_test_id("chart-visitors")).to_have_attribute("data-points", "60")
    expect(page.get_by_test_id("progress").locator("li")).to_have_attribute("data-state", "done")
    page.get_by_test_id("progress").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_test_id("progress").locator("li")).to_have_count(0)


def test_a_page_opened_later_shows_the_same_totals_from_history(open_page, server, access_log):
    ingest(server, access_log)
    page = open_page()
    shows_totals(page)
    assert page.get_by_test_id("bytes-total").text_content() == "2.75 GB"
    page.get_by_text("last minute", exact=True).click()
    recent = page.get_by_test_id("top-paths").locator("li").first
    expect(recent).not_to_have_attribute("data-value", "807")


def test_the_load_chart_gets_readings(open_page, server):
    moment = {"cpu": 0.5, "memory": 0.25, "memoryUsed": 4_000_000_000, "memoryTotal": 16_000_000_000}
    start = 1_700_000_000_000
    publish_many(server, [{"time": start + n * 1000, **moment} for n in range(20)], "system.load")
    chart = open_page().get_by_test_id("chart-load")
    expect(chart).not_to_have_attribute("data-points", "0")
    expect(chart.locator("path").first).to_be_attached()


def test_an_event_source_reads_a_compressed_stream_and_comes_back(open_page, server):
    page = open_page(expected=LOST_SERVER)
    codings = []
    page.on(
        "response",
        lambda response: "/v1/events" in response.url and codings.append(response.headers.get("content-encoding")),
    )
    page.evaluate(
        """() => {
          window.taken = [];
          const source = new EventSource("/v1/events?topic=sourced");
          source.onopen = () => window.taken.push("open");
          source.onmessage = (event) => window.taken.push(JSON.parse(event.data).n);
        }"""
    )

    def has_taken(*items):
        wanted = json.dumps(items, separators=(",", ":"))
        page.wait_for_function("wanted => JSON.stringify(window.taken) === wanted", arg=wanted)

    has_taken("open")
    taken = ["open"]
    for number in range(5):
        publish(server, {"n": number, "text": "again and again " * 20 * (number % 2)}, topic="sourced")
        taken.append(number)
        has_taken(*taken)
    assert codings == ["gzip"]
    server.restart()
    taken.append("open")
    has_taken(*taken)
    publish(server, {"n": 7, "text": "again and again " * 20}, topic="sourced")
    has_taken(*taken, 7)
    assert codings == ["gzip", "gzip"]


def test_the_feed_fills_pauses_and_goes_on(open_page, server):
    publish(server, {"n": 1}, "test.made")
    page = open_page()
    expect(rows(page, "test.made")).to_have_count(1)
    pause = page.get_by_test_id("pause")
    pause.click()
    expect(pause).to_have_attribute("aria-pressed", "true")
    publish(server, {"n": 2}, "test.made")
    publish(server, {"n": 3}, "test.made")
    expect(pause).not_to_have_attribute("data-value", "0")
    expect(rows(page, "test.made")).to_have_count(1)
    pause.click()
    expect(rows(page, "test.made")).to_have_count(3)
    expect(rows(page, "test.made").first).to_contain_text('{"n":3}')
    assert offsets(page) == sorted(offsets(page), reverse=True)


def test_the_filter_hides_types_that_are_not_chosen(open_page, server):
    publish(server, {}, "test.kept")
    publish(server, {}, "test.hidden")
    page = open_page()
    expect(rows(page, "test.hidden")).to_be_visible()
    page.get_by_test_id("filter").get_by_role("checkbox", name="test.hidden").uncheck(force=True)
    expect(rows(page, "test.hidden")).to_be_hidden()
    expect(rows(page, "test.kept")).to_be_visible()
    publish(server, {}, "test.hidden")
    publish(server, {}, "test.kept")
    expect(rows(page, "test.kept")).to_have_count(2)
    expect(rows(page, "test.hidden").first).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    expect(rows(page, "test.hidden").first).to_be_visible()


def test_what_users_publish_stays_text(open_page, server):
    publish(server, "<img src=x onerror=alert(1)>", "<b>bold</b>")
    page = open_page()
    row = page.get_by_test_id("feed").locator("li", has_text="<img src=x onerror=alert(1)>")
    expect(row).to_be_visible()
    assert page.locator("main img, main b").count() == 0


def test_data_of_another_shape_harms_nothing(open_page, server):
    publish_many(server, [None, 7, "x", [], {"start": "x"}, {"start": 1e300, "end": 2}], "requests.rate")
    publish_many(server, [{"job": "odd", "state": 5, "percent": "x"}, None], "progress")
    publish_many(server, [{"time": 1e300}, {"time": None}, "x"], "system.load")
    page = open_page()
    expect(page.get_by_test_id("progress").locator("li")).to_have_count(1)
    expect(page.get_by_test_id("requests-total")).to_have_attribute("data-value", "0")


def test_a_lost_connection_is_caught_up_each_event_once(open_page, server):
    links, is_blocked = [], []

    def route(link):
        if is_blocked:
            link.close(code=1013, reason="not yet")
            return
        link.connect_to_server()
        links.append(link)

    publish(server, {"n": 0}, "test.before")
    page = open_page(before=lambda page: page.route_web_socket("**/ws", route))
    is_blocked.append(True)
    links[-1].close(code=3005, reason="a test took it away")
    status = page.get_by_test_id("status")
    expect(status).to_have_attribute("data-state", "offline")
    expect(status).to_contain_text("next try in")
    publish_many(server, [{"n": n} for n in range(450)])
    publish(server, {"n": 451}, "test.after")
    is_blocked.clear()
    is_live(page)
    expect(rows(page, "test.after")).to_have_count(1)
    expect(rows(page, "test.before")).to_have_count(1)
    found = offsets(page)
    assert found == list(range(found[0], found[-1] - 1, -1)), "offsets are missing or come twice"
    expect(page.get_by_test_id("gap")).to_have_count(0)
    expect(page.get_by_test_id("life")).to_be_hidden()


def test_a_killed_server_is_a_new_life_with_totals_of_its_own(open_page, server, access_log):
    ingest(server, access_log)
    page = open_page(expected=LOST_SERVER)
    shows_totals(page)
    server.restart()
    expect(page.get_by_test_id("life")).to_contain_text("Server restarted")
    is_live(page)
    expect(page.get_by_test_id("requests-total")).to_have_attribute("data-value", "0")
    expect(page.get_by_test_id("chart-requests")).to_have_attribute("data-points", "0")
    ingest(server, access_log)
    shows_totals(page)
    page.get_by_test_id("life").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_test_id("life")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 360])
def test_a_phone_needs_no_sideways_scrolling(open_page, server, access_log, width):
    ingest(server, access_log)
    publish(server, {"long": "x" * 300}, "test." + "y" * 80)
    page = open_page()
    page.set_viewport_size({"width": width, "height": 740})
    shows_totals(page)
    expect(rows(page, "test." + "y" * 80)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_chart_is_read_with_the_keyboard(open_page, server, access_log):
    ingest(server, access_log)
    page = open_page()
    chart = page.get_by_test_id("chart-requests")
    expect(chart).to_have_attribute("data-points", "60")
    expect(chart.locator(".readout")).to_contain_text("21:05:50")  # the log's last window
    newest = chart.locator(".readout").text_content()
    chart.locator("svg.plot").focus()
    page.keyboard.press("Home")
    expect(chart.locator(".readout")).not_to_have_text(newest)
    page.keyboard.press("End")
    expect(chart.locator(".readout")).to_have_text(newest)


def test_nothing_moves_for_those_who_asked_for_it(open_page, server):
    page = open_page(reduced_motion="reduce")
    publish(server, {}, "test.made")
    expect(rows(page, "test.made")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0
