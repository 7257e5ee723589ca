# SPDX-License-Identifier: Apache-2.0
"""Other people's clients over TLS: versions, trust, streams, reload, tickets and misuse."""

import contextlib
import json
import re
import signal
import socket
import ssl
import struct
import subprocess

import httpx
import pytest

from support.api import API
from support.certificates import Authority
from support.endings import end_in_order
from support.process import run_cli, wait_until
from support.readers import EventStreamReader, WebSocketReader

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(start_server, authority):
    return start_server(authority=authority)


@pytest.fixture
def api(server):
    return API(server.url, server.client_context)


@contextlib.contextmanager
def connected(server, context, session=None):
    """A TLS connection made by Python's own library."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as raw:
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as connection:
            yield connection


def ask(connection):
    connection.sendall(REQUEST)
    answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200"), answer


def curl(server, *arguments):
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", *arguments, f"{server.url}/healthz"],
        capture_output=True,
        text=True,
    )


# Versions and trust


@pytest.mark.parametrize("version", VERSIONS)
def test_curl_gets_an_answer(server, authority, version):
    done = curl(server, "--cacert", authority.certificate, f"--tlsv{version}", "--tls-max", version, "-v")
    assert done.returncode == 0 and done.stdout.strip() == "ok", done.stderr
    assert f"TLSv{version}" in done.stderr, done.stderr
    assert re.search("ALPN.*accepted.*http/1.1", done.stderr), done.stderr


def test_curl_refuses_a_server_it_does_not_trust(server):
    assert curl(server).returncode == 60


@pytest.mark.parametrize("version", VERSIONS)
def test_python_speaks_each_version_with_forward_secrecy(server, authority, version):
    with connected(server, authority.client_context(VERSIONS[version])) as connection:
        assert connection.version() == f"TLSv{version}"
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.cipher()[0].startswith(("ECDHE-", "TLS_")), connection.cipher()
        ask(connection)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_older_version_is_refused(server, authority):
    context = authority.client_context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError), connected(server, context) as connection:
        ask(connection)


def test_a_protocol_the_server_does_not_speak_is_refused(server, authority):
    with pytest.raises(ssl.SSLError, match="(?i)no application protocol"):
        with connected(server, authority.client_context(protocols=["h2"])) as connection:
            ask(connection)


# Requests and streams


def test_httpx_keeps_its_connection_and_moves_much(api):
    lines = [json.dumps({"n": n, "text": "x" * (n % 700)}) for n in range(5000)]
    assert api.publish_lines("large", lines)["accepted"] == len(lines)
    assert [event["data"]["n"] for event in api.history("large")] == list(range(5000))
    metrics = api.http.get("/metrics").text
    assert sum(map(int, re.findall(r"weir_tls_handshakes_total\{.*\} (\d+)", metrics))) <= 3, metrics


@pytest.mark.parametrize("reader_class", [WebSocketReader, EventStreamReader])
def test_a_stream_brings_everything_and_resumes_after_a_cut(server, api, reader_class):
    reader = reader_class(server, "news")
    reader.open()
    for size in (1, 100, 2000):
        api.publish("news", [{"n": n, "text": "x" * size} for n in range(200)])
    reader.read(600, 20)
    reader.cut()
    api.publish("news", [{"n": n} for n in range(100)])
    reader.open()  # a WebSocket gets what it missed with the answer
    reader.read(700 - len(reader.items), 20)
    assert [item["n"] for item in reader.items] == [*range(200)] * 3 + [*range(100)]
    reader.cut()
    wait_until(lambda: api.metric('weir_sessions{kind="websocket"}') == 0, "no session is left")


def test_sessions_end_in_order_with_the_server(server, api):
    end_in_order(server, api, through=server)


# Reload and tickets


def test_a_reload_reaches_new_connections_and_drops_none(server, authority, api, tmp_path):
    reader = WebSocketReader(server, "news")
    reader.open()
    api.publish("news", [{"n": 0}])
    other = Authority(tmp_path / "other")
    other.issue(server.directory)
    server.send_signal(signal.SIGHUP)
    wait_until(lambda: "new connections get the certificate" in server.log_text(), server.log_text)

    with connected(server, other.client_context()) as connection:
        ask(connection)
    with pytest.raises(ssl.SSLCertVerificationError), connected(server, authority.client_context()):
        pass
    api.publish("news", [{"n": n} for n in range(50)])  # on the connection that it had before
    reader.read(51, 20)
    reader.cut()


def test_a_reload_that_fails_says_why_and_changes_nothing(server, authority, tmp_path):
    (server.directory / "server.key").write_text("-----BEGIN PRIVATE KEY-----\nsecret\n")
    server.send_signal(signal.SIGHUP)
    wait_until(lambda: "the certificate in use stays" in server.log_text(), server.log_text)
    said = server.log_text()
    assert "server.key" in said and "secret" not in said, said
    with connected(server, authority.client_context()) as connection:
        ask(connection)


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_go_on_whichever_loop_takes_them(start_server, authority, version):
    server = start_server(authority=authority, config={"loops": 4})
    context, session = authority.client_context(VERSIONS[version]), None
    for count in range(12):
        with connected(server, context, session) as connection:
            ask(connection)  # TLS 1.3 sends its tickets behind the handshake
            assert connection.session_reused == (count > 0)
            session = connection.session


# Misuse


def test_plain_http_gets_an_alert_and_the_end(server, api):
    with socket.create_connection(("127.0.0.1", server.port), 20) as plain:
        plain.sendall(REQUEST)
        answer = b"".join(iter(lambda: plain.recv(4096), b""))
    assert answer == bytes([21, 3, 3, 0, 2, 2, 10]), answer
    assert api.metric('weir_tls_failures_total{reason="not_tls"}') == 1


def test_a_handshake_in_single_bytes_succeeds(server, authority):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = authority.client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.port), 20) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def run(call):
            while True:
                try:
                    result = call()
                except ssl.SSLWantReadError:
                    result = None
                for byte in outgoing.read():
                    raw.sendall(bytes([byte]))
                if result is not None:
                    return result
                incoming.write(raw.recv(1))

        run(lambda: tls.do_handshake() or True)
        run(lambda: tls.write(REQUEST))
        assert run(lambda: tls.read(4096)).startswith(b"HTTP/1.1 200")


def test_peers_that_vanish_at_any_point_leave_nothing_behind(server, authority, api):
    reset = struct.pack("ii", 1, 0)
    for number in range(60):
        raw = socket.create_connection(("127.0.0.1", server.port), 20)
        if number % 3 > 0:
            raw = authority.client_context().wrap_socket(raw, server_hostname="localhost")
            raw.sendall(REQUEST if number % 3 == 1 else b"GET /v1/events?topic=news HTTP/1.1\r\n")
        else:
            raw.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a handshake
        if number % 2:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        raw.close()
    wait_until(lambda: api.metric("weir_connections") == 1, "only the connection that asks is left")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--tls-certificate", "server.pem"], 2, ["--tls-certificate", "--tls-key FILE"]),
        (["--tls-key", "server.key"], 2, ["--tls-key", "--tls-certificate FILE"]),
        (["--tls-certificate", "none.pem", "--tls-key", "server.key"], 1, ["none.pem", "No such file"]),
        (["--tls-certificate", "server.pem", "--tls-key", "server.pem"], 1, ["server.pem", "private key"]),
        (["--tls-certificate", "server.pem", "--tls-key", "other.key"], 1, ["other.key", "does not fit"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_files_that_cannot_be_used_are_named(authority, tmp_path, arguments, status, words):
    authority.issue(tmp_path)
    (tmp_path / "server.key").rename(tmp_path / "other.key")
    authority.issue(tmp_path)
    done = run_cli("serve", "--port", "0", *arguments, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    secrets = (tmp_path / "server.key").read_text().splitlines()[1:-1]
    assert not any(line in done.stderr for line in secrets), done.stderr


# The command line


def test_commands_speak_tls(server, authority):
    trust = ["--server", server.url, "--ca", authority.certificate]
    done = run_cli("publish", "cli", '{"n":1}', *trust)
    assert (done.returncode, done.stdout) == (0, "published to cli at offset 1\n"), done.stderr
    done = run_cli("ingest", "-", "--topic", "cli", "--format", "ndjson", *trust, input='{"n":2}\n{"n":3}\n')
    assert done.returncode == 0, done.stderr
    done = run_cli("tail", "cli", "--after", "0", "--limit", "3", "--json", *trust)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["data"]["n"] for line in done.stdout.splitlines()] == [1, 2, 3]
    done = run_cli("topics", "--json", *trust)
    assert done.returncode == 0 and "cli" in done.stdout, done.stderr


def test_commands_send_nothing_to_a_server_that_proves_nothing(server, api, tmp_path):
    other = Authority(tmp_path / "other").certificate
    for trust in ([], ["--ca", other]):
        for command in (["publish", "cli", "1"], ["tail", "cli", "--after", "0", "--limit", "1"]):
            done = run_cli(*command, "--server", server.url, *trust)
            assert done.returncode == 1, done.stderr
            assert "nothing was sent" in done.stderr and "--ca FILE" in done.stderr, done.stderr
    assert "cli" not in {topic["topic"] for topic in api.http.get("/v1/topics").json()["topics"]}


def test_commands_are_told_what_is_wrong_with_an_authority(server, tmp_path):
    done = run_cli("publish", "cli", "1", "--server", server.url, "--ca", tmp_path / "none.pem")
    assert done.returncode == 2 and "none.pem of --ca" in done.stderr, done.stderr
    done = run_cli("publish", "cli", "1", "--server", "http://127.0.0.1:1", "--ca", tmp_path / "none.pem")
    assert done.returncode == 2 and "--ca is for a server with TLS" in done.stderr, done.stderr


def test_many_that_hold_little_do_not_shut_everybody_out(start_server, authority):
    """Readers that take nothing hold a record of TLS each; together they would use up the budget."""
    server = start_server(authority=authority, config={"maximumHeldBytes": 1 << 20})
    api = API(server.url, server.client_context)
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.connect(("127.0.0.1", server.port))
            reader = stack.enter_context(server.client_context.wrap_socket(plain, server_hostname="localhost"))
            reader.sendall(b"GET /v1/events?topic=t HTTP/1.1\r\nHost: localhost\r\n\r\n")
            reader.recv(2000)
        event = "x" * 15_000

        def publish():
            return api.http.post("/v1/topics/t/events", json=[event] * 5).status_code

        wait_until(lambda: publish() == 503, "so much is held that a publish is refused", 30)
        wait_until(lambda: publish() == 200, "who holds it is let go", 30)
