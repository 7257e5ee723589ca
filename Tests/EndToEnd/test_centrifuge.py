# SPDX-License-Identifier: Apache-2.0
"""The unmodified Centrifuge client for Python, in both forms of the protocol, against a server with keys."""

import asyncio
import json

import centrifuge
import httpx
import pytest

from support.realtime import API_KEY, Record, client, configuration, run, subscription_token, token

FORMS = [pytest.param(False, id="json"), pytest.param(True, id="protobuf")]


@pytest.fixture
def server(start_server, tmp_path):
    return start_server(config=configuration(tmp_path))


def encoded(value, use_protobuf):
    """Data as the form of the protocol takes it."""
    return json.dumps(value).encode() if use_protobuf else value


def decoded(data):
    return json.loads(data) if isinstance(data, bytes) else data


def publish(server, topic, *events, tags=None):
    """Publishes over HTTP; answers the offsets."""
    for event in events:
        fields = {f"ce-{name}": value for name, value in (tags or {}).items()}
        response = httpx.post(
            f"{server.url}/v1/topics/{topic}/events",
            json=event,
            headers={"X-API-Key": API_KEY, **fields},
        )
        assert response.status_code == 200, response.text


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_a_client_connects_subscribes_and_publishes(server, use_protobuf):
    async def main():
        record = Record()
        ada = client(server, "ada", use_protobuf=use_protobuf)
        await ada.connect()
        await ada.ready()
        subscription = ada.new_subscription("room:1", events=record)
        await subscription.subscribe()
        await subscription.ready()
        for number in range(3):
            await subscription.publish(encoded({"n": number}, use_protobuf))
        await record.wait_for(lambda: len(record.of("publication")) == 3)
        publications = record.of("publication")
        assert [decoded(pub.data) for pub in publications] == [{"n": n} for n in range(3)]
        assert [pub.offset for pub in publications] == [1, 2, 3]
        publish(server, "room:1", {"n": 3}, tags={"kind": "x", "type": "t"})
        await record.wait_for(lambda: len(record.of("publication")) == 4)
        assert record.of("publication")[3].tags == {"kind": "x", "type": "t"}
        page = await subscription.history(limit=2, reverse=True)
        assert [decoded(pub.data)["n"] for pub in page.publications] == [3, 2]
        page = await subscription.history(
            limit=10, since=centrifuge.StreamPosition(offset=2, epoch=page.epoch)
        )
        assert [pub.offset for pub in page.publications] == [3, 4]
        await subscription.unsubscribe()
        await ada.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_who_is_there_is_known_and_told(server, use_protobuf):
    async def main():
        clients, records = [], []
        for user in ["ada", "bob"]:
            record = Record()
            one = client(server, token=token(user, info={"name": user}), use_protobuf=use_protobuf)
            await one.connect()
            await one.ready()
            subscription = one.new_subscription("room:1", events=record, join_leave=True)
            await subscription.subscribe()
            await subscription.ready()
            clients.append((one, subscription))
            records.append(record)
        await records[0].wait_for(lambda: any(info.user == "bob" for info in records[0].of("join")))
        there = await clients[0][1].presence()
        assert sorted(info.user for info in there.clients.values()) == ["ada", "bob"]
        assert {decoded(info.conn_info)["name"] for info in there.clients.values()} == {"ada", "bob"}
        stats = await clients[0][1].presence_stats()
        assert (stats.num_clients, stats.num_users) == (2, 2)
        await clients[1][0].disconnect()
        await records[0].wait_for(lambda: any(info.user == "bob" for info in records[0].of("leave")))
        assert len((await clients[0][1].presence()).clients) == 1
        await clients[0][0].disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_what_was_missed_is_recovered_after_the_connection_is_cut(server, use_protobuf):
    async def main():
        record = Record()
        ada = client(server, "ada", record=record, use_protobuf=use_protobuf)
        await ada.connect()
        await ada.ready()
        subscription = ada.new_subscription("room:1", events=record)
        await subscription.subscribe()
        await subscription.ready()
        publish(server, "room:1", *[{"n": number} for number in range(5)])
        await record.wait_for(lambda: len(record.of("publication")) == 5)
        for cut in range(3):
            ada._conn.transport.abort()
            publish(server, "room:1", *[{"n": 5 + 4 * cut + number} for number in range(4)])
            await record.wait_for(lambda: len(record.of("subscribed")) == cut + 2)
            await record.wait_for(lambda: len(record.of("publication")) == 9 + 4 * cut)
            told = record.of("subscribed")[-1]
            assert told.was_recovering and told.recovered
        assert [decoded(pub.data)["n"] for pub in record.of("publication")] == list(range(17))
        assert [pub.offset for pub in record.of("publication")] == list(range(1, 18))
        await ada.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_a_filter_lets_some_through(server, use_protobuf):
    async def main():
        record = Record()
        ada = client(server, "ada", use_protobuf=use_protobuf)
        await ada.connect()
        await ada.ready()
        wanted = centrifuge.Filter.all(
            centrifuge.Filter.eq("kind", "a"), centrifuge.Filter.gte("price", "10")
        )
        subscription = ada.new_subscription("room:1", events=record, tags_filter=wanted)
        await subscription.subscribe()
        await subscription.ready()
        for kind, price in [("a", "9"), ("b", "10"), ("a", "10"), ("a", "11.5"), ("b", "12")]:
            publish(server, "room:1", {"p": price}, tags={"kind": kind, "price": price})
        await record.wait_for(lambda: len(record.of("publication")) == 2)
        assert [decoded(pub.data)["p"] for pub in record.of("publication")] == ["10", "11.5"]
        await ada.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_calls_are_answered_or_refused(server, use_protobuf):
    async def main():
        ada = client(server, "ada", use_protobuf=use_protobuf)
        await ada.connect()
        await ada.ready()
        publish(server, "room:1", {"n": 1})
        answer = await ada.rpc("weir.topic", encoded({"topic": "room:1"}, use_protobuf))
        assert decoded(answer.data)["lastOffset"] == 1
        for method, code in [("nothing", 104), ("weir.topic", 107)]:
            with pytest.raises(centrifuge.ReplyError) as failure:
                await ada.rpc(method, encoded({}, use_protobuf))
            assert failure.value.code == code
        await ada.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_tokens_are_refreshed_before_they_end(server, use_protobuf):
    async def main():
        record, asked = Record(), []

        async def fetch():
            asked.append("connection")
            return token("ada", seconds=2)

        async def fetch_for(channel):
            asked.append(channel)
            return subscription_token("ada", channel, seconds=2)

        ada = client(server, record=record, token="", get_token=fetch, use_protobuf=use_protobuf)
        await ada.connect()
        await ada.ready()
        subscription = ada.new_subscription("secret", events=record, get_token=fetch_for)
        await subscription.subscribe()
        await subscription.ready()
        async def refreshed():
            while asked.count("connection") < 3 or asked.count("secret") < 3:
                await asyncio.sleep(0.1)

        await asyncio.wait_for(refreshed(), 60)
        assert record.of("disconnected") == [] and record.of("unsubscribed") == []
        publish(server, "secret", {"n": 1})
        await record.wait_for(lambda: record.of("publication"))
        await ada.disconnect()

    run(main)


@pytest.mark.parametrize("use_protobuf", FORMS)
def test_the_server_subscribes_a_client_to_what_its_token_says(server, use_protobuf):
    async def main():
        record = Record()
        ada = client(
            server, record=record, token=token("ada", channels=["user:#ada"]), use_protobuf=use_protobuf
        )
        await ada.connect()
        await ada.ready()
        publish(server, "user:%23ada", {"n": 1})
        await record.wait_for(lambda: record.of("publication"))
        ada._conn.transport.abort()
        publish(server, "user:%23ada", {"n": 2})
        await record.wait_for(lambda: len(record.of("publication")) == 2)
        assert [decoded(pub.data)["n"] for pub in record.of("publication")] == [1, 2]
        await ada.disconnect()

    run(main)


def test_nothing_is_allowed_that_was_not_granted(server):
    async def main():
        ada = client(server, "ada")
        await ada.connect()
        await ada.ready()
        for channel in ["other", "user:#bob", "room:1#bob"]:
            record = Record()
            subscription = ada.new_subscription(channel, events=record)
            await subscription.subscribe()
            await record.wait_for(lambda: record.of("unsubscribed"))
            assert record.of("unsubscribed") == [103]
            with pytest.raises(centrifuge.ReplyError) as failure:
                await ada.publish(channel, {"n": 1})
            assert failure.value.code == 103
        with pytest.raises(centrifuge.ReplyError) as failure:
            await ada.publish("open:1", {"n": 1})
        assert failure.value.code == 103
        await ada.disconnect()

    run(main)


def test_who_is_unknown_may_do_what_everybody_may(server):
    async def main():
        record = Record()
        stranger = client(server)
        await stranger.connect()
        await stranger.ready()
        subscription = stranger.new_subscription("open:1", events=record)
        await subscription.subscribe()
        await subscription.ready()
        publish(server, "open:1", {"n": 1})
        await record.wait_for(lambda: record.of("publication"))
        closed = stranger.new_subscription("room:1", events=(refused := Record()))
        await closed.subscribe()
        await refused.wait_for(lambda: refused.of("unsubscribed"))
        await stranger.disconnect()

    run(main)
