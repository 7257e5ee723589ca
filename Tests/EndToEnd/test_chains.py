# SPDX-License-Identifier: Apache-2.0
"""A pipeline inside a subscription: over WebSocket by an unmodified client, and over SSE."""

import asyncio
import json
import re
import threading

import centrifuge
import httpx
import httpx_sse
import pytest
import websockets.sync.client

from support.process import wait_until
from support.realtime import API_KEY, Record, client, configuration, run, token

LARGE = [
    {"filter": "type == 'purchase' && data.amount > 100"},
    {"select": {"amount": "data.amount", "region": "data.region"}},
]
COUNTS = [
    {"window": {"count": 10, "by": "data.region"}},
    {"aggregate": {"n": "count", "sum": {"sum": "data.amount"}}},
]
KEY = {"X-API-Key": API_KEY}
FORMS = [pytest.param(False, id="json"), pytest.param(True, id="protobuf")]


@pytest.fixture
def server(start_server, tmp_path):
    return start_server(config=configuration(tmp_path, chains={"lingering": "200ms"}))


def decoded(data):
    return json.loads(data) if isinstance(data, bytes) else data


def purchases(server, topic, *amounts):
    """Publishes purchases, of which every second one is in another region."""
    lines = [{"amount": amount, "region": "eu" if amount % 2 else "us"} for amount in amounts]
    response = httpx.post(
        f"{server.url}/v1/topics/{topic}/events", json=lines, headers={"ce-type": "purchase", **KEY}
    )
    assert response.status_code == 200, response.text


def running_chains(server):
    return httpx.get(f"{server.url}/v1/subscriptions", headers=KEY).json()["subscriptions"]


async def subscribed(server, user, channel, pipe, record, use_protobuf=False, **options):
    one = client(server, user, record=record, use_protobuf=use_protobuf, **options)
    await one.connect()
    await one.ready()
    data = {"pipe": pipe}
    subscription = one.new_subscription(
        channel, events=record, data=json.dumps(data).encode() if use_protobuf else data
    )
    await subscription.subscribe()
    return one, subscription


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_a_chain_gives_its_results_to_all_who_ask_for_the_same(server, use_protobuf):
    async def main():
        records = [Record(), Record()]
        spaced = json.loads(json.dumps(LARGE, indent=2))
        clients = []
        for record, pipe in zip(records, [LARGE, spaced]):
            one, subscription = await subscribed(
                server, "ada", "room:1?large", pipe, record, use_protobuf
            )
            await subscription.ready()
            clients.append(one)
        assert len(running_chains(server)) == 1
        await asyncio.to_thread(purchases, server, "room:1", 50, 150, 99, 201, 100, 300)
        for record in records:
            await record.wait_for(lambda record=record: len(record.of("publication")) == 3)
            assert [decoded(pub.data)["amount"] for pub in record.of("publication")] == [150, 201, 300]
            assert [pub.offset for pub in record.of("publication")] == [1, 2, 3]
        for one in clients:
            await one.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
@pytest.mark.parametrize("away", ["cut", "ended"])
def test_a_chain_survives_a_reconnect_also_when_it_had_ended(server, use_protobuf, away):
    async def main():
        whole, record = Record(), Record()
        # A reader of its own for comparison: it has another name of the channel, and stays.
        witness, witnessed = await subscribed(server, "bob", "room:1?w", COUNTS, whole)
        await witnessed.ready()
        ada, subscription = await subscribed(
            server, "ada", "room:1?counts", COUNTS, record, use_protobuf
        )
        await subscription.ready()
        for number in range(3):
            await asyncio.to_thread(purchases, server, "room:1", *range(40))
            await record.wait_for(lambda: record.of("publication"))
            if away == "ended":
                # Nobody reads it for longer than it is kept.
                place = subscription
                await ada.disconnect()
                await witness.disconnect()
                await asyncio.to_thread(
                    wait_until, lambda: running_chains(server) == [], "the end of the chain"
                )
                await asyncio.to_thread(purchases, server, "room:1", *range(40))
                for one, sub in [(ada, place), (witness, witnessed)]:
                    await one.connect()
                    await one.ready()
                    await sub.ready()
            else:
                ada._conn.transport.abort()
                await asyncio.to_thread(purchases, server, "room:1", *range(40))
            for one in (whole, record) if away == "ended" else (record,):
                times = 2 + number
                await one.wait_for(lambda: len(one.of("subscribed")) == times)
        await record.wait_for(lambda: len(record.of("publication")) == 24)
        await whole.wait_for(lambda: len(whole.of("publication")) == 24)
        results = [
            [(pub.offset, decoded(pub.data)) for pub in one.of("publication")] for one in (record, whole)
        ]
        assert results[0] == results[1]
        assert [offset for offset, _ in results[0]] == list(range(1, 25))
        assert all(told.recovered for told in record.of("subscribed")[1:])
        await ada.disconnect()
        await witness.disconnect()

    run(main)


@pytest.mark.parametrize(
    "pipe, words",
    [
        ([{"filter": "amount >"}], ["stage 1"]),
        ([{"filter": "type == 'a'"}, {"throtle": {"every": "1s"}}], ["stage 2", "throtle"]),
        ([{"window": {"tumbling": "10s", "by": "data.r", "keys": 1_000_000}},
          {"aggregate": {"n": "count"}}], ["stage 1", "keys"]),
        ([{"limit": 1}] * 17, ["16"]),
        ({"filter": "true"}, ["pipe"]),
    ],
)
def test_a_chain_that_is_wrong_is_refused_with_its_stage(server, pipe, words):
    async def main():
        record = Record()
        ada, _ = await subscribed(server, "ada", "room:1", pipe, record)
        with pytest.raises(AssertionError):
            await record.wait_for(lambda: record.of("subscribed"), seconds=0.3)
        assert 107 in record.of("unsubscribed") + record.of("error")
        await ada.disconnect()

    run(main)
    response = httpx.get(
        f"{server.url}/v1/events",
        params={"topic": "room:1", "pipe": json.dumps(pipe)},
        headers={"Authorization": f"Bearer {token('ada')}"},
    )
    assert response.status_code == 400
    assert all(word in response.json()["detail"] for word in words), response.text


def test_a_token_may_allow_less(server):
    async def main():
        for limits, code in [({"chain_cost": 1}, 107), ({"chains": 0}, 106), ({}, None)]:
            record = Record()
            ada, subscription = await subscribed(
                server, None, "room:1", LARGE, record, token=token("ada", limits=limits)
            )
            if code is None:
                await subscription.ready()
            else:
                await record.wait_for(lambda: code in record.of("unsubscribed") + record.of("error"))
            await ada.disconnect()

    run(main)


def test_what_a_chain_has_let_through_is_explained(server):
    async def main():
        record = Record()
        ada, subscription = await subscribed(server, "ada", "room:1", LARGE, record)
        await subscription.ready()
        await asyncio.to_thread(purchases, server, "room:1", 1, 2, 101)
        await record.wait_for(lambda: record.of("publication"))
        epoch = record.of("subscribed")[0].stream_position
        epoch = epoch.epoch if epoch else running_chains(server)[0]["epoch"]
        url = f"{server.url}/v1/subscriptions/{epoch}/explain"
        told = httpx.get(url, headers={"Authorization": f"Bearer {token('bob')}"})
        assert told.status_code == 200, told.text
        assert told.json()["source"] == "room:1"
        first = told.json()["stages"][0]
        assert (first["operator"], first["in"], first["out"]) == ("filter", 3, 1)
        assert httpx.get(url).status_code == 404
        await ada.disconnect()

    run(main)


def test_an_event_stream_has_a_chain_and_resumes_it_after_it_had_ended(server):
    headers = {"Authorization": f"Bearer {token('ada')}"}
    params = {"topic": "room:1", "pipe": json.dumps(COUNTS)}

    def read(count, last_id=None):
        """Reads so many results; publishes what they are made of once the stream is open."""
        got = []
        more = {"Last-Event-ID": last_id} if last_id else {}
        with httpx.Client(timeout=20) as http:
            with httpx_sse.connect_sse(
                http, "GET", f"{server.url}/v1/events", params=params, headers={**headers, **more}
            ) as source:
                assert source.response.status_code == 200
                purchases(server, "room:1", *range(40))
                for event in source.iter_sse():
                    got.append((event.id, json.loads(event.data)))
                    if len(got) == count:
                        return got
        return got

    first = read(2)
    wait_until(lambda: running_chains(server) == [], "the end of the chain")
    purchases(server, "room:1", *range(40))
    second = read(6, first[-1][0])
    offsets = [int(place.rsplit(":", 1)[1]) for place, _ in first + second]
    assert offsets == list(range(1, 9))
    assert len({place.rsplit(":", 1)[0] for place, _ in first + second}) == 1
    assert all(result["n"] == 10 for _, result in first + second)


class HeldReader:
    """A subscription that is waited for, on a connection that is only read when the test says so."""

    def __init__(self, server, longest, user="ada"):
        self.socket = websockets.sync.client.connect(server.ws_url, compression=None, proxy=None, legacy=True)
        grant = [{"channels": ["room:*"], "match": "wildcard", "allow": ["sub", "hold", "hst"]}]
        self.ask({"id": 1, "connect": {"token": token(user, caps=grant)}})
        overrun = {"policy": "hold", "max": longest}
        data = {"pipe": [{"filter": "true"}], "overrun": overrun, "gaps": True}
        self.answer = self.ask({"id": 2, "subscribe": {"channel": "room:1", "data": data}})

    def ask(self, command):
        self.socket.send(json.dumps(command))
        return json.loads(self.socket.recv(timeout=10))

    def publications(self):
        while True:
            for line in self.socket.recv(timeout=20).splitlines():
                if line == "{}":
                    self.socket.send(line)
                if publication := json.loads(line).get("push", {}).get("pub"):
                    yield publication


def publish_much(server, count):
    """Begins to publish so many events of 8 KiB as one stream; answers the thread and what it will hold."""
    lines = b"".join(json.dumps({"n": n, "x": "x" * 8192}).encode() + b"\n" for n in range(count))
    answers = []

    def post():
        answers.append(
            httpx.post(
                f"{server.url}/v1/topics/room:1/events",
                content=lines,
                headers={"Content-Type": "application/x-ndjson", **KEY},
                timeout=60,
            )
        )

    thread = threading.Thread(target=post)
    thread.start()
    return thread, answers


def held_publishes(server):
    metrics = httpx.get(f"{server.url}/metrics", headers=KEY).text
    return 'weir_topic_held_publishes{topic="room:1"} 1' in metrics


def test_a_client_that_is_waited_for_gets_everything_and_holds_its_publishers(server):
    reader = HeldReader(server, "30s")
    count = 8_000
    thread, answers = publish_much(server, count)
    wait_until(lambda: held_publishes(server), "a publisher that waits")
    numbers = [publication["data"]["n"] for _, publication in zip(range(count), reader.publications())]
    assert numbers == list(range(count))
    thread.join(30)
    assert answers[0].json()["accepted"] == count
    reader.socket.close()


def test_a_client_that_takes_too_long_is_not_waited_for_any_more(server):
    reader = HeldReader(server, "500ms")
    count = 8_000
    thread, answers = publish_much(server, count)
    thread.join(30)
    assert answers[0].json()["accepted"] == count
    seen, missed, offset = 0, 0, 0
    for publication in reader.publications():
        if gap := publication.get("tags", {}).get("weir-gap"):
            first, last = map(int, gap.split("-"))
            assert first == offset + 1
            missed += last - first + 1
            offset = last
        else:
            assert publication["offset"] == offset + 1
            seen, offset = seen + 1, offset + 1
        if offset == count:
            break
    assert missed > 0 and seen + missed == count
    reader.socket.close()


def test_being_waited_for_needs_a_grant(server):
    socket = websockets.sync.client.connect(server.ws_url, compression=None, proxy=None, legacy=True)
    socket.send(json.dumps({"id": 1, "connect": {"token": token("ada")}}))
    socket.recv(timeout=10)
    data = {"pipe": [{"filter": "true"}], "overrun": {"policy": "hold"}}
    socket.send(json.dumps({"id": 2, "subscribe": {"channel": "room:1", "data": data}}))
    assert json.loads(socket.recv(timeout=10))["error"]["code"] == 103
    socket.close()


def subscribing(server, user, numbers, **claims):
    """Asks for chains over one connection; the codes of the errors, and the socket, which keeps them."""
    socket = websockets.sync.client.connect(server.ws_url, compression=None, proxy=None, legacy=True)
    socket.send(json.dumps({"id": 1, "connect": {"token": token(user, **claims)}}))
    socket.recv(timeout=10)
    codes = []
    for number in numbers:
        data = {"pipe": [{"limit": number + 1}]}
        subscribe = {"channel": f"room:1?{number}", "data": data}
        socket.send(json.dumps({"id": number + 2, "subscribe": subscribe}))
        codes.append(json.loads(socket.recv(timeout=10)).get("error", {}).get("code"))
    return codes, socket


def test_one_client_has_its_share_of_chains_over_all_of_its_connections(start_server, tmp_path):
    server = start_server(config=configuration(tmp_path, chains={"maximumTopicsOfClient": 3}))
    refused = counted(server, "client_limit")
    first, one = subscribing(server, "ada", range(2))
    second, two = subscribing(server, "ada", range(1, 5))
    assert first == [None, None] and second == [None, None, 106, 106]
    headers = {"Authorization": f"Bearer {token('ada')}"}
    params = {"topic": "room:1", "pipe": json.dumps([{"limit": 9}])}
    answer = httpx.get(f"{server.url}/v1/events", params=params, headers=headers)
    assert answer.status_code == 429 and answer.json()["title"] == "Too many chains", answer.text
    assert counted(server, "client_limit") == refused + 3
    # Others have theirs.
    others, three = subscribing(server, "eve", range(2, 5))
    assert others == [None] * 3
    one.close()

    def has_room():
        codes, socket = subscribing(server, "ada", range(7, 8))
        socket.close()
        return codes == [None]

    wait_until(has_room, "room for another chain")
    two.close()
    three.close()


def counted(server, reason):
    text = httpx.get(f"{server.url}/metrics", headers={"X-API-Key": API_KEY}).text
    return int(re.search(rf'weir_refused_total\{{reason="{reason}"\}} (\d+)', text)[1])


def test_explain_shows_the_chain_as_it_was_sent(server):
    socket = websockets.sync.client.connect(server.ws_url, compression=None, proxy=None, legacy=True)
    socket.send(json.dumps({"id": 1, "connect": {"token": token("ada")}}))
    socket.recv(timeout=10)
    chain = [{"filter": "data.amount > 3"}, {"throttle": {"every": "500ms", "by": "data.job"}}]
    socket.send(json.dumps({"id": 2, "subscribe": {"channel": "room:shown", "data": {"pipe": chain}}}))
    epoch = json.loads(socket.recv(timeout=10))["subscribe"]["epoch"]
    headers = {"Authorization": f"Bearer {token('ada')}"}
    answer = httpx.get(f"{server.url}/v1/subscriptions/{epoch}/explain", headers=headers)
    assert answer.json()["chain"] == chain
    socket.close()
