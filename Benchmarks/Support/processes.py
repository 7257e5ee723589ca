# SPDX-License-Identifier: Apache-2.0
"""What the kernel and the server itself say of a server's process."""

import os
import pathlib
import re
import resource
import time
import urllib.request

METRIC = re.compile(r"^(\w+(?:\{[^}]*\})?) (\d+)$", re.MULTILINE)


def raise_file_limit():
    """Allows this process and its children as many descriptors as may be had."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def resident_bytes(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def descriptor_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_seconds(pid):
    """User and system time of all threads that live, as the scheduler counts it: in nanoseconds."""
    files = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


def metrics(port):
    """The numbers of /metrics, by name with labels. Asking is one connection more."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:
        return {name: int(number) for name, number in METRIC.findall(response.read().decode())}


def settled_descriptors(pid, wanted, seconds=30):
    """Waits until a server has no more descriptors than wanted; returns how many there are at the end."""
    deadline = time.monotonic() + seconds
    while (count := descriptor_count(pid)) > wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return count


def settled_metrics(port, is_settled, seconds=30):
    """Waits until the metrics are as wanted; returns them as they are at the end."""
    deadline = time.monotonic() + seconds
    while not is_settled(found := metrics(port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
