# SPDX-License-Identifier: Apache-2.0
"""Programs of other people that a test runs; without them it is skipped."""

import asyncio
import concurrent.futures
import os
import shutil
import subprocess

import pytest

PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def tool(name, package):
    """Where the program is, or a skipped test that says what to install."""
    found = shutil.which(name, path=PLACES)
    if not found:
        pytest.skip(f"{name} is not installed: script/setup --tests, or apt-get install {package}")
    return found


def run_tool(name, package, *arguments, input=None, timeout=30):
    """Runs a program that must succeed; returns what it wrote to its output and its errors."""
    done = subprocess.run(
        [tool(name, package), *map(str, arguments)], input=input, capture_output=True, timeout=timeout
    )
    assert done.returncode == 0, f"{name} ended with {done.returncode}: {done.stderr.decode()}"
    return done.stdout.decode(), done.stderr.decode()


def run_async(main, seconds=30):
    """Runs a coroutine on a thread of its own, since Playwright keeps a loop on the main one."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asyncio.wait_for(main, seconds)).result()
