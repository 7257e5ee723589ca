# SPDX-License-Identifier: Apache-2.0
"""Data directories from the command line: doctor, backup, restore, export, import."""

import json
import os
import signal
import subprocess
import threading

import pytest

from support.process import BINARY, run_cli, wait_until

HEADER = {"weirExport": 1, "topic": "orders", "epoch": "1", "from": 5, "through": 8}
RECORDS = [
    {"after": 4, "appended": "2026-01-31T12:00:00Z", "watermark": "2026-01-31T11:00:00Z"},
    {"offset": 5, "appended": "2026-01-31T12:00:00.250Z", "type": "sold", "subject": "tee ü",
     "time": "2015-05-17T10:05:03Z", "id": "7", "source": "/shop", "tags": {"a": "", "shop": "north"},
     "data": {"n": 1, "text": "\u2028\\"}},
    {"offset": 6, "appended": "2026-01-31T12:00:00.250Z", "datacontenttype": "text/plain", "data": "two\nlines \"\0"},
    {"offset": 7, "appended": "2026-01-31T12:00:01Z", "data": None},
    {"after": 7, "appended": "2026-01-31T12:00:01Z", "watermark": "2026-01-31T12:00:00Z"},
    {"after": 7, "appended": "2026-01-31T12:00:02Z", "endOfInput": True},
    {"offset": 8, "appended": "2026-01-31T12:00:02Z", "data_base64": "IHsgfQ=="},
]  # fmt: skip


def text_of(*lines):
    """The lines as `weir export` writes them."""
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def events(first, last):
    """Events as publishers write them, one a line."""
    return "".join(
        f'{{"type":"sold","subject":"k{n % 7}","data":{{"n":{n},"pad":"{"x" * (n % 200)}"}}}}\n'
        for n in range(first, last + 1)
    )


class Place:
    """Runs commands in a directory of their own."""

    def __init__(self, path):
        self.path = path
        self.processes = []

    def run(self, *arguments, status=0, **options):
        done = run_cli(*arguments, cwd=self.path, **options)
        assert done.returncode == status, (arguments, done.returncode, done.stdout[-500:], done.stderr)
        assert status != 0 or "weir: imported" in done.stderr or done.stderr == "", (arguments, done.stderr)
        return done.stdout if status == 0 else done.stdout + done.stderr

    def start(self, *arguments):
        process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            cwd=self.path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def doctor(self, directory, status=0):
        done = run_cli("doctor", directory, "--json", cwd=self.path)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def exported(self, directory, topic="orders", *options):
        """The lines of an export without its header."""
        return self.run("export", directory, topic, *options).split("\n", 1)[1]

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                pipe.close()


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.close()


@pytest.fixture
def data(place):
    """A directory with 3,000 events in the topic orders."""
    said = place.run("import", "data", "orders", input=events(1, 3_000))
    assert "3,000 events with new offsets 1 to 3000 into 'orders'" in said
    return "data"


def flip(path, offset):
    """Changes a byte of the payload of one entry where it stands in the file."""
    content = bytearray((path / "weir.db").read_bytes())
    found = content.find(f'{{"n":{offset},'.encode())
    assert found > 0 and content.find(f'{{"n":{offset},'.encode(), found + 1) < 0
    content[found + 2] ^= 0x01
    (path / "weir.db").write_bytes(content)


# Doctor


def test_a_sound_directory(place, data):
    said = place.run("doctor", data)
    assert "closed by the last process" in said and "3,000 entries of 1 topic: everything is" in said, said
    report = place.doctor(data)
    assert report["sound"] and report["complete"] and report["entries"] == 3_000, report
    (topic,) = report["topics"]
    assert (topic["topic"], topic["firstOffset"], topic["nextOffset"]) == ("orders", 1, 3_001), topic
    assert topic["synchronous"] == "full" and topic["damage"] == [], topic


def test_a_flipped_byte_is_named_and_never_given_out(place, data):
    before = place.exported(data).splitlines()
    flip(place.path / data, 700)
    flip(place.path / data, 1_500)
    damage = [{"from": 700, "through": 700}, {"from": 1_500, "through": 1_500}]
    assert place.doctor(data, status=1)["topics"][0]["damage"] == damage
    said = place.run("doctor", data, status=1)
    assert "topic 'orders': entry 700 is damaged or gone" in said and "What helps:" in said, said

    done = run_cli("export", data, "orders", cwd=place.path)
    assert done.returncode == 1 and "topic 'orders': entry 700 is damaged or gone: export" in done.stderr, done.stderr
    assert "--through 699" in done.stderr and "--after 700" in done.stderr, done.stderr
    assert done.stdout.splitlines()[1:] == before[:699]
    assert place.exported(data, "orders", "--after", 700, "--through", 1_499).splitlines() == before[700:1_499]
    assert place.exported(data, "orders", "--after", 1_500).splitlines() == before[1_500:]
    place.run("export", data, "orders", "--output", "all.ndjson", status=1)
    assert sorted(os.listdir(place.path)) == ["data"], "no half of an export stays"


def test_pages_that_are_gone(place, data):
    file = place.path / data / "weir.db"
    whole = file.read_bytes()
    middle = len(whole) // 2 // 4_096 * 4_096
    file.write_bytes(whole[:middle] + b"\xa5" * 4_096 + whole[middle + 4_096 :])
    report = place.doctor(data, status=1)
    assert report["structure"] and report["topics"][0]["damage"], report
    file.write_bytes(b"\xa5" * 4_096 + whole[4_096:])
    said = place.run("doctor", data, status=1)
    assert "damaged from its first page on" in said and "restore a backup" in said, said
    file.write_bytes(whole)
    place.run("doctor", data)


def test_what_is_no_data_directory(place):
    (place.path / "empty").mkdir()
    (place.path / "file").write_text("mine")
    for path in ("none", "empty", "file"):
        for command in (["doctor", path], ["backup", path, "copy"], ["export", path, "orders"]):
            assert f"'{path}' is no data directory" in place.run(*command, status=2), (path, command)
    assert sorted(os.listdir(place.path)) == ["empty", "file"] and os.listdir(place.path / "empty") == []
    assert "DIR is missing" in place.run("doctor", status=2)
    (place.path / "empty/weir.db").write_bytes(b"x" * 10_000)
    assert "no database of weir" in place.run("doctor", "empty", status=1)
    (place.path / "empty/weir.db").write_bytes(b"")
    assert "is empty: nothing was ever stored in it, or all" in place.run("doctor", "empty", status=1)


# Beside a process that uses the directory


def test_beside_a_process_that_appends(place, data):
    writer = place.start("import", data, "orders", "--append")
    fed = threading.Thread(target=lambda: writer.communicate(events(3_001, 60_000)))
    fed.start()
    lengths = []
    while fed.is_alive() and len(lengths) < 8:
        number = len(lengths)
        place.run("backup", data, f"copy-{number}.db")
        place.run("restore", f"copy-{number}.db", f"copy-{number}")
        report = place.doctor(f"copy-{number}")
        assert report["sound"] and report["complete"], report
        lengths.append(report["entries"])
        lines = place.exported(f"copy-{number}").splitlines()
        assert [json.loads(line)["data"]["n"] for line in lines] == list(range(1, len(lines) + 1))
        assert len(lines) == lengths[-1]
    fed.join()
    assert writer.returncode == 0
    assert lengths == sorted(lengths) and lengths[0] >= 3_000, lengths
    assert place.doctor(data)["entries"] == 60_000


def test_a_directory_in_use(place, data):
    writer = place.start("import", data, "orders", "--append")
    writer.stdin.write(events(3_001, 4_600))
    writer.stdin.flush()
    wait_until(lambda: place.doctor(data)["entries"] > 3_000, "a group of the import is stored")
    report = place.doctor(data)
    assert report["sound"] and not report["complete"] and not report["closed"], report
    assert report["holder"].startswith(f"process {writer.pid} on "), report
    said = place.run("doctor", data)
    assert "not looked at: the structure of the database" in said and f"process {writer.pid}" in said, said
    assert len(place.exported(data).splitlines()) >= report["entries"]
    for command in (["import", data, "orders", "-"], ["restore", "copy.db", data]):
        if command[0] == "restore":
            place.run("backup", data, "copy.db")
        said = place.run(*command, status=1, input=events(1, 1))
        assert f"is used by process {writer.pid}" in said and "end that process first" in said, said

    writer.send_signal(signal.SIGINT)
    writer.wait(30)
    stdout, stderr = writer.stdout.read(), writer.stderr.read()
    assert writer.returncode == 1 and stdout == "", (writer.returncode, stdout)
    assert "interrupted" in stderr and "1,600 events with new offsets 3001 to 4600" in stderr, stderr
    assert "only the lines from 1601 on" in stderr, stderr
    assert place.doctor(data)["entries"] == 4_600


def test_an_import_that_is_killed_is_whole_up_to_a_group_and_goes_on(place, data):
    place.run("export", data, "orders", "--output", "all.ndjson")
    whole = (place.path / "all.ndjson").read_text()
    writer = place.start("import", "other", "orders")
    half = whole[: whole.index('{"offset":2000,')]
    writer.stdin.write(half)
    writer.stdin.flush()
    wait_until(lambda: (place.path / "other/weir.db").exists(), "the directory is made")
    wait_until(lambda: place.doctor("other")["entries"] >= 1_024, "groups are stored")
    writer.kill()
    writer.wait()
    report = place.doctor("other")
    assert report["sound"] and report["complete"] and not report["closed"], report
    said = place.run("import", "other", "orders", "all.ndjson")
    assert f"passed over {report['entries']:,} that were there" in said, said
    assert place.exported("other") == place.exported(data)


# Backup and restore


def test_backup_and_restore(place, data):
    before = place.exported(data)
    assert "copied data into copy.db" in place.run("backup", data, "copy.db")
    assert "is there already: name a file that is not there" in place.run("backup", data, "copy.db", status=2)
    assert "there is no directory 'no'" in place.run("backup", data, "no/copy.db", status=2)
    assert "restored 1 topic into new; each has a new epoch" in place.run("restore", "copy.db", "new")
    assert place.exported("new") == before
    epochs = {place.doctor(name)["topics"][0]["epoch"] for name in (data, "new")}
    assert len(epochs) == 2, "offsets behind the copy are given again, so the epoch is another"
    said = place.run("restore", "copy.db", data, status=1)
    assert "'data' holds data already" in said and "name another directory" in said, said
    assert place.exported(data) == before

    (place.path / "former").mkdir()
    (place.path / data / "weir.db").rename(place.path / "former/weir.db")
    (place.path / data / "weir.db-wal").write_bytes(b"commits of the former database")
    assert "weir.db-wal" in place.run("restore", "copy.db", data, status=1)


def test_a_copy_that_is_damaged_or_none(place, data):
    place.run("backup", data, "copy.db")
    copy = place.path / "copy.db"
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2])
    said = place.run("restore", "copy.db", "new", status=1)
    assert "the copy 'copy.db' is damaged" in said and "restore another one" in said, said
    copy.write_bytes(b"no database at all" * 1_000)
    assert "is no copy of a data directory" in place.run("restore", "copy.db", "new", status=1)
    assert os.listdir(place.path / "new") == ["weir.lock"]
    assert "there is no file 'none'" in place.run("restore", "none", "new", status=2)
    copy.write_bytes(whole)
    place.run("restore", "copy.db", "new")


def test_a_backup_that_is_interrupted_leaves_nothing_half_done(place):
    big = "".join(f'{{"data":"{"x" * 30_000}{n}"}}\n' for n in range(500))
    place.run("import", "data", "big", input=big)
    backup = place.start("backup", "data", "copy.db")
    partial, copy = place.path / "copy.db.partial", place.path / "copy.db"
    wait_until(lambda: partial.exists() or copy.exists(), "the copy has begun")
    backup.send_signal(signal.SIGINT)
    _, stderr = backup.communicate(timeout=30)
    assert not partial.exists()
    if backup.returncode != 0:
        assert backup.returncode == 1 and "interrupted: nothing was left behind" in stderr, stderr
        assert not copy.exists()
    place.run("doctor", "data")


# Export and import


def test_an_export_comes_back_line_by_line(place):
    whole = text_of(HEADER, *RECORDS)
    said = place.run("import", "one", "orders", input=whole)
    assert "4 events with their offsets 5 to 8 and 3 marks into 'orders'" in said, said
    assert place.exported("one") == text_of(*RECORDS)
    assert "0 events, passed over 4 that were there" in place.run("import", "one", "orders", input=whole)
    assert place.exported("one") == text_of(*RECORDS)
    place.run("export", "one", "orders", "--output", "one.ndjson")
    place.run("import", "two", "copy", "one.ndjson")
    assert place.exported("two", "copy") == text_of(*RECORDS)
    assert place.exported("two", "copy", "--after", 7) == text_of(*RECORDS[4:])
    (header, *_) = place.run("export", "two", "copy", "--through", 6).splitlines()
    assert json.loads(header).items() >= {"topic": "copy", "from": 5, "through": 6}.items()
    assert place.doctor("two")["sound"]


def test_what_is_there_is_never_doubled(place, data):
    place.run("export", data, "orders", "--output", "all.ndjson")
    summary = json.loads(place.run("import", data, "orders", "all.ndjson", "--json"))
    assert (summary["imported"], summary["skipped"], summary["keptOffsets"]) == (0, 3_000, True), summary
    said = place.run("import", data, "orders", status=2, input=events(1, 3))
    assert "holds events already" in said and "write --append" in said, said
    changed = (place.path / "all.ndjson").read_text().replace('"n":30,', '"n":31,')
    said = place.run("import", data, "orders", status=1, input=changed)
    assert "line 31 of standard input, 'offset': 'orders' has another event at offset 30" in said, said
    assert place.doctor(data)["entries"] == 3_000
    summary = json.loads(place.run("import", data, "orders", "all.ndjson", "--append", "--json"))
    assert (summary["imported"], summary["firstOffset"], summary["keptOffsets"]) == (3_000, 3_001, False)


def test_a_bad_line_is_named_with_what_came_before(place, data):
    place.run("export", data, "orders", "--output", "all.ndjson")
    whole = (place.path / "all.ndjson").read_text()
    bad = whole.replace('"offset":1200,"appended":"', '"offset":1200,"appended":"?')
    said = place.run("import", "other", "orders", status=1, input=bad)
    assert "line 1201 of standard input, 'appended': " in said and "is not a time: write it as" in said, said
    assert "imported before it: 1,199 events with their offsets 1 to 1199" in said, said
    assert place.doctor("other")["entries"] == 1_199
    place.run("import", "other", "orders", "all.ndjson")
    assert place.exported("other") == place.exported(data)

    said = place.run("import", "plain", "p", status=1, input=events(1, 700) + '{"data":' + "\n" + events(2, 9))
    assert "line 701 of standard input: expected a value" in said, said
    assert "only the lines from 701 on" in said and "offsets 1 to 700" in said, said
    place.run("import", "plain", "p", "--append", input=events(701, 800))
    assert place.exported("plain", "p").count("\n") == 800


def test_holes_ends_and_mixtures_are_refused(place, data):
    header = {"weirExport": 1, "topic": "o", "epoch": "1", "from": 1, "through": 3}
    entry = [{"offset": n, "appended": "2026-01-31T12:00:00Z", "data": n} for n in range(9)]
    for number, (text, expected) in enumerate(
        [
            (text_of(header, entry[1], entry[2]), "ends with offset 2, but it says that it goes through 3"),
            (text_of(header, entry[1], entry[3]), "line 3 of standard input, 'offset': offset 2 has to come"),
            (text_of(header, entry[1], entry[1]), "line 3 of standard input, 'offset': offset 2 has to come"),
            (text_of(header, header), "line 2 of standard input: another export begins here"),
            (text_of(entry[1], {"data": 1}), "line 2 of standard input, 'appended': it is missing"),
            (text_of({"data": 1}, entry[1]), "line 2 of standard input, 'offset': the lines before have none"),
            (text_of(entry[1], entry[2] | {"appended": "2026-01-31T11:00:00Z"}), "line 2 of standard input, 'appended'"),
            (text_of({"weirExport": 2}), "'weirExport': it is not version 1"),
        ]
    ):  # fmt: skip
        said = place.run("import", f"d{number}", "o", status=1, input=text)
        assert expected in said, (expected, said)
    said = place.run("import", data, "orders", status=1, input=text_of(entry[8] | {"offset": 3_005}))
    assert "offset 3001 has to come here" in said and "import what lacks first" in said, said
    assert "has no lines" in place.run("import", "none", "o", status=2, input="\n\n")
    assert not (place.path / "none").exists()


def test_mistakes_of_the_command_line(place, data):
    for arguments, expected in [
        (["export", data, "orderz"], "has no topic 'orderz': did you mean 'orders'?"),
        (["export", data, "orders", "--after", "9", "--through", "3"], "--after 9 is behind --through 3"),
        (["export", data, "orders", "--output", "data"], "'data' is a directory"),
        (["export", data, "a topic"], "does not contain spaces"),
        (["import", "no/where", "orders"], "there is no directory 'no': make it"),
        (["restore", "data/weir.db", "data/weir.db"], "'data/weir.db' is a file"),
    ]:
        assert expected in place.run(*arguments, status=2, input=""), arguments
    assert "none cannot be read" in place.run("import", "new", "orders", "none", status=1)
    assert not (place.path / "new").exists()
    for command in ("doctor", "backup", "restore", "export", "import"):
        assert command in place.run("help"), command


def test_an_export_ends_quietly_when_nobody_reads_on(place, data):
    export = place.start("export", data, "orders")
    export.stdout.readline()
    export.stdout.close()
    assert export.wait(30) == 0 and export.stderr.read() == ""
    export.stdout = open(os.devnull)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("file", "is no directory"),
        ("file/below", "can't be used (Not a directory)"),
        ("none/below", "can't be made, since"),
    ],
)
def test_a_path_that_can_be_no_data_directory(tmp_path, path, why):
    (tmp_path / "file").write_text("")
    completed = run_cli("serve", "--port", "0", "--data", str(tmp_path / path))
    assert completed.returncode == 1
    assert completed.stderr.startswith(f"weir: data (--data): '{tmp_path / path}' {why}"), completed.stderr
    assert "disk" not in completed.stderr


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"apiKeys": [{"file": "/none"}]}, "apiKeys[0].file"),
        (
            {"identity": {"keys": [{"secretVariable": "HOME", "id": "a"}, {"publicKeyFile": "/none"}]}},
            "identity.keys[",
        ),
        ({"tls": {"certificate": "/none", "key": "/none2"}}, "tls.certificate"),
        ({"apiKey": []}, "apiKey: there is no such field; did you mean 'apiKeys'?"),
    ],
)
def test_what_is_wrong_in_a_configuration_is_named_by_its_field(tmp_path, fields, field):
    file = tmp_path / "weir.json"
    file.write_text(json.dumps(fields))
    completed = run_cli("serve", "--port", "0", "--config", str(file))
    assert completed.returncode != 0 and field in completed.stderr, completed.stderr
