# SPDX-License-Identifier: Apache-2.0
"""Subscribers that lose their connection again and again miss nothing, in order."""

import concurrent.futures
import random

import httpx
import pytest

from support import facts
from support.api import API, output_of
from support.compare import assert_same_sequence, assert_same_table
from support.process import wait_until
from support.readers import EventStreamReader, WebSocketReader

OUTPUT = "requests.rate"
WINDOW_COUNT = 504
SILENCE_SECONDS = 60


def read_with_cuts(reader, api, seed):
    """Reads all windows; is cut off every few and comes back when there is more to recover."""
    chance = random.Random(seed)
    cut_count = 0
    while len(reader.items) < WINDOW_COUNT:
        count = min(chance.randint(20, 90), WINDOW_COUNT - len(reader.items))
        try:
            reader.read(count, SILENCE_SECONDS)
        except (TimeoutError, httpx.TimeoutException) as silence:
            raise AssertionError(
                f"silent after {len(reader.items)} windows, {cut_count} cuts; last {reader.items[-1:]}"
            ) from silence
        reader.cut()
        if len(reader.items) == WINDOW_COUNT:
            break
        cut_count += 1
        missed = min(len(reader.items) + chance.randint(1, 20), WINDOW_COUNT)
        wait_until(
            lambda: api.topic_count(OUTPUT) >= missed, f"{missed} windows in {OUTPUT}", SILENCE_SECONDS
        )
        reader.open()
    return cut_count


@pytest.mark.parametrize("speed", ["50000x", "5000x"])
def test_two_clients_cut_off_see_what_history_holds(server, api, access_log, speed):
    readers = {
        "WebSocket": WebSocketReader(server, OUTPUT),
        "SSE": EventStreamReader(server, OUTPUT),
    }
    for reader in readers.values():
        reader.open()
    ingest = server.start_cli(
        "ingest", access_log, "--format", "combined", "--topic", "access", "--speed", speed, "--json"
    )
    with concurrent.futures.ThreadPoolExecutor() as pool:
        tasks = {
            name: pool.submit(read_with_cuts, reader, API(server.url), seed=number)
            for number, (name, reader) in enumerate(readers.items())
        }
    stdout, stderr = ingest.communicate(timeout=120)
    assert ingest.returncode == 0, stderr

    history = [event["data"] for event in api.history(OUTPUT)]
    for name, task in tasks.items():
        assert task.result() >= 4, f"{name} was cut off only {task.result()} times"
        assert_same_sequence(readers[name].items, history, f"{name} at {speed}")
    assert len(history) == WINDOW_COUNT
    assert_same_table(
        {facts.milliseconds(window["start"]): window["count"] for window in history},
        {
            start: window["count"]
            for start, window in facts.rate_by_window(facts.read_requests(access_log)).items()
        },
        "counts by window",
    )


def test_a_reader_that_was_away_from_the_start_recovers_everything(server, api, access_log):
    away = WebSocketReader(server, OUTPUT)
    away.open()
    away.cut()
    output_of(
        server.cli("ingest", access_log, "--format", "combined", "--topic", "access", "--json", timeout=300)
    )
    wait_until(lambda: api.topic_count(OUTPUT) == WINDOW_COUNT, f"{WINDOW_COUNT} windows")
    away.open()
    away.cut()
    history = [event["data"] for event in api.history(OUTPUT)]
    assert_same_sequence(away.items, history, "after being away")
    assert sum(away.resumptions.values()) == 1
