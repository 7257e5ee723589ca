# SPDX-License-Identifier: Apache-2.0
"""Many sessions, cut off at random bytes all the time, and a server that is killed: nobody misses anything.

Each gets exactly what its topics have, or exactly but for the gaps that it was told of. The short form runs by
itself; WEIR_DISCONNECTS=long is the long one.
"""

import asyncio
import collections
import os
import random
import re

import httpx

from support.chained import ChainSession, HoldSession
from support.cutting import CuttingProxy
from support.realtime import API_KEY, configuration, run, token
from support.restless import ENDS, CentrifugeSession, SpokenSession, StreamSession

IS_LONG = os.environ.get("WEIR_DISCONNECTS") == "long"
SESSION_COUNT, SECONDS = (200, 60) if IS_LONG else (60, 15)
ALLOWED = {"users": ["sub", "hst"]}
# Some topics recover little, so that sessions are told that they have not recovered and page what they
# missed; some keep so little that it is gone.
RULES = {
    "much:*": {"durable": "full", "allow": ALLOWED},
    "little:*": {"durable": "full", "maximumRecovery": 5, "allow": ALLOWED},
    "scarce:*": {"durable": {"maximumCount": 8}, "maximumCount": 8, "allow": ALLOWED},
}
TOPICS = (
    [f"much:{n}" for n in range(8)] + [f"little:{n}" for n in range(8)] + [f"scarce:{n}" for n in range(4)]
)
KINDS = [SpokenSession, SpokenSession, ChainSession, HoldSession, CentrifugeSession, StreamSession]
# Derived topics end soon after their last reader has left, so that they are rebuilt for those who return.
CHAINS = {"lingering": "500ms"}
SEED = int(os.environ.get("WEIR_DISCONNECTS_SEED", random.randrange(1 << 32)))
KEY = {"X-API-Key": API_KEY}


def test_nobody_misses_anything(start_server, tmp_path):
    print(f"seed {SEED}")
    server = start_server(config=configuration(tmp_path, data=str(tmp_path / "data"), topics=RULES, chains=CHAINS))
    run(lambda: Trial(server, random.Random(SEED)).run())


def event(topic, n):
    return {"n": n, "topic": topic, "even": n % 2 == 0, "group": n % 3}


class Trial:
    """One run: publishers, sessions and the proxy between them and the server."""

    def __init__(self, server, chance):
        self.server, self.chance = server, chance
        self.published = collections.Counter()
        self.is_over = False

    async def run(self):
        self.http = httpx.AsyncClient(base_url=self.server.url, headers=KEY, timeout=30, trust_env=False)
        self.proxy = CuttingProxy(self.server.port, self.chance)
        await self.proxy.start()
        publishers = [asyncio.ensure_future(self.publish(topic)) for topic in TOPICS]
        await self.until(lambda: all(self.published[topic] for topic in TOPICS), "every topic to be there")
        self.sessions = [self.session(number) for number in range(SESSION_COUNT)]
        running = [asyncio.ensure_future(session.run()) for session in self.sessions]
        try:
            await self.let_happen(running)
            # An event stream has begun with its first event, so events must come until all have one.
            self.proxy.calm()
            await self.until(lambda: all(s.has_begun for s in self.sessions), "all to have begun", running)
            self.is_over = True
            await asyncio.gather(*publishers)
            events = {topic: self.events(topic) for topic in TOPICS}
            await self.until(
                lambda: all(session.has_all(events) for session in self.sessions),
                lambda: f"the end of {[s.name for s in self.sessions if not s.has_all(events)]}",
                running,
            )
            await self.compare()
            await self.check_chains()
        finally:
            for task in [*running, *publishers]:
                task.cancel()
            await asyncio.gather(*running, *publishers, return_exceptions=True)
            await self.proxy.stop()
            await self.http.aclose()
        self.report()

    async def let_happen(self, running):
        """The time in which it happens; in the middle of it the server is killed and comes back."""
        for part in range(2):
            done, _ = await asyncio.wait(running, timeout=SECONDS / 2, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if part == 0:
                await asyncio.to_thread(self.server.restart)

    def session(self, number):
        kind = KINDS[number % len(KINDS)]
        # A chain over a topic that keeps next to nothing would begin anew all the time.
        topics = [topic for topic in TOPICS if not issubclass(kind, ChainSession) or "scarce" not in topic]
        topics = self.chance.sample(topics, self.chance.randint(1, 3))
        name = f"{kind.__name__}-{number}"
        chance = random.Random(self.chance.random())
        claims = {"caps": kind.grants} if kind.grants else {}
        return kind(
            name, self.proxy.port, topics, token(f"user-{number}", 3_600, **claims), self.history, chance
        )

    async def publish(self, topic):
        """Publishes numbered events until the trial is over.

        What was not acknowledged is published again under its key, and so is stored once.
        """
        number = 0
        while not self.is_over:
            count = self.chance.randint(1, 4)
            events = [event(topic, n) for n in range(number, number + count)]
            answer = await self.ask(
                "POST",
                f"/v1/topics/{topic}/events",
                json=events,
                headers={"Idempotency-Key": f"{topic}-{number}"},
            )
            number += count
            assert answer["lastOffset"] == number, f"{topic}: {number} events, {answer}"
            self.published[topic] = number
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    def events(self, topic):
        """What was published, by offset."""
        return [(n + 1, event(topic, n)) for n in range(self.published[topic])]

    async def history(self, topic, after, limit):
        return await self.ask("GET", f"/v1/topics/{topic}/events", params={"after": after, "limit": limit})

    async def ask(self, method, path, **options):
        """Asks the server, again while it is away."""
        while True:
            try:
                response = await self.http.request(method, path, **options)
            except ENDS:
                await asyncio.sleep(0.1)
                continue
            if response.status_code in (409, 503):
                await asyncio.sleep(0.1)
                continue
            assert response.status_code == 200, f"{method} {path}: {response.text}"
            return response.json()

    async def until(self, condition, what, running=(), seconds=120):
        """Waits until something holds; a session that has failed fails it."""
        for _ in range(seconds * 20):
            if condition():
                return
            for task in running:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")

    async def compare(self):
        """Compares what each topic keeps, and what each session got, with what was published."""
        for topic in TOPICS:
            events = self.events(topic)
            kept, after = [], 0
            while after is not None:
                page = await self.history(topic, after, 1_000)
                kept += [(event["offset"], event["data"]) for event in page["events"]]
                after = page["next"]
            assert kept == (events[-len(kept) :] if "scarce" in topic else events), topic
            for session in self.sessions:
                if topic in session.ledgers:
                    session.check(topic, events)

    async def check_chains(self):
        """Derived topics have ended for want of readers, and were made again for those who came back."""
        text = (await self.http.get("/metrics")).text
        counts = {
            event: int(re.search(rf'weir_chains_total\{{event="{event}"\}} (\d+)', text)[1])
            for event in ("made", "rebuilt", "expired")
        }
        print(f"chains {counts}")
        assert counts["rebuilt"] and counts["expired"], counts

    def report(self):
        told, entries = collections.Counter(), 0
        for session in self.sessions:
            for ledger in session.ledgers.values():
                told += ledger.told
                entries += len(ledger.entries)
        print(
            f"{sum(self.published.values())} events, {entries} delivered, cuts {self.proxy.cuts}, told {dict(told)}"
        )
        # How often depends on the machine; that it happens does not.
        assert min(self.proxy.cuts.values()) > SESSION_COUNT / 4, self.proxy.cuts
        assert told["recovered"] and told["not recovered"] and told["streamed"], told
