# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, can't be written or lies, and a directory that is somebody else's."""

import hashlib
import re
import sqlite3

import httpx
import pytest

from support.api import API, checked
from support.compare import assert_problem, assert_same_sequence
from support.disks import SmallDisk
from support.followers import follow
from support.ledger import Ledger, batch_data, check_whole
from support.process import wait_until
from support.publishers import HTTPPublisher, WebSocketPublisher, stop_all
from support.sockets import RawCentrifuge
from test_event_stream import read_events

TOPIC = "full-orders"
FREE_BYTES = 768 << 10
ROUNDS = 2
SECONDS = 90


@pytest.fixture
def small_disk(tmp_path):
    """A function that makes a small file system, which outlives the servers of the test."""
    disks = []

    def make(kind):
        disks.append(SmallDisk(tmp_path, kind))
        return disks[-1]

    yield make
    for disk in disks:
        disk.close()


def durable(directory):
    return ("--data", str(directory), "--durable", "full*", "--durable", "normal*=normal")


def publish(server, ledger, by, count=1):
    """Publishes one batch outside of the publishers."""
    ledger.note_sent(by, 1, count)
    receipt = API(server.url).publish(ledger.topic, batch_data(by, 1, count))
    ledger.note_acknowledged(by, 1, count, receipt)
    return receipt


def post(server, topic, data):
    return httpx.post(f"{server.url}/v1/topics/{topic}/events", json=data, timeout=60)


def refusal(server):
    """The answer to a large durable publish, if that is refused and readiness says so; else None."""
    response = post(server, "normal-large", ["x" * 4000] * 100)
    ready = httpx.get(f"{server.url}/readyz")
    # What is small may find room where this does not: then the server is ready again.
    return (response, ready) if response.status_code != 200 and ready.status_code != 200 else None


def assert_refused(server, reason):
    """A durable publish is refused with the reason, a pattern; readiness says it too, and the server lives."""
    response, ready = wait_until(lambda: refusal(server), "a publish is refused", SECONDS)
    problem = assert_problem(response, 503)
    assert re.search(reason, response.text), response.text
    assert int(response.headers["retry-after"]) >= 1, problem
    assert ready.status_code == 503, ready.text
    assert re.search(reason, ready.text), ready.text
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def is_ready(server):
    return httpx.get(f"{server.url}/readyz").status_code == 200


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_full_disk_refuses_durable_publishes_until_there_is_room(start_server, small_disk, kind):
    disk = small_disk(kind)
    server = start_server(*durable(disk.path / "data"))
    ledgers = [Ledger(TOPIC), Ledger("normal-orders")]
    for ledger in ledgers:
        publish(server, ledger, "begin")
    followers = follow(server, *(ledger.topic for ledger in ledgers))
    publishers = [
        HTTPPublisher(server, ledgers[0], "array", keyed=True, pause_seconds=0.05),
        HTTPPublisher(server, ledgers[0], "json", pause_seconds=0.05),
        WebSocketPublisher(server, ledgers[0], pause_seconds=0.05),
        HTTPPublisher(server, ledgers[1], "ndjson", pause_seconds=0.3),
        HTTPPublisher(server, ledgers[1], "array", keyed=True, pause_seconds=0.05),
    ]
    for publisher in publishers:
        publisher.start()
    for number in range(ROUNDS):
        # The last of the room is taken by what is published.
        disk.fill(but=FREE_BYTES)
        assert_refused(server, "disk is full")
        disk.fill()
        assert_refused(server, "disk is full")
        # Volatile topics go on, and what was acknowledged is read.
        checked(post(server, "volatile", {"n": number}))
        for ledger in ledgers:
            check_whole(ledger, API(server.url))
        disk.free()
        wait_until(lambda: is_ready(server), "the server is ready again by itself", SECONDS)
        for ledger in ledgers:
            wanted = ledger.acknowledged_count + 10
            wait_until(lambda: ledger.acknowledged_count >= wanted, f"{wanted} acknowledgements", SECONDS)
    stop_all(publishers)
    for ledger in ledgers:
        publish(server, ledger, "end")
    logs = {ledger.topic: check_whole(ledger, API(server.url)) for ledger in ledgers}
    for follower in followers:
        expected = [event["data"] for event in logs[follower.reader.topic].events[1:]]
        assert_same_sequence(follower.finish(), expected, follower.name)
    server.restart()
    for ledger in ledgers:
        check_whole(ledger, API(server.url))


@pytest.mark.parametrize(("kind", "in_order"), [("tmpfs", False), ("ext4", True)], ids=["a crash", "SIGTERM"])
def test_an_end_on_a_full_disk_loses_nothing(start_server, small_disk, kind, in_order):
    disk = small_disk(kind)
    server = start_server(*durable(disk.path / "data"))
    ledger = Ledger(TOPIC)
    publish(server, ledger, "begin", 500)
    disk.fill()
    assert_refused(server, "disk is full")
    if in_order:
        assert server.terminate(30) == 0
    else:
        server.kill()
    # Whether it can start depends on what SQLite left in its log; if not, it says why.
    try:
        server.start()
    except AssertionError as refused:
        assert "disk is full" in str(refused), refused
        disk.free()
        server.start()
    disk.free()
    wait_until(lambda: is_ready(server), "the server is ready", SECONDS)
    publish(server, ledger, "end")
    check_whole(ledger, API(server.url))


@pytest.mark.parametrize("directory", ["data", "other"])
def test_a_read_only_directory_is_named_at_the_start(start_server, small_disk, directory):
    disk = small_disk("ext4")
    server = start_server(*durable(disk.path / "data"))
    ledger = Ledger(TOPIC)
    publish(server, ledger, "one", 20)
    assert server.terminate() == 0
    disk.unmount()
    disk.mount("ro")
    with pytest.raises(AssertionError, match=f"(?is)ended with 1.*{directory}.*can't be written.*read-only"):
        start_server(*durable(disk.path / directory))
    disk.unmount()
    disk.mount()
    server.start()
    check_whole(ledger, API(server.url))


@pytest.mark.soak
def test_a_file_system_that_can_be_written_no_more(start_server, small_disk):
    """As the kernel does it after an error of the disk: the journal is aborted, all is read-only."""
    disk = small_disk("ext4")
    server = start_server(*durable(disk.path / "data"))
    ledger = Ledger(TOPIC)
    publish(server, ledger, "one", 50)
    disk.remount("abort")
    # An error in the middle of a commit: nobody knows what the disk has, until it can be asked again.
    assert_problem(post(server, TOPIC, {"lost": True}), 504)
    assert_problem(post(server, TOPIC, {"lost": True}), 503)
    # An error at first; from then on the kernel refuses.
    assert_refused(server, "disk reported an error|can't be written")
    checked(post(server, "volatile", 1))
    check_whole(ledger, API(server.url))
    server.terminate()
    disk.unmount()
    disk.mount()
    server.start()
    check_whole(ledger, API(server.url))
    assert is_ready(server)
    publish(server, ledger, "two", 50)
    check_whole(ledger, API(server.url))


def test_a_second_server_is_told_who_has_the_directory(start_server):
    server = start_server(*durable("data"))
    directory = server.directory / "data"
    with pytest.raises(AssertionError, match=f"(?s)ended with 1.*{directory}.*process {server.pid}"):
        start_server(*durable(directory))
    checked(post(server, TOPIC, {"n": 1}))
    # A lock ends with its process, however that ends.
    server.kill()
    other = start_server(*durable(directory))
    checked(post(other, TOPIC, {"n": 2}))
    with pytest.raises(AssertionError, match=f"process {other.pid}"):
        server.start()


def test_a_newer_schema_is_refused_and_left_as_it_is(start_server):
    server = start_server(*durable("data"))
    ledger = Ledger(TOPIC)
    publish(server, ledger, "one", 20)
    assert server.terminate() == 0
    file = server.directory / "data/weir.db"
    version = set_version(file, 999)
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(AssertionError, match=f"(?s)ended with 1.*newer version.*999.*{version}"):
        server.start()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    set_version(file, version)
    server.start()
    check_whole(ledger, API(server.url))


def set_version(file, number):
    """Sets the schema's number; returns the one before."""
    database = sqlite3.connect(file)
    with database:
        (before,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {number}")
    database.close()
    return before


# What the disk gives back otherwise than it was written.

COUNT = 40


def text_of(number):
    return f"entry number {number:04}."


def flip(file, number):
    """Turns one bit of an entry's data over, as a disk does that has no checksum of its own."""
    content = bytearray(file.read_bytes())
    place = content.index(text_of(number).encode())
    content[place] ^= 1
    file.write_bytes(content)


def page_through(api, topic):
    """Reads history to its end; returns the events and the offsets that were told to be gone."""
    events, gone, after = [], [], 0
    while after is not None:
        page = api.page(topic, after, limit=15)
        if "gap" in page:
            gone += range(page["gap"]["from"], page["gap"]["to"] + 1)
        events += page["events"]
        after = page["next"]
    return events, gone


@pytest.mark.parametrize("offsets", [[1], [20, 21], [COUNT], [3, 17, 18, 30]], ids=str)
def test_a_damaged_entry_is_told_and_never_served(start_server, offsets):
    server = start_server(*durable("data"))
    entries = [{"n": n, "text": text_of(n)} for n in range(1, COUNT + 1)]
    epoch = API(server.url).publish(TOPIC, entries)["epoch"]
    assert server.terminate() == 0
    for offset in offsets:
        flip(server.directory / "data/weir.db", offset)
    server.start()
    check_start(server, offsets)
    check_history(server, offsets)
    check_event_stream(server, offsets, epoch)
    for extension in ({}, {"data": {"gaps": True}}):
        check_web_socket(server, offsets, epoch, extension)
    # Publishing goes on where it was, in the same life.
    receipt = API(server.url).publish(TOPIC, {"n": COUNT + 1})
    assert (receipt["epoch"], receipt["firstOffset"]) == (epoch, COUNT + 1)
    server.restart()
    check_start(server, offsets)


def good(offsets, after=0):
    return [n for n in range(after + 1, COUNT + 1) if n not in offsets]


def check_start(server, offsets):
    text = server.log.read_text().rpartition("data: 1 topic")[2]
    said = re.findall(rf"topic '{TOPIC}': the entries (\d+) to (\d+) are damaged", text)
    assert [n for start, end in said for n in range(int(start), int(end) + 1)] == offsets, text


def check_history(server, offsets):
    events, gone = page_through(API(server.url), TOPIC)
    assert gone == offsets
    assert [event["offset"] for event in events] == good(offsets)
    assert all(event["data"] == {"n": event["offset"], "text": text_of(event["offset"])} for event in events)


def check_event_stream(server, offsets, epoch):
    """A gap stands where the damaged entries were; its id resumes behind it."""
    gaps = count_of_runs(offsets)
    events = read_events(server, [TOPIC], len(good(offsets)) + gaps, f"{TOPIC}:{epoch}:0")
    told = [event for event in events if event.event == "weir.gap"]
    bounds = [(event.json()["from"], event.json()["to"]) for event in told]
    assert [n for start, end in bounds for n in range(start, end + 1)] == offsets, bounds
    numbers = [event.json()["n"] for event in events if event.event != "weir.gap"]
    assert numbers == good(offsets), "in order, around the gaps"
    rest = good(offsets, bounds[0][1])
    if rest:
        (event,) = read_events(server, [TOPIC], 1, told[0].id)
        assert event.event == "weir.gap" or event.json()["n"] == rest[0], event


def count_of_runs(offsets):
    return sum(n - 1 not in offsets for n in offsets)


def check_web_socket(server, offsets, epoch, extension):
    """Recovery is all or nothing: over damage it is refused, behind it everything comes."""
    last = offsets[-1]
    for after in (0, last - 1, last):
        client = RawCentrifuge(server.port)
        asked = {"channel": TOPIC, "recover": True, "epoch": epoch, "offset": after}
        result = client.request("subscribe", asked | extension)
        assert (result["epoch"], result["offset"], result["was_recovering"]) == (epoch, COUNT, True)
        recovered = [publication["offset"] for publication in result.get("publications") or []]
        assert bool(result.get("recovered")) == (after == last), result
        assert recovered == (good(offsets, after) if after == last else []), result
        client.cut()


PAGE_BYTES = 4096
MANY = 2_000


def tear_page(file, number):
    """Overwrites the page that holds an entry; returns the offsets whose data was on it."""
    content = bytearray(file.read_bytes())
    start = content.index(text_of(number).encode()) // PAGE_BYTES * PAGE_BYTES
    page = bytes(content[start : start + PAGE_BYTES])
    content[start : start + PAGE_BYTES] = bytes(PAGE_BYTES)
    file.write_bytes(content)
    return [n for n in range(1, MANY + 1) if text_of(n).encode() in page]


@pytest.mark.parametrize("number", [700, 1_700])
def test_a_page_torn_out_of_the_database_is_told_as_a_gap(start_server, number):
    server = start_server(*durable("data"))
    for start in range(1, MANY, 500):
        entries = [{"n": n, "text": text_of(n)} for n in range(start, start + 500)]
        epoch = API(server.url).publish(TOPIC, entries)["epoch"]
    assert server.terminate() == 0
    torn = tear_page(server.directory / "data/weir.db", number)
    assert torn
    server.start()
    events, gone = page_through(API(server.url), TOPIC)
    assert gone == torn
    assert all(event["data"] == {"n": event["offset"], "text": text_of(event["offset"])} for event in events)
    assert [event["offset"] for event in events] == [n for n in range(1, MANY + 1) if n not in torn]

    (gap, *rest) = read_events(server, [TOPIC], 3, f"{TOPIC}:{epoch}:{torn[0] - 1}")
    assert gap.event == "weir.gap" and gap.json()["from"] == torn[0], gap
    assert [event.json()["n"] for event in rest] == [torn[-1] + 1, torn[-1] + 2]
