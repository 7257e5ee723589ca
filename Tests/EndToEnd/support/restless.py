# SPDX-License-Identifier: Apache-2.0
"""Subscribers that are cut off all the time, and account for every entry of their topics.

Each kind speaks the protocol its own way; all put what they get into ledgers.
"""

import asyncio
import collections
import json
import urllib.parse

import centrifuge
import httpx
import httpx_sse
import websockets
import websockets.asyncio.client

# What a connection ends with, wherever it is cut.
ENDS = (OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException, httpx.TransportError)


class Ledger:
    """All that one subscription got, without a hole that it was not told of."""

    def __init__(self, topic, name, history):
        self.topic, self.name, self.history = topic, name, history
        self.offset = self.epoch = self.start = None
        self.entries = []  # (offset, data)
        self.gaps = []  # (from, to), as it was told
        self.told = collections.Counter()

    def take(self, offset, data):
        assert offset == self.offset + 1, f"{self}: after {self.offset} came {offset}"
        self.offset = offset
        self.entries.append((offset, data))

    def begin(self, epoch, offset):
        """The first subscription: what comes after an offset is to be accounted for."""
        self.epoch, self.offset, self.start = epoch, offset, offset

    async def resume(self, epoch, offset, recovered, publications):
        """A later one, which has recovered everything or says that it has not."""
        assert epoch == self.epoch, f"{self}: the epoch was {self.epoch}, now it is {epoch}"
        self.told["recovered" if recovered else "not recovered"] += 1
        assert recovered or not publications, f"{self}: publications, but not recovered"
        for publication in publications:
            self.take(publication["offset"], publication.get("data"))
        if not recovered:
            await self.catch_up(offset)
        assert self.offset == offset, f"{self}: it is at {self.offset}, and was told {offset}"

    async def catch_up(self, last):
        """Pages what was missed; a hole in the history is one that is told."""
        while self.offset < last:
            page = await self.history(self.topic, self.offset, min(last - self.offset, 1_000))
            assert page["epoch"] == self.epoch, f"{self}: history of another life"
            if gap := page.get("gap"):
                # What comes behind `last` is sent, or told to be gone, by itself.
                self.note_gap(gap["from"], min(gap["to"], last))
            for event in page["events"]:
                if event["offset"] <= last:
                    self.take(event["offset"], event["data"])

    def note_gap(self, first, last):
        self.told["gap"] += 1
        assert first == self.offset + 1, f"{self}: a gap from {first} behind {self.offset}"
        self.gaps.append((first, last))
        self.offset = last

    def __str__(self):
        return f"{self.name} in {self.topic}"


class Session:
    """A subscriber of several topics."""

    # For how long it is away: that is what is tried here, so that there is something to recover.
    pauses = [0, 0.05, 0.3, 1]
    # What its token allows beside what everybody may.
    grants = None

    def __init__(self, name, port, topics, token, history, chance):
        self.name, self.port, self.token, self.chance = name, port, token, chance
        self.ledgers = {topic: Ledger(topic, name, history) for topic in topics}

    def subscription_data(self, topic):
        """What it asks for in `data`, such as a chain or a policy."""
        return {}

    def has_all(self, events):
        """Whether nothing more will come once each topic has these events, each with its offset."""
        return all((ledger.offset or 0) >= events[topic][-1][0] for topic, ledger in self.ledgers.items())

    @property
    def has_begun(self):
        return all(ledger.epoch is not None for ledger in self.ledgers.values())

    def check(self, topic, events):
        """Compares what it got with what the topic has in the end."""
        ledger = self.ledgers[topic]
        told = {offset for first, last in ledger.gaps for offset in range(first, last + 1)}
        expected = [(offset, data) for offset, data in events if offset > ledger.start and offset not in told]
        assert ledger.entries == expected, (
            f"{ledger}: {len(ledger.entries)} entries, {len(expected)} expected"
        )

    async def run(self):
        """Connects again and again, after no time or some."""
        while True:
            try:
                await self.connect()
            except ENDS:
                pass
            await asyncio.sleep(self.chance.choice(self.pauses))


class SpokenSession(Session):
    """JSON over WebSocket, spoken by hand."""

    async def connect(self):
        url = f"ws://127.0.0.1:{self.port}/ws"
        compression = self.chance.choice([None, "deflate"])
        async with websockets.asyncio.client.connect(
            url, proxy=None, compression=compression, open_timeout=10, close_timeout=0.1
        ) as self.socket:
            await self.say({"id": 1, "connect": {"token": self.token}}, *self.subscriptions())
            async for text in self.socket:
                for line in text.splitlines():
                    await self.hear(json.loads(line))

    def subscriptions(self, *topics):
        self.waiting = {}
        for number, topic in enumerate(topics or self.ledgers, start=2):
            ledger = self.ledgers[topic]
            self.waiting[number] = ledger
            fields = {"channel": topic}
            if data := self.subscription_data(topic):
                fields["data"] = data
            if ledger.epoch:
                fields |= {"recover": True, "epoch": ledger.epoch, "offset": ledger.offset}
            yield {"id": number, "subscribe": fields}

    async def say(self, *commands):
        await self.socket.send("\n".join(json.dumps(command) for command in commands))

    async def hear(self, message):
        if not message:
            await self.say({})
        elif "push" in message:
            await self.hear_push(message["push"])
        elif "error" in message:
            assert message["error"].get("temporary"), f"{self.name}: {message}"
            await self.socket.close()
        elif "subscribe" in message:
            await self.hear_subscribed(self.waiting.pop(message["id"]), message["subscribe"])

    async def hear_subscribed(self, ledger, result):
        if ledger.epoch:
            publications = result.get("publications", [])
            await ledger.resume(result["epoch"], result["offset"], result["recovered"], publications)
        else:
            ledger.begin(result["epoch"], result["offset"])

    async def hear_push(self, push):
        ledger = self.ledgers[push["channel"]]
        if "unsubscribe" in push:
            assert push["unsubscribe"]["code"] >= 2500, f"{ledger}: {push}"
            ledger.told["unsubscribed"] += 1
            return await self.say(*self.subscriptions(ledger.topic))
        publication = push["pub"]
        if gap := publication.get("tags", {}).get("weir-gap"):
            first, last = map(int, gap.split("-"))
            return ledger.note_gap(first, last)
        ledger.take(publication["offset"], publication["data"])


class CentrifugeSession(Session):
    """The client library, in Protobuf; it reconnects by itself."""

    async def run(self):
        self.failure = asyncio.get_running_loop().create_future()
        client = centrifuge.Client(
            f"ws://127.0.0.1:{self.port}/ws",
            token=self.token,
            use_protobuf=True,
            proxy=None,
            max_reconnect_delay=1,
        )
        await client.connect()
        for topic, ledger in self.ledgers.items():
            subscription = client.new_subscription(
                topic,
                events=Listener(ledger, self.failure),
                max_resubscribe_delay=1,
                positioned=True,
                recoverable=True,
            )
            await subscription.subscribe()
        try:
            await self.failure
        finally:
            await client.disconnect()


class Listener(centrifuge.SubscriptionEventHandler):
    """Puts what the library tells into a ledger; what is wrong becomes the session's failure."""

    def __init__(self, ledger, failure):
        self.ledger, self.failure = ledger, failure
        # While history is paged, the library may go on with what comes after it.
        self.turn = asyncio.Lock()

    async def on_subscribed(self, context):
        async with self.turn:
            await self.begin_or_resume(context, context.stream_position)

    async def begin_or_resume(self, context, position):
        try:
            if not context.was_recovering:
                assert self.ledger.epoch is None, f"{self.ledger}: subscribed anew"
                self.ledger.begin(position.epoch, position.offset)
            elif context.recovered:
                # What was missed follows as publications.
                self.ledger.told["recovered"] += 1
            else:
                await self.ledger.resume(position.epoch, position.offset, False, [])
        except AssertionError as fault:
            self.fail(fault)

    async def on_publication(self, context):
        async with self.turn:
            try:
                self.ledger.take(context.pub.offset, json.loads(context.pub.data))
            except AssertionError as fault:
                self.fail(fault)

    async def on_unsubscribed(self, context):
        self.fail(AssertionError(f"{self.ledger}: unsubscribed for good, {context.code}"))

    def fail(self, fault):
        if not self.failure.done():
            self.failure.set_exception(fault)


class StreamSession(Session):
    """Server-sent events of all its topics in one stream; it resumes by the last id alone."""

    last_id = None

    async def connect(self):
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        parameters = [("envelope", "cloudevents"), *(("topic", topic) for topic in self.ledgers)]
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            url = f"http://127.0.0.1:{self.port}/v1/events"
            async with httpx_sse.aconnect_sse(
                client, "GET", url, params=parameters, headers=headers
            ) as source:
                if source.response.status_code == 503:
                    return
                assert source.response.status_code == 200, await source.response.aread()
                async for event in source.aiter_sse():
                    self.hear(event)

    def hear(self, event):
        if not event.data:
            # The library makes an event of the empty line behind a comment too.
            return
        data = json.loads(event.data)
        if event.event == "weir.gap":
            self.ledgers[data["topic"]].note_gap(data["from"], data["to"])
        else:
            assert event.event != "weir.reset", f"{self.name}: {event}"
            self.take(urllib.parse.unquote(data["source"].rpartition("/")[2]), data, event.id)
        self.last_id = event.id

    def take(self, topic, data, identifier):
        offset = int(data["offset"])
        if not self.last_id:
            # The first id says where all the topics of the stream have begun.
            for place in identifier.split(","):
                name, epoch, position = place.split(":")
                name = urllib.parse.unquote(name)
                self.ledgers[name].begin(epoch, offset - 1 if name == topic else int(position))
        self.ledgers[topic].told["streamed"] += 1
        self.ledgers[topic].take(offset, data["data"])
