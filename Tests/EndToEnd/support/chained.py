# SPDX-License-Identifier: Apache-2.0
"""Subscribers whose subscriptions have a chain, and what chains make of a topic by the same rules in Python."""

from support.restless import SpokenSession


def evens(events):
    return [data for data in events if data["even"]]


def picks(events):
    return [{"m": data["n"], "t": data["topic"]} for data in events]


def sums(events):
    """A sum for every three events of a group."""
    open_windows, results = {}, []
    for data in events:
        window = open_windows.setdefault(data["group"], [])
        window.append(data["n"])
        if len(window) == 3:
            results.append({"key": data["group"], "n": 3, "sum": sum(window)})
            window.clear()
    return results


# Each chain, what it makes of events in their order, and the members of a result that are compared.
CHAINS = [
    ([{"filter": "data.even == true"}], evens, None),
    ([{"select": {"m": "data.n", "t": "data.topic"}}], picks, None),
    (
        [
            {"window": {"count": 3, "by": "data.group"}},
            {"aggregate": {"n": "count", "sum": {"sum": "data.n"}}},
        ],
        sums,
        ("key", "n", "sum"),
    ),
    (
        [{"filter": "data.even == true"}, {"select": {"m": "data.n", "t": "data.topic"}}],
        lambda events: picks(evens(events)),
        None,
    ),
]


class ChainSession(SpokenSession):
    """Reads what a chain makes of its topics; a new epoch, which is told, begins another life of that."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.chain, self.model, self.members = self.chance.choice(CHAINS)
        self.past = {topic: [] for topic in self.ledgers}

    # Sometimes for so long that what it has read has ended meanwhile and is rebuilt.
    pauses = [0, 0.05, 0.3, 1, 2]

    def subscription_data(self, topic):
        return {"pipe": self.chain}

    async def hear_subscribed(self, ledger, result):
        epoch, offset, recovered = result["epoch"], result["offset"], result.get("recovered", False)
        if ledger.epoch and epoch != ledger.epoch:
            assert not recovered, f"{ledger}: recovered in another life, {result}"
            self.past[ledger.topic].append(
                (ledger.epoch, ledger.start, ledger.offset, ledger.entries, ledger.gaps)
            )
            ledger.entries, ledger.gaps, ledger.epoch = [], [], None
            ledger.told["new life"] += 1
        if not ledger.epoch:
            return ledger.begin(epoch, offset)
        if not recovered and offset > ledger.offset:
            ledger.note_gap(ledger.offset + 1, offset)
        await ledger.resume(epoch, offset, recovered, result.get("publications", []))

    def expected(self, topic, epoch, events):
        """What the chain makes of the events, in the life that began where its epoch says."""
        first = int(epoch.split("~")[1], 36)
        return list(enumerate(self.model([data for offset, data in events if offset > first]), start=1))

    def has_all(self, events):
        return all(
            ledger.epoch and ledger.offset >= len(self.expected(topic, ledger.epoch, events[topic]))
            for topic, ledger in self.ledgers.items()
        )

    def check(self, topic, events):
        ledger = self.ledgers[topic]
        last = (ledger.epoch, ledger.start, None, ledger.entries, ledger.gaps)
        for epoch, start, end, entries, gaps in [*self.past[topic], last]:
            told = {offset for first, last in gaps for offset in range(first, last + 1)}
            expected = [
                (offset, data)
                for offset, data in self.expected(topic, epoch, events)
                if offset > start and offset not in told and (end is None or offset <= end)
            ]
            got = [(offset, self.view(data)) for offset, data in entries]
            assert got == expected, (
                f"{ledger}, {self.chain}, {epoch} from {start}: {got[:5]}…, not {expected[:5]}…"
            )

    def view(self, data):
        return data if self.members is None else {name: data[name] for name in self.members}


class HoldSession(ChainSession):
    """The same, but that it is waited for, until it comes back: then it reads what waits for nobody."""

    grants = [{"channels": ["*"], "match": "wildcard", "allow": ["sub", "hst", "hold"]}]

    def subscription_data(self, topic):
        return {"pipe": self.chain, "overrun": {"policy": "hold", "max": "5s"}}
