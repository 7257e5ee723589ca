# SPDX-License-Identifier: Apache-2.0
"""An upload of many numbered events, and what a topic has of it."""

import json

EVENTS = "/v1/topics/{}/events"
NDJSON = {"Content-Type": "application/x-ndjson"}
LINE_COUNT = 3_000


def numbered_lines():
    """Lines of NDJSON of many lengths, more than one piece of them."""
    return [json.dumps({"n": number, "text": "x" * (number % 500)}).encode() + b"\n" for number in range(LINE_COUNT)]


def numbers(api, topic):
    """The numbers of all events that the topic keeps."""
    return [event["data"]["n"] for event in api.history(topic)]
