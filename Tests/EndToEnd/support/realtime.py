# SPDX-License-Identifier: Apache-2.0
"""A server with keys, tokens for it, and recorders of what the Centrifuge client is told."""

import asyncio
import concurrent.futures
import time

import centrifuge
import jwt

SECRET = "a secret of more than 32 bytes, for tests"
API_KEY = "an API key of a test, long enough"

ROOMS = {
    "room:*": {
        "allow": {"users": ["sub", "pub", "prs", "hst"]},
        "presence": True,
        "joinLeave": True,
    },
    "open:*": {"allow": {"everybody": ["sub", "hst"]}},
    "user:*": {"presence": True},
}


def configuration(directory, **more):
    """A configuration with a key for tokens and one for the API; tokens end at their `exp`."""
    (directory / "secret").write_text(SECRET + "\n")
    (directory / "api-key").write_text(API_KEY + "\n")
    return {
        "identity": {"keys": [{"secretFile": str(directory / "secret")}], "leeway": "0s"},
        "apiKeys": [{"file": str(directory / "api-key")}],
        "topics": ROOMS,
        **more,
    }


def run(main):
    """Runs a coroutine function to its end, in a thread that has no event loop yet."""
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, main()).result()


def token(user, seconds=300, key=SECRET, algorithm="HS256", **claims):
    now = int(time.time())
    return jwt.encode({"sub": user, "iat": now, "exp": now + seconds, **claims}, key, algorithm)


def subscription_token(user, channel, seconds=300, **claims):
    return token(user, seconds, channel=channel, **claims)


class Record(centrifuge.SubscriptionEventHandler, centrifuge.ClientEventHandler):
    """Remembers everything in the order of its coming."""

    def __init__(self):
        self.events = []
        self.came = asyncio.Event()

    def _note(self, kind, value=None):
        self.events.append((kind, value))
        self.came.set()

    def of(self, kind):
        return [value for name, value in self.events if name == kind]

    async def wait_for(self, condition, seconds=15):
        async def look():
            while not condition():
                self.came.clear()
                await self.came.wait()

        try:
            await asyncio.wait_for(look(), seconds)
        except asyncio.TimeoutError:
            raise AssertionError(f"it did not come: {self.events}") from None

    async def on_connecting(self, ctx):
        self._note("connecting", ctx.code)

    async def on_connected(self, ctx):
        self._note("connected", ctx)

    async def on_disconnected(self, ctx):
        self._note("disconnected", ctx.code)

    async def on_subscribed(self, ctx):
        self._note("subscribed", ctx)

    async def on_unsubscribed(self, ctx):
        self._note("unsubscribed", getattr(ctx, "code", None))

    async def on_publication(self, ctx):
        self._note("publication", ctx.pub)

    async def on_join(self, ctx):
        self._note("join", ctx.info)

    async def on_leave(self, ctx):
        self._note("leave", ctx.info)

    async def on_error(self, ctx):
        self._note("error", ctx.code)


def client(server, user=None, *, record=None, use_protobuf=False, **options):
    """A Centrifuge client that is not connected yet."""
    if user is not None:
        options.setdefault("token", token(user))
    return centrifuge.Client(
        server.ws_url,
        events=record or Record(),
        use_protobuf=use_protobuf,
        proxy=None,
        **options,
    )
