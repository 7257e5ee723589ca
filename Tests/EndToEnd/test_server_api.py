# SPDX-License-Identifier: Apache-2.0
"""The server's API, as the library `cent` calls it, and what clients notice of it."""

import asyncio

import cent
import httpx
import pytest

from support.realtime import API_KEY, Record, client, configuration, run, token


@pytest.fixture
def server(start_server, tmp_path):
    return start_server(config=configuration(tmp_path))


@pytest.fixture
def backend(server):
    return cent.Client(f"{server.url}/api", api_key=API_KEY)


def test_what_is_published_is_in_history(server, backend):
    first = backend.publish(cent.PublishRequest(channel="room:1", data={"n": 1}, tags={"k": "v"}))
    again = backend.publish(cent.PublishRequest(channel="room:1", data={"n": 2}, idempotency_key="a"))
    twice = backend.publish(cent.PublishRequest(channel="room:1", data={"n": 2}, idempotency_key="a"))
    assert (first.offset, again.offset, twice.offset) == (1, 2, 2)
    page = backend.history(cent.HistoryRequest(channel="room:1", limit=10))
    assert [pub.data for pub in page.publications] == [{"n": 1}, {"n": 2}]
    assert page.publications[0].tags == {"k": "v"}
    assert (page.offset, page.epoch) == (2, first.epoch)
    page = backend.history(
        cent.HistoryRequest(
            channel="room:1", limit=10, since=cent.StreamPosition(offset=1, epoch=first.epoch)
        )
    )
    assert [pub.offset for pub in page.publications] == [2]
    backend.history_remove(cent.HistoryRemoveRequest(channel="room:1"))
    page = backend.history(cent.HistoryRequest(channel="room:1", limit=10))
    assert (page.publications, page.offset) == ([], 2)


def test_asking_for_history_makes_no_topic(server, backend):
    page = backend.history(cent.HistoryRequest(channel="room:nobody", limit=10))
    assert (page.publications, page.offset, page.epoch) == ([], 0, "")
    backend.history_remove(cent.HistoryRemoveRequest(channel="room:nobody"))
    topics = httpx.get(f"{server.url}/v1/topics", headers={"X-API-Key": API_KEY}).text
    assert "room:nobody" not in topics
    with pytest.raises(cent.CentApiResponseError) as error:
        backend.history(cent.HistoryRequest(channel="no name", limit=10))
    assert error.value.code == 107


def test_a_broadcast_and_a_batch_answer_each_part(server, backend):
    result = backend.broadcast(cent.BroadcastRequest(channels=["room:1", "room:2"], data=1))
    assert [response.result.offset for response in result.responses] == [1, 1]
    replies = backend.batch(
        cent.BatchRequest(
            requests=[
                cent.PublishRequest(channel="room:1", data=2),
                cent.HistoryRequest(channel="room:1", limit=1, reverse=True),
            ]
        )
    ).replies
    assert replies[0].offset == 2
    assert replies[1].publications[0].data == 2


def test_an_error_has_its_code(server, backend):
    lost = cent.StreamPosition(offset=9, epoch="x")
    for call, request, code in [
        (backend.publish, cent.PublishRequest(channel="a b", data=1), 107),
        (backend.presence, cent.PresenceRequest(channel="other"), 108),
        (backend.history, cent.HistoryRequest(channel="room:1", since=lost), 112),
    ]:
        with pytest.raises(cent.CentApiResponseError) as failure:
            call(request)
        assert failure.value.code == code


def test_who_has_no_key_may_do_nothing(server):
    with pytest.raises(cent.CentUnauthorizedError):
        cent.Client(f"{server.url}/api", api_key="some other key of a test").info(cent.InfoRequest())
    for fields in [{}, {"Authorization": f"Bearer {token('ada')}"}, {"X-API-Key": ""}]:
        response = httpx.post(f"{server.url}/api/info", json={}, headers=fields)
        assert response.status_code == 401
    response = httpx.post(
        f"{server.url}/api/info", json={}, headers={"Authorization": f"apikey {API_KEY}"}
    )
    assert response.status_code == 200


def test_sessions_are_reached(server, backend):
    async def main():
        record, other = Record(), Record()
        ada, bob = client(server, "ada", record=record), client(server, "bob", record=other)
        for one in [ada, bob]:
            await one.connect()
            await one.ready()
        call = asyncio.to_thread
        await call(backend.subscribe, cent.SubscribeRequest(user="ada", channel="news", data={"x": 1}))
        await record.wait_for(lambda: record.of("subscribed"))
        assert record.of("subscribed")[0].data == {"x": 1}
        await call(backend.publish, cent.PublishRequest(channel="news", data=7))
        await record.wait_for(lambda: record.of("publication"))
        channels = (await call(backend.channels, cent.ChannelsRequest(pattern="n*"))).channels
        assert {name: info.num_clients for name, info in channels.items()} == {"news": 1}
        node = (await call(backend.info, cent.InfoRequest())).nodes[0]
        assert (node.num_clients, node.num_users, node.num_subs, node.num_channels) == (2, 2, 1, 1)
        await call(backend.unsubscribe, cent.UnsubscribeRequest(user="ada", channel="news"))
        await record.wait_for(lambda: record.of("unsubscribed"))
        await call(backend.refresh, cent.RefreshRequest(user="bob", expired=True))
        # The client gets no other token, so it is let in again with what it has.
        await other.wait_for(lambda: 3005 in other.of("connecting"))
        await call(backend.disconnect, cent.DisconnectRequest(user="ada"))
        await record.wait_for(lambda: record.of("disconnected"))
        assert record.of("disconnected") == [3503]
        await bob.disconnect()

    run(main)


def test_presence_is_told(server, backend):
    async def main():
        ada = client(server, "ada")
        await ada.connect()
        await ada.ready()
        subscription = ada.new_subscription("room:1", events=Record())
        await subscription.subscribe()
        await subscription.ready()
        there = await asyncio.to_thread(backend.presence, cent.PresenceRequest(channel="room:1"))
        assert [info.user for info in there.presence.values()] == ["ada"]
        stats = await asyncio.to_thread(
            backend.presence_stats, cent.PresenceStatsRequest(channel="room:1")
        )
        assert (stats.num_clients, stats.num_users) == (1, 1)
        await ada.disconnect()

    run(main)
