# SPDX-License-Identifier: Apache-2.0
"""What a delivery allocates, counted in the server's process: nothing."""

import json
import shutil
import struct
import subprocess

import pytest

from support.process import BINARY, REPOSITORY

pytestmark = pytest.mark.load

COUNTER = REPOSITORY / "Benchmarks/Baselines/malloc-count.c"
FEW, MANY = 10, 110
SHORT, LONG = 200, 1_200


@pytest.fixture
def counting(tmp_path):
    """The environment that counts, and what reads the count."""
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler, "no C compiler: install gcc, or put the toolchain's clang on the PATH"
    library, count = tmp_path / "malloc-count.so", tmp_path / "count"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, COUNTER], check=True, timeout=60)
    count.write_bytes(bytes(8))
    return (
        {"LD_PRELOAD": str(library), "WEIR_ALLOCATIONS": str(count)},
        lambda: struct.unpack("=Q", count.read_bytes())[0],
    )


def allocated_by_event(server, read, subscribers, options):
    """What one more event allocates: what connections and the first events do is taken away."""
    counts = []
    for events in (SHORT, LONG):
        before = read()
        command = [
            BINARY, "bench", "fanout", "--server", server.url, "--json", "-", "--warmup", 0,
            "--subscribers", subscribers, "--events", events, *options,
        ]  # fmt: skip
        result = subprocess.run(
            [*map(str, command)], stdout=subprocess.PIPE, text=True, timeout=120, check=True
        )
        assert json.loads(result.stdout)["deliveries"] == subscribers * events
        counts.append(read() - before)
    return (counts[1] - counts[0]) / (LONG - SHORT)


@pytest.mark.parametrize("transport", ["ws", "sse"])
@pytest.mark.parametrize("in_flight", [1, 32])
def test_a_delivery_allocates_nothing(start_server, counting, transport, in_flight):
    environment, read = counting
    server = start_server(environment=environment)
    options = ("--transport", transport, "--in-flight", in_flight)
    few, many = (allocated_by_event(server, read, count, options) for count in (FEW, MANY))
    assert few > 1, "nothing was counted"
    print(f"{few:.2f} for an event to {FEW}, {many:.2f} to {MANY}")
    # How many events share a turn, and what a turn costs, differs too; one for each delivery would be 1.
    assert (many - few) / (MANY - FEW) < 0.2, (few, many)
