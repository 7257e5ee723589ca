# SPDX-License-Identifier: Apache-2.0
"""What the server says, to the letter: every error, every close code, every end of a subscription."""

import concurrent.futures
import contextlib
import re
import struct
import time

import httpx
import pytest
import websockets

from support.process import WeirServer, wait_until
from support.realtime import API_KEY, ROOMS, configuration, subscription_token, token
from support.sockets import Closed, RawCentrifuge, RawWebSocket
from support.talk import Talk

TOPICS = {
    **ROOMS,
    "small*": {"maximumCount": 4, "allow": {"users": ["sub", "pub", "hst"]}},
    "stored*": {"durable": "full", "allow": {"users": ["sub", "pub", "hst"]}},
    "quiet": {"allow": {"users": ["sub", "prs"]}},
}

CONNECTED = """
    → {"id":1,"connect":{"token":"TOKEN"}}
    ← {"id":1,"connect":{"client":"CLIENT","version":"VERSION","expires":true,"ttl":TTL,"ping":25,"pong":true,"session":"CLIENT","time":TIME}}
"""  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("server")
    more = {
        "topics": TOPICS,
        "onlyListedTopics": True,
        "data": str(directory / "data"),
        "maximumTopics": 2_000,
    }
    server = WeirServer(directory, config=configuration(directory, **more))
    yield server
    server.close()


@pytest.fixture
def talk(server):
    with Talk(server) as talk:
        yield talk


@pytest.fixture
def ada(talk):
    """A conversation whose client is connected."""
    talk.follow(CONNECTED, TOKEN=token("ada"))
    return talk


def api(server, method, **fields):
    response = httpx.post(f"{server.url}/api/{method}", json=fields, headers={"X-API-Key": API_KEY})
    assert response.status_code == 200 and "error" not in response.json(), response.text
    return response.json()["result"]


# MARK: Commands


def test_a_whole_conversation(ada, server):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:talk"}}
        ← {"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
        → {"id":3,"publish":{"channel":"room:talk","data":{"n":1}}}
        ← {"id":3,"publish":{}}
        ← {"push":{"channel":"room:talk","pub":{"data":{"n":1},"offset":1}}}
        → {"id":4,"presence":{"channel":"room:talk"}}
        ← {"id":4,"presence":{"presence":{"CLIENT":{"user":"ada","client":"CLIENT"}}}}
        → {"id":5,"presence_stats":{"channel":"room:talk"}}
        ← {"id":5,"presence_stats":{"num_clients":1,"num_users":1}}
        → {"id":6,"history":{"channel":"room:talk","limit":10}}
        ← {"id":6,"history":{"publications":[{"data":{"n":1},"offset":1}],"epoch":"EPOCH","offset":1}}
        → {"id":7,"history":{"channel":"room:talk"}}
        ← {"id":7,"history":{"publications":[],"epoch":"EPOCH","offset":1}}
        → {"id":8,"rpc":{"method":"weir.topic","data":{"topic":"room:talk"}}}
        ← {"id":8,"rpc":{"data":{"topic":"room:talk","epoch":"EPOCH","firstOffset":1,"lastOffset":1}}}
        → {"id":9,"rpc":{"method":"weir.time"}}
        ← {"id":9,"rpc":{"data":{"time":TIME}}}
        → {"send":{"data":1}}
        → {"id":10,"ping":{}}
        ← {"id":10,"ping":{}}
        → {"id":11,"refresh":{"token":"TOKEN"}}
        ← {"id":11,"refresh":{"client":"CLIENT","version":"VERSION","expires":true,"ttl":TTL}}
        → {"id":12,"unsubscribe":{"channel":"room:talk"}}
        ← {"id":12,"unsubscribe":{}}
        → {"id":13,"subscribe":{"channel":"room:talk","recover":true,"epoch":"EPOCH","offset":0}}
        ← {"id":13,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":1,"was_recovering":true,"recovered":true,"publications":[{"data":{"n":1},"offset":1}]}}
    """)


def test_a_publication_has_the_attributes_that_its_publisher_gave(ada, server):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:tags"}}
        ← {"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
    """)
    fields = {
        "ce-type": "order",
        "ce-subject": "s",
        "ce-id": "i",
        "ce-time": "2026-01-01T12:00:00Z",
        "ce-kind": "x",
    }
    httpx.post(f"{server.url}/v1/topics/room:tags/events", json=1, headers={"X-API-Key": API_KEY, **fields})
    ada.follow("""
        ← {"push":{"channel":"room:tags","pub":{"data":1,"offset":1,"tags":{"kind":"x","type":"order","id":"i","subject":"s","time":"2026-01-01T12:00:00Z"}}}}
    """)


def test_several_commands_in_one_message(ada):
    ada.say({"id": 2, "ping": {}}, {"id": 3, "subscribe": {"channel": "room:two"}}, {"id": 4, "ping": {}})
    ada.follow("""
        ← {"id":2,"ping":{}}
        ← {"id":3,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
        ← {"id":4,"ping":{}}
    """)


def test_a_subscription_by_token_is_refreshed(ada, server):
    ada.follow(
        """
        → {"id":2,"subscribe":{"channel":"quiet?a","token":"FIRST"}}
        ← {"id":2,"subscribe":{"expires":true,"ttl":TTL,"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
        → {"id":3,"sub_refresh":{"channel":"quiet?a","token":"SECOND"}}
        ← {"id":3,"sub_refresh":{"expires":true,"ttl":TTL}}
        """,
        FIRST=subscription_token("ada", "quiet"),
        SECOND=subscription_token("ada", "quiet", 60),
    )


def test_joins_and_leaves_are_told(ada, server):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:door","join_leave":true}}
        ← {"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
    """)
    with Talk(server, token("bob", info={"name": "Bob"})) as bob:
        bob.ask("subscribe", channel="room:door")
        who = f'{{"info":{{"user":"bob","client":"{bob.connected["client"]}","conn_info":{{"name":"Bob"}}}}}}'
        assert news_of_others(ada) == f'{{"push":{{"channel":"room:door","join":{who}}}}}'
    assert news_of_others(ada) == f'{{"push":{{"channel":"room:door","leave":{who}}}}}'


def news_of_others(talk):
    """What is told next; that of the client itself may come at any place among it."""
    while '"user":"ada"' in (line := talk.hear_line()):
        pass
    return line


def test_what_the_server_does_by_its_api_is_told(ada, server):
    api(server, "subscribe", user="ada", channel="room:given", data={"x": 1})
    ada.follow("""
        ← {"push":{"channel":"room:given","subscribe":{"recoverable":true,"epoch":"EPOCH","offset":0,"positioned":true,"data":{"x":1}}}}
    """)
    api(server, "publish", channel="room:given", data="hello")
    ada.follow("""
        ← {"push":{"channel":"room:given","pub":{"data":"hello","offset":1}}}
    """)
    api(server, "refresh", user="ada", expire_at=int(time.time()) + 100)
    ada.follow("""
        ← {"push":{"channel":"","refresh":{"expires":true,"ttl":TTL}}}
    """)


# MARK: Errors


def test_101_before_connect(talk):
    talk.follow("""
        → {"id":1,"subscribe":{"channel":"room:1"}}
        ← {"id":1,"error":{"code":101,"message":"unauthorized: connect first"}}
        ✕ 3501 bad request: connect first
    """)


def test_102_a_channel_that_the_configuration_does_not_have(ada):
    ada.follow(
        """
        → {"id":2,"subscribe":{"channel":"nowhere","token":"PERMIT"}}
        ← {"id":2,"error":{"code":102,"message":"unknown channel: the configuration does not allow a topic 'nowhere'; add it under \\"topics\\""}}
        """,
        PERMIT=subscription_token("ada", "nowhere"),
    )


def test_103_without_a_grant(ada):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"user:#bob"}}
        ← {"id":2,"error":{"code":103,"message":"permission denied: no grant 'sub' for 'user:#bob'; it belongs to the users behind its '#', whose tokens a server with \\"identity\\" takes"}}
        → {"id":3,"publish":{"channel":"open:1","data":1}}
        ← {"id":3,"error":{"code":103,"message":"permission denied: no grant 'pub' for 'open:1'; its token's \\"caps\\" or the server's \\"allow\\" would give it"}}
    """)


def test_104_no_such_method(ada):
    ada.follow("""
        → {"id":2,"dance":{}}
        ← {"id":2,"error":{"code":104,"message":"method not found: dance"}}
        → {"id":3,"rpc":{"method":"dance"}}
        ← {"id":3,"error":{"code":104,"message":"method not found: rpc 'dance'"}}
    """)


def test_105_subscribed_already(ada):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:once"}}
        ← {"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
        → {"id":3,"subscribe":{"channel":"room:once"}}
        ← {"id":3,"error":{"code":105,"message":"already subscribed"}}
        → {"id":4,"subscribe":{"channel":"room:once?again"}}
        ← {"id":4,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
    """)


def test_106_too_many_channels(ada):
    for number in range(128):
        assert "error" not in ada.ask("subscribe", channel=f"room:many?{number}")
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:many"}}
        ← {"id":2,"error":{"code":106,"message":"limit exceeded: 128 channels"}}
    """)


def test_107_a_field_that_cannot_be_read(ada):
    ada.follow("""
        → {"id":2,"subscribe":{}}
        ← {"id":2,"error":{"code":107,"message":"bad request: 'channel' is missing"}}
        → {"id":3,"publish":{"channel":"room:1"}}
        ← {"id":3,"error":{"code":107,"message":"bad request: 'data' is missing"}}
        → {"id":4,"subscribe":{"channel":7}}
        ← {"id":4,"error":{"code":107,"message":"bad request: 'channel' is not a string"}}
        → {"id":5,"subscribe":{"channel":"room:1","tf":{"key":"a","cmp":"gt","val":"x"}}}
        ← {"id":5,"error":{"code":107,"message":"bad request: tf, field val: gt compares decimal numbers; write one such as \\"-12.5\\", without an exponent"}}
        → {"id":6,"sub_refresh":{"channel":"room:1","token":"x"}}
        ← {"id":6,"error":{"code":107,"message":"bad request: there is no subscription to 'room:1'"}}
    """)


def test_108_what_is_not_kept(ada):
    ada.follow("""
        → {"id":2,"presence":{"channel":"quiet"}}
        ← {"id":2,"error":{"code":108,"message":"not available: presence of 'quiet'; the configuration's \\"presence\\" turns it on"}}
    """)


def test_109_a_token_that_has_expired(talk):
    talk.follow(
        """
        → {"id":1,"connect":{"token":"OLD"}}
        ← {"id":1,"error":{"code":109,"message":"token expired: give a newer one"}}
        ✕ 3005 expired
        """,
        OLD=token("ada", -3600),
    )


def test_109_a_refresh_with_one(ada):
    ada.follow(
        """
        → {"id":2,"refresh":{"token":"OLD"}}
        ← {"id":2,"error":{"code":109,"message":"token expired: give a newer one"}}
        → {"id":3,"subscribe":{"channel":"quiet","token":"GONE"}}
        ← {"id":3,"error":{"code":109,"message":"token expired: give a newer one"}}
        """,
        OLD=token("ada", -3600),
        GONE=subscription_token("ada", "quiet", -3600),
    )


def test_111_too_many_at_once(ada):
    ada.say(*({"id": number, "publish": {"channel": "stored", "data": number}} for number in range(2, 102)))
    replies = [ada.hear_line() for _ in range(100)]
    refused = [reply for reply in replies if "error" in reply]
    assert refused, "none was too many"
    number = refused[0].split(",")[0]
    assert refused[0] == (
        f'{number},"error":{{"code":111,"message":"too many requests: 64 publishes of this client wait already"'
        ',"temporary":true}}'
    )
    assert len(replies) - len(refused) >= 64


def test_112_a_place_that_is_gone(ada):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:1","recover":true,"epoch":"another","offset":1,"flag":2}}
        ← {"id":2,"error":{"code":112,"message":"unrecoverable position"}}
        → {"id":3,"history":{"channel":"room:1","limit":1,"since":{"offset":5,"epoch":"another"}}}
        ← {"id":3,"error":{"code":112,"message":"unrecoverable position"}}
        → {"id":4,"subscribe":{"channel":"room:1","recover":true,"epoch":"another","offset":1}}
        ← {"id":4,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0,"was_recovering":true,"recovered":false}}
    """)


# MARK: Ends of subscriptions


def test_2000_by_the_api(ada, server):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:out"}}
        ← {"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
    """)
    api(server, "unsubscribe", user="ada", channel="room:out")
    ada.follow("""
        ← {"push":{"channel":"room:out","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}}
    """)


def test_2501_when_its_token_ends(ada):
    ada.follow(
        """
        → {"id":2,"subscribe":{"channel":"quiet","token":"PERMIT"}}
        ← {"id":2,"subscribe":{"expires":true,"ttl":TTL,"recoverable":true,"positioned":true,"epoch":"EPOCH","offset":0}}
        ← {"push":{"channel":"quiet","unsubscribe":{"code":2501,"reason":"subscription expired"}}}
        """,
        PERMIT=subscription_token("ada", "quiet", 2),
    )


def overrun(server, channel, **subscribe):
    """A client that does not read until its topic has moved past it; returns what it hears of that."""
    client = RawCentrifuge(server.port, connect=False, receive_buffer_bytes=4_096)
    client.send(
        {"id": 1, "connect": {"token": token("ada")}},
        {"id": 2, "subscribe": {"channel": channel, **subscribe}},
    )
    assert "error" not in client.reply_to(1) and "error" not in client.reply_to(2)
    data = "x" * 400_000
    for _ in range(24):
        api(server, "publish", channel=channel, data=data)
    last = 0
    while True:
        push = client.next_push()
        if "pub" not in push or push["pub"]["data"] is None:
            client.cut()
            return last, push
        last = push["pub"]["offset"]


def test_2500_when_entries_were_gone_before_they_were_sent(server):
    _, push = overrun(server, "small:1")
    assert push == {"channel": "small:1", "unsubscribe": {"code": 2500, "reason": "insufficient state"}}


def test_a_gap_is_told_to_who_asked(server):
    last, push = overrun(server, "small:2", data={"gaps": True})
    missed = push["pub"]["offset"]
    expected = {"data": None, "offset": missed, "tags": {"weir-gap": f"{last + 1}-{missed}"}}
    assert push == {"channel": "small:2", "pub": expected} and missed > last


# MARK: Closes


def test_3005_when_its_token_ends(talk):
    talk.follow(CONNECTED + "    ✕ 3005 expired", TOKEN=token("ada", 2))


def test_3005_and_3503_by_the_api(server):
    for method, fields, end in [
        ("refresh", {"expired": True}, "✕ 3005 expired"),
        ("disconnect", {}, "✕ 3503 force disconnect"),
        ("disconnect", {"disconnect": {"code": 4200, "reason": "later"}}, "✕ 4200 later"),
    ]:
        with Talk(server) as talk:
            talk.follow(CONNECTED, TOKEN=token("eve"))
            api(server, method, user="eve", **fields)
            talk.follow(end)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("nothing", "a token has three parts with a dot between them"),
        (lambda: token("ada", aud="other"), "the token is for another audience"),
    ],
)
def test_3500_a_token_that_is_none(talk, given, why):
    given = given() if callable(given) else given
    talk.follow(
        """
        → {"id":1,"connect":{"token":"TOKEN"}}
        ✕ 3500 invalid token: WHY
    """.replace("WHY", why),
        TOKEN=given,
    )


def test_3500_a_refresh_with_a_token_of_somebody_else(ada):
    ada.follow(
        """
        → {"id":2,"refresh":{"token":"TOKEN"}}
        ✕ 3500 invalid token: it is another user's
    """,
        TOKEN=token("eve"),
    )


def test_107_what_a_subscription_asks_for_and_there_is_not(ada):
    ada.follow("""
        → {"id":2,"subscribe":{"channel":"room:d","data":{"pip":[]}}}
        ← {"id":2,"error":{"code":107,"message":"bad request: a subscription's 'data' has no member 'pip'; did you mean 'pipe'? It has pipe, overrun, gaps, table"}}
        → {"id":3,"subscribe":{"channel":"room:d","data":"x"}}
        ← {"id":3,"error":{"code":107,"message":"bad request: a subscription's 'data' is not an object such as {\\"pipe\\":[…]}"}}
        → {"id":4,"subscribe":{"channel":"room:d","data":{"gaps":1}}}
        ← {"id":4,"error":{"code":107,"message":"bad request: 'gaps' in a subscription's data is neither true nor false"}}
    """)


@pytest.mark.parametrize("text", ["hello", "[]", '{"id":1}', '{"connect":{}}', '{"id":1,"connect":'])
def test_3501_what_is_no_command(talk, text):
    talk.socket.send(text)
    talk.follow("""✕ 3501 bad request: a command is a line of JSON such as {"id":1,"connect":{}}""")


def test_3501_connected_already(ada):
    ada.follow("""
        → {"id":2,"connect":{}}
        ✕ 3501 bad request: 'connect' comes once
    """)


def test_3001_when_the_server_ends(start_server, tmp_path):
    server = start_server(config=configuration(tmp_path))
    with Talk(server) as talk:
        talk.follow(CONNECTED, TOKEN=token("ada"))
        server.terminate()
        talk.follow("✕ 3001 shutdown")


@pytest.mark.soak
def test_3502_and_3012_to_who_says_nothing(server):
    """One does not connect, two do not answer a ping, one of them in Protobuf; all wait at the same time."""

    def end_of(talk):
        with pytest.raises(websockets.ConnectionClosed) as end:
            talk.socket.recv(30)
        return end.value.rcvd.code, end.value.rcvd.reason

    def silent():
        with Talk(server) as talk:
            return end_of(talk)

    def deaf():
        with Talk(server, token("ada")) as talk:
            assert talk.hear_line(seconds=30) == "{}"
            return end_of(talk)

    def deaf_in_protobuf():
        with Talk(server, subprotocols=["centrifuge-protobuf"]) as talk:
            talk.socket.send(command(1, CONNECT, field(1, token("ada"))))
            talk.socket.recv(15)
            assert talk.socket.recv(30) == b"\x00"
            return end_of(talk)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        ends = [pool.submit(one) for one in (silent, deaf, deaf_in_protobuf)]
        assert [end.result() for end in ends] == [(3502, "stale"), (3012, "no pong"), (3012, "no pong")]


def refused(server, reason):
    text = httpx.get(f"{server.url}/metrics", headers={"X-API-Key": API_KEY}).text
    return int(re.search(rf'weir_refused_total\{{reason="{reason}"\}} (\d+)', text)[1])


def test_3008_to_who_takes_too_little(start_server, tmp_path):
    """The close frame waits behind what was not taken, and may be lost with it."""
    server = start_server(config=configuration(tmp_path, maximumOutboundBytes=65_536))
    client = RawCentrifuge(server.port, connect=False, receive_buffer_bytes=4_096)
    client.send({"id": 1, "connect": {"token": token("ada")}})
    api(server, "publish", channel="room:1", data="x" * 60_000)
    client.send(
        {"id": 2, "history": {"channel": "room:1", "limit": 1}}, {"id": 3, "subscribe": {"channel": "room:1"}}
    )
    sender = SlowReader(client)
    wait_until(
        lambda: sender.ask_again() or refused(server, "slow_reader"), "the end of who takes too little"
    )
    with pytest.raises(Closed) as end:
        while True:
            client.read()
    assert end.value.code in (3008, None), end.value


class SlowReader:
    """Asks for history again and again, and reads nothing."""

    def __init__(self, client):
        self.client = client

    def ask_again(self):
        with contextlib.suppress(OSError):
            for _ in range(50):
                self.client.send({"id": 9, "history": {"channel": "room:1", "limit": 1}})


def test_1013_when_much_is_held_for_all(start_server, tmp_path):
    """Messages that never become whole are held; with the budget spent, who sends more is let go."""
    server = start_server(config=configuration(tmp_path, maximumHeldBytes=1 << 20))
    half = b"\x81\xfe" + struct.pack("!H", 65_000) + b"\0\0\0\0" + b"x" * 60_000
    clients = [RawWebSocket(server.port) for _ in range(40)]
    for client in clients:
        client._socket.sendall(half)
    wait_until(lambda: refused(server, "memory"), "one that is let go")
    codes = set()
    for client in clients:
        try:
            client.read_text(seconds=0.2)
        except Closed as end:
            codes.add(end.code)
        except TimeoutError:
            pass
        client.cut()
    assert codes == {1013}


BROKEN = {
    "1002 a reserved bit": (b"\xf1\x80\0\0\0\0", 1002),
    "1002 without a mask": (b"\x81\x02{}", 1002),
    "1003 bytes where text is spoken": (b"\x82\x80\0\0\0\0", 1003),
    "1007 not UTF-8": (b"\x81\x82\0\0\0\0\xc3\x28", 1007),
    "1008 too many pings": (b"\x89\x80\0\0\0\0" * 150, 1008),
    "1008 too many fragments": (b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 200, 1008),
    "1009 too large": (b"\x81\xff" + struct.pack("!Q", 1 << 20) + b"\0\0\0\0", 1009),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_websocket_protocol_is_kept(server, name):
    bytes_sent, code = BROKEN[name]
    client = RawWebSocket(server.port)
    client._socket.sendall(bytes_sent)
    with pytest.raises(Closed) as end:
        client.read_text()
    assert end.value.code == code, end.value
    client.cut()


# MARK: Protobuf


def framed(*messages):
    return b"".join(bytes([len(message)]) + message for message in messages)


def field(number, content):
    """A field with a length; text or bytes."""
    content = content.encode() if isinstance(content, str) else content
    head = bytes([number << 3 | 2])
    return (
        head
        + (
            bytes([len(content)])
            if len(content) < 128
            else bytes([len(content) & 127 | 128, len(content) >> 7])
        )
        + content
    )


def command(number, method, body=b""):
    message = b"\x08" + bytes([number]) + field(method, body)
    length = len(message)
    return (bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])) + message


CONNECT, SUBSCRIBE, PUBLISH, PING = 4, 5, 7, 11


@pytest.fixture
def protobuf(server):
    with Talk(server, subprotocols=["centrifuge-protobuf"]) as talk:
        assert talk.socket.subprotocol == "centrifuge-protobuf"
        yield talk


def test_protobuf_is_spoken_when_asked_for(protobuf):
    protobuf.socket.send(command(1, CONNECT, field(1, token("ada"))))
    reply = protobuf.socket.recv(15)
    # Reply {id = 1, connect (5) = {client (1), version (2), …}}
    assert reply[1:4] == b"\x08\x01\x2a" and b"weir" in reply, reply
    protobuf.socket.send(command(2, SUBSCRIBE, field(1, "room:proto")) + command(3, PING))
    replies = protobuf.socket.recv(15)
    assert replies[1:4] == b"\x08\x02\x32", replies
    if not replies.endswith(b"\x04\x08\x03\x62\x00"):
        assert protobuf.socket.recv(15) == b"\x04\x08\x03\x62\x00"
    protobuf.socket.send(command(4, PUBLISH, field(1, "room:proto") + field(2, "[7]")))
    heard = b""
    # Push (4) {channel (2), pub (4) = {data (4), offset (6) = 1}}
    publication = field(4, field(2, "room:proto") + field(4, field(4, "[7]") + b"\x30\x01"))
    wanted = [framed(publication), b"\x04\x08\x04\x42\x00"]
    while len(heard) < sum(map(len, wanted)):
        heard += protobuf.socket.recv(15)
    assert heard in (wanted[0] + wanted[1], wanted[1] + wanted[0]), heard


def test_protobuf_says_errors(protobuf):
    protobuf.socket.send(command(1, SUBSCRIBE, field(1, "room:1")))
    error = field(2, b"\x08\x65" + field(2, "unauthorized: connect first"))
    assert protobuf.socket.recv(15) == framed(b"\x08\x01" + error)
    protobuf.follow("✕ 3501 bad request: connect first")


def test_the_answer_to_a_ping_is_one_zero_byte(protobuf):
    protobuf.socket.send(command(1, CONNECT, field(1, token("ada"))))
    protobuf.socket.recv(15)
    protobuf.socket.send(b"\x00")
    protobuf.socket.send(command(2, PING))
    assert protobuf.socket.recv(15) == b"\x04\x08\x02\x62\x00"


UNFRAMED = "a message is commands, each behind its length as a varint"
UNKNOWN = "a command is the protocol's message Command, with an id"


@pytest.mark.parametrize(
    "message, words",
    [(b"\x05\x08", UNFRAMED), (b"\xff" * 12, UNFRAMED), (b"\x02\xff\xff", UNKNOWN), (b"\x02\x08\x01", UNKNOWN)],
)
def test_protobuf_that_is_broken_closes_with_3501(protobuf, message, words):
    protobuf.socket.send(message)
    protobuf.follow(f"✕ 3501 bad request: {words}")


def test_text_where_protobuf_is_spoken_closes_with_1003(protobuf):
    protobuf.socket.send("{}")
    protobuf.follow("✕ 1003 text is not understood")


def test_json_is_spoken_with_who_names_nothing_that_is_known(server):
    for names, chosen in [(["centrifuge-json"], "centrifuge-json"), (["other"], None), (None, None)]:
        with Talk(server, subprotocols=names) as talk:
            assert talk.socket.subprotocol == chosen
            talk.follow(CONNECTED, TOKEN=token("ada"))
    with Talk(server, subprotocols=["centrifuge-protobuf", "centrifuge-json"]) as talk:
        assert talk.socket.subprotocol == "centrifuge-json"
