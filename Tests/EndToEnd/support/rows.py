# SPDX-License-Identifier: Apache-2.0
"""Tables over the wire: a client's copy of one, and rows over HTTP."""

import json
import urllib.parse

import httpx

from support.api import checked


class Rows:
    """The rows of one table over HTTP."""

    def __init__(self, url, topic, headers=None):
        self.http = httpx.Client(base_url=url, timeout=30, headers=headers)
        self.path = f"/v1/tables/{urllib.parse.quote(topic, safe='')}"

    def row_path(self, key):
        return f"{self.path}/{urllib.parse.quote(key, safe='')}"

    def put(self, key, value, **headers):
        return self.http.put(self.row_path(key), json=value, headers=headers)

    def get(self, key, **headers):
        return self.http.get(self.row_path(key), headers=headers)

    def delete(self, key, **headers):
        return self.http.delete(self.row_path(key), headers=headers)

    def page(self, after="", limit=1000):
        return checked(self.http.get(self.path, params={"after": after, "limit": limit}))

    def rest(self, after, limit=1000):
        """All rows behind a key."""
        rows = []
        while after is not None:
            page = self.page(after, limit)
            rows += page["snapshot"]
            after = page["next"]
        return rows

    def all(self, limit=1000):
        """Key and data of all rows."""
        return {row["key"]: row["data"] for row in self.rest("", limit)}


class Copy:
    """What a client has of a table: rows of a snapshot, then every change behind it in order."""

    def __init__(self):
        self.rows = {}
        self.epoch = self.offset = None
        self.snapshots = 0

    def begin(self, rows, epoch, offset):
        self.rows = {row["key"]: row["data"] for row in rows}
        self.epoch, self.offset = epoch, offset
        self.snapshots += 1

    def take(self, publication):
        """Takes a publication; one that is not the next is a hole or a double."""
        offset = publication["offset"]
        assert offset == self.offset + 1, f"after {self.offset} came {publication}"
        self.offset = offset
        tags = publication.get("tags", {})
        if "weir-deleted" in tags:
            assert publication["data"] is None
            self.rows.pop(tags["weir-deleted"], None)
        else:
            self.rows[tags["subject"]] = publication["data"]

    def subscribed(self, reply, rest):
        """Takes the answer to a subscription; `rest` reads the rows behind a key."""
        snapshot = (reply.get("data") or {}).get("snapshot")
        if snapshot is None:
            assert reply["recovered"] is True
            assert reply["epoch"] == self.epoch
            for publication in reply.get("publications", []):
                self.take(publication)
        else:
            assert not reply.get("recovered", False) and not reply.get("publications")
            following = reply["data"]["next"]
            rows = snapshot + (rest(following) if following is not None else [])
            self.begin(rows, reply["epoch"], reply["offset"])
        assert self.offset == reply["offset"]

    @property
    def request(self):
        """What a subscription asks for that goes on with this copy."""
        if self.epoch is None:
            return {"data": {"table": True}}
        return {"data": {"table": True}, "recover": True, "epoch": self.epoch, "offset": self.offset}


class StreamedCopy:
    """What a client has of a table by an event stream, as `docs/tables.md` describes it."""

    def __init__(self):
        self.rows = {}
        self.is_live = False
        self.snapshots = 0
        self.last_id = None

    @property
    def offset(self):
        """Up to where it has the table; None among the rows of a snapshot."""
        return int(self.last_id.rpartition(":")[2]) if self.is_live else None

    def take(self, event):
        """Takes an event with `event`, `data` and `id` as httpx-sse gives it."""
        data = json.loads(event.data)
        if event.event == "weir.snapshot":
            self.rows, self.is_live = {}, False
            self.snapshots += 1
        elif event.event == "weir.live":
            self.is_live = True
        else:
            assert event.event == "weir.row", event
            if data.get("deleted"):
                self.rows.pop(data["key"], None)
            else:
                self.rows[data["key"]] = data["data"]
        if event.id:
            self.last_id = event.id
