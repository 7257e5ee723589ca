# SPDX-License-Identifier: Apache-2.0
"""SIGTERM under load: what was acknowledged is there after the restart, and sessions go on where they were.

WEIR_SESSIONS is how many sessions there are, 200 by default.
"""

import collections
import os
import signal

from support.api import API
from support.compare import assert_same_sequence
from support.crowd import Crowd
from support.ledger import Ledger, batch_data, check_whole
from support.process import wait_until
from support.publishers import HTTPPublisher, WebSocketPublisher, stop_all

SESSION_COUNT = int(os.environ.get("WEIR_SESSIONS", 200))
TOPIC = "full-news"
BEFORE, AFTER = 60, 100


def publish(server, ledger, by, count):
    """Publishes so many events, one by one, outside of the publishers."""
    api = API(server.url)
    for batch in range(1, count + 1):
        ledger.note_sent(by, batch, 1)
        receipt = api.publish(ledger.topic, batch_data(by, batch, 1))
        ledger.note_acknowledged(by, batch, 1, receipt)
    return receipt


def test_sessions_resume_after_an_orderly_restart_under_load(start_server):
    server = start_server("--data", "data", "--durable", "full*", config={"drain": "2s"})
    ledger = Ledger(TOPIC)
    first = publish(server, ledger, "begin", 1)
    crowd = Crowd(server, TOPIC, f"{TOPIC}:{first['epoch']}:{first['lastOffset']}", SESSION_COUNT)
    crowd.start()
    crowd.wait_until_subscribed()

    # Slow enough for the sessions, which share one thread.
    publishers = [
        HTTPPublisher(server, ledger, "json", keyed=True, pause_seconds=0.4),
        HTTPPublisher(server, ledger, "json", pause_seconds=0.4),
        WebSocketPublisher(server, ledger, pause_seconds=2),
    ]
    for publisher in publishers:
        publisher.start()
    wait_until(lambda: ledger.acknowledged_count >= BEFORE, f"{BEFORE} acknowledgements", 120)
    server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0
    for publisher in publishers:
        publisher.check()
    # Those with a key get their answer now. Sessions miss fewer events than a recovery gives.
    server.start()
    publish(server, ledger, "meanwhile", AFTER)
    stop_all(publishers)
    publish(server, ledger, "end", 1)
    crowd.finish()

    events = check_whole(ledger, API(server.url)).events
    data = [event["data"] for event in events]
    for session in crowd.sessions:
        assert_same_sequence(session.items, data[session.first - 1 :], type(session).__name__)
    check_goodbyes(crowd)


def check_goodbyes(crowd):
    """Each was told that the server ends, and could take up what it had missed."""
    closings = collections.Counter(code for session in crowd.web_sockets for code in session.endings.elements())
    refused = {"ConnectionRefusedError", "InvalidStatus", "OSError"}
    assert closings[3001] == len(crowd.web_sockets), closings
    assert closings.keys() - refused == {3001}, closings
    recovered = [dict(session.recoveries) for session in crowd.web_sockets]
    assert all(recovery == {True: 1} for recovery in recovered), collections.Counter(map(str, recovered))
    ends = collections.Counter(code for session in crowd.event_streams for code in session.endings.elements())
    assert ends["end of the body"] >= len(crowd.event_streams), ends
