# SPDX-License-Identifier: Apache-2.0
"""A server with keys of every algorithm, and a watch on what it counts and logs of refusals."""

import contextlib
import json
import re
import time

import httpx
import jwt
import websockets

from support.keys import SECRET, Keys
from support.process import wait_until
from support.realtime import API_KEY, ROOMS
from support.talk import Talk

ISSUER, AUDIENCE = "https://login.example", "app"
OTHER_PAGE, ANOTHER_PAGE = "http://app.example", "http://other.example"


class Guarded:
    """A server that takes tokens of four algorithms."""

    def __init__(self, start_server, directory, **more):
        """`start_server` is called with the configuration; `more` are fields of it."""
        self.keys = Keys(directory)
        (directory / "api-key").write_text(API_KEY + "\n")
        sources = [
            {"secretFile": str(self.keys.secret_file), "id": "secret"},
            {"keySetFile": str(self.keys.key_set)},
        ]
        identity = {"keys": sources, "issuer": ISSUER, "audience": AUDIENCE, **more.pop("identity", {})}
        self.server = start_server(
            config={
                "identity": identity,
                "apiKeys": [{"file": str(directory / "api-key")}],
                "topics": ROOMS,
                "allowedOrigins": [OTHER_PAGE, ANOTHER_PAGE],
                **more,
            }
        )
        self.url = self.server.url
        # What must not stand in the log.
        self.secrets = [SECRET, API_KEY]

    # MARK: Clients

    def token(self, user="ada", seconds=300, algorithm="HS256", header=None, **claims):
        now = int(time.time())
        claims = {"sub": user, "iat": now, "exp": now + seconds, "iss": ISSUER, "aud": AUDIENCE, **claims}
        if algorithm != "HS256":
            header = {"kid": algorithm, **(header or {})}
        return self.secret(jwt.encode(claims, self.keys.signing(algorithm), algorithm, headers=header))

    def secret(self, text):
        """Has the log searched for a text at the end; of a token for each of its parts."""
        self.secrets += [part for part in text.split(".") if len(part) > 8] or [text]
        return text

    def talk(self, token=None, **options):
        return Talk(self.server, token, **options)

    def get(self, path, token=None, **options):
        return httpx.get(self.url + path, headers=bearer(token), **options)

    def publish(self, topic, data, **headers):
        """Publishes with the API key; returns the offset."""
        path = f"{self.url}/v1/topics/{topic.replace('%', '%25').replace('#', '%23')}/events"
        response = httpx.post(path, json=data, headers={"X-API-Key": API_KEY, **headers})
        assert response.status_code == 200, response.text
        return response.json()["lastOffset"]

    def ticket(self, token, origin=None):
        headers = bearer(token) | ({"Origin": origin} if origin else {})
        response = httpx.post(f"{self.url}/v1/tickets", headers=headers)
        assert response.status_code == 200, response.text
        return self.secret(response.json()["ticket"])

    def revoke(self, **subject):
        response = httpx.post(f"{self.url}/v1/revocations", json=subject, headers={"X-API-Key": API_KEY})
        assert response.status_code == 204, response.text

    # MARK: What is refused

    def connect_refused(self, token):
        """Connects with a token that is refused; returns the code of the error, if any, and of the close."""
        with self.talk() as talk:
            talk.say({"id": 1, "connect": {"token": token}})
            codes = []
            try:
                while True:
                    codes.append(talk.hear().get("error", {}).get("code"))
            except websockets.ConnectionClosed as closed:
                return codes, closed.rcvd.code

    def refused(self, reason):
        response = httpx.get(f"{self.url}/metrics", headers={"X-API-Key": API_KEY})
        return int(re.search(rf'weir_refused_total\{{reason="{reason}"\}} (\d+)', response.text)[1])

    @contextlib.contextmanager
    def counting(self, reason, at_least=1):
        """What happens within is counted as refused for a reason."""
        before = self.refused(reason)
        yield
        wait_until(
            lambda: self.refused(reason) >= before + at_least,
            lambda: f"{at_least} more of {reason}: {before}, now {self.refused(reason)}",
        )

    def log(self):
        return self.server.log.read_text(errors="replace")

    def check_log(self):
        log = self.log()
        told = [secret for secret in self.secrets if secret in log]
        assert not told, f"the log tells {told}:\n{log}"


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def parts(value):
    """The text of a JSON value as a signer of tokens would hash it."""
    return json.dumps(value, separators=(",", ":")).encode()
