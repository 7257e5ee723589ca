# SPDX-License-Identifier: Apache-2.0
"""What TLS costs: memory of a connection, processor time of a handshake."""

import contextlib
import pathlib
import ssl
import subprocess

import clients
from processes import descriptor_count, processor_seconds, resident_bytes, settled_descriptors
from statistic import single

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
TOPIC = "idle"


def make_certificate(directory):
    """A certificate for localhost with a key of P-256, as most servers have."""
    certificate, key = (pathlib.Path(directory, name) for name in ("server.pem", "server.key"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        + ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key


def client_context(certificate, version=None):
    context = ssl.create_default_context(cafile=certificate)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def wrapped(context, connection, session=None):
    return context.wrap_socket(connection, server_hostname="localhost", session=session)


def memory_of_each(server, count, context=None):
    """What a WebSocket with one subscription adds to the server's memory, in bytes."""
    with contextlib.ExitStack() as stack:

        def open_some(many):
            for number in range(many):
                connection = stack.enter_context(clients.connect(server.port, number))
                if context:
                    connection = stack.enter_context(wrapped(context, connection))
                clients.subscribe(connection, TOPIC)

        open_some(20)
        before = resident_bytes(server.pid)
        open_some(count)
        return (resident_bytes(server.pid) - before) / count


class Handshakes:
    """Connects again and again with one request each, and reads what the server used."""

    def __init__(self, plain, server, certificate, count):
        self.plain, self.server, self.count = plain, server, count
        self.contexts = {name: client_context(certificate, version) for name, version in VERSIONS.items()}

    def without(self):
        return self._milliseconds(self.plain, lambda number: self._ask(clients.connect(self.plain.port, number)))

    def full(self, version):
        return self._milliseconds(self.server, lambda number: self._connect(version, number))

    def resumed(self, version):
        session = self._connect(version, 0)

        def connect(number):
            nonlocal session
            session = self._connect(version, number, session)

        return self._milliseconds(self.server, connect)

    def _connect(self, version, number, session=None):
        """Connects; returns what the next connection may resume."""
        connection = wrapped(self.contexts[version], clients.connect(self.server.port, number), session)
        if connection.session_reused != (session is not None):
            raise SystemExit(f"error: TLS {version} was {'not ' * (session is not None)}resumed")
        return self._ask(connection)

    def _ask(self, connection):
        with connection:
            connection.sendall(REQUEST)
            clients.read_until(connection, b"ok\n")
            return getattr(connection, "session", None)

    def _milliseconds(self, server, connect):
        """The processor time of one connection; the last ones have to be closed before it is read."""
        descriptors, before = descriptor_count(server.pid), processor_seconds(server.pid)
        for number in range(self.count):
            connect(number)
        settled_descriptors(server.pid, descriptors)
        return (processor_seconds(server.pid) - before) / self.count * 1000


def tls(bench, _all_servers):
    """Memory of 1,000 connections, and handshakes, with TLS and without."""
    count = 100 if bench.is_quick else 1_000
    certificate, key = make_certificate(bench.directory)
    files = {"certificate": str(certificate), "key": str(key)}
    plain, server = bench.start_weir("plain weir"), bench.start_weir("weir with TLS", tls=files)
    held = [memory_of_each(plain, count), memory_of_each(server, count, client_context(certificate))]
    words = f"{count:,} WebSockets with TLS 1.3: memory of each"
    bench.add(single(words, "bytes", held[1:]) | {"why": f"{held[0]:.0f} bytes without TLS"})

    hands = Handshakes(plain, server, certificate, count)
    runs = {"plain": hands.without}
    for version in VERSIONS:
        runs[f"{version}, full"] = lambda version=version: hands.full(version)
        runs[f"{version}, resumed"] = lambda version=version: hands.resumed(version)
    results = bench.rounds(runs)
    without = results.pop("plain")
    for name, found in results.items():
        extra = [with_tls - alone for with_tls, alone in zip(found, without)]
        bench.add(single(f"a handshake of TLS {name}: beyond a connection without", "ms", extra))
    plain.stop()
    server.stop()
