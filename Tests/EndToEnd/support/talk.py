# SPDX-License-Identifier: Apache-2.0
"""Conversations over WebSocket by the `websockets` library, word by word."""

import contextlib
import json
import re

import websockets
import websockets.sync.client

# What differs from run to run stands as a word in a transcript.
PLACEHOLDERS = {
    "CLIENT": r"\d+-\d+",
    "EPOCH": r"[0-9a-z]{10,14}",
    "TIME": r"\d{13}",
    "VERSION": r"weir \d+\.\d+\.\d+",
    "TTL": r"\d{1,3}",
}


class Talk:
    """A conversation: nothing is answered or read behind the test's back."""

    def __init__(self, server, token=None, **options):
        self._stack = contextlib.ExitStack()
        options = {"proxy": None, "compression": None, **options}
        self.socket = self._stack.enter_context(websockets.sync.client.connect(server.ws_url, **options))
        self._lines = []
        self._number = 0
        self.known = {}
        if token is not None:
            self.connected = self.ask("connect", token=token)["connect"]

    # MARK: Commands

    def ask(self, method, /, **fields):
        """Sends a command; returns the reply to it, whatever else comes before."""
        self._number += 1
        self.say({"id": self._number, method: fields})
        while (message := self.hear()).get("id") != self._number:
            pass
        return message

    def error(self, method, /, **fields):
        """Sends a command that is refused; returns the code."""
        reply = self.ask(method, **fields)
        assert "error" in reply, f"{method} was not refused: {reply}"
        return reply["error"]["code"]

    def say(self, *commands):
        self.socket.send("\n".join(json.dumps(command) for command in commands))

    def hear(self, seconds=15):
        """Returns the next object."""
        return json.loads(self.hear_line(seconds))

    def hear_line(self, seconds=15):
        while not self._lines:
            self._lines = [line for line in self.socket.recv(seconds).split("\n") if line]
        return self._lines.pop(0)

    def end(self, seconds=15):
        """Reads to the end of the conversation; returns the close code."""
        try:
            while True:
                self.socket.recv(seconds)
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd, f"no close frame: {closed}"
            return closed.rcvd.code

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # MARK: Transcripts

    def follow(self, transcript, **words):
        """Says and hears what a transcript has.

        A line begins with what it is: `→` for what the client sends, `←` for what the server sends, `✕` for
        the code and the reason of its close. Words in capitals are given, stand for anything of their kind,
        or for what they stood for before.
        """
        self.known |= words
        for line in transcript.strip().splitlines():
            kind, text = line.strip().split(" ", 1)
            if kind == "→":
                self.socket.send(self._filled(text))
            elif kind == "←":
                self._expect(text, self.hear_line())
            else:
                self._expect_end(text)

    def _filled(self, text):
        return re.sub(r"\b[A-Z][A-Z_]+\b", lambda word: self.known.get(word[0], word[0]), text)

    def _expect(self, text, heard):
        names = []

        def pattern(word):
            if word[0] in self.known:
                return re.escape(self.known[word[0]])
            names.append(word[0])
            return f"({PLACEHOLDERS[word[0]]})"

        wanted = re.sub(r"\b(?:" + "|".join([*PLACEHOLDERS, *self.known]) + r")\b", pattern, re.escape(text))
        found = re.fullmatch(wanted, heard)
        assert found, f"expected {text}\n   heard {heard}"
        self.known |= {
            name: value for name, value in zip(names, found.groups()) if name in ("EPOCH", "CLIENT")
        }

    def _expect_end(self, text):
        code, _, reason = text.partition(" ")
        try:
            heard = self.socket.recv(15)
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd, f"no close frame: {closed}"
            assert (closed.rcvd.code, closed.rcvd.reason) == (int(code), reason), closed.rcvd
        else:
            raise AssertionError(f"expected the end with {text}, heard {heard}")
