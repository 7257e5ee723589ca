# SPDX-License-Identifier: Apache-2.0
"""What every benchmark does that compares in turns: rounds, rows, and servers that end with it."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

import servers


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """A run of one benchmark: its options, a directory of its own and the rows it writes."""

    def __init__(self, name, arguments, directory, stack, rows):
        self.name, self.arguments, self.directory, self.stack, self.rows = name, arguments, directory, stack, rows
        self.draw = random.Random(1)

    @property
    def is_quick(self):
        """Whether it is enough to show that all of it runs."""
        return self.arguments.quick

    def say(self, text):
        """Tells how far it is, to whoever watches."""
        say(text)

    def keep(self, server):
        """Sees to it that a server ends with the benchmark."""
        self.stack.callback(server.stop)
        return server

    def add(self, row):
        """Writes a row for script/bench-table.py."""
        self.rows.write(json.dumps({"benchmark": self.name} | row, ensure_ascii=False) + "\n")
        self.rows.flush()
        beside = f" beside {row['reference']}" if "reference" in row else ""
        say(f"  {row['measure']}{beside}: {row.get('ratio', row['value']):.3f} ({row.get('why', '')})")

    def start_weir(self, name, **configuration):
        """A Weir of a part's own, until the part or the benchmark ends."""
        arguments = self.arguments
        return self.keep(
            servers.start_weir(arguments.weir, self.directory, name, arguments.loops, **configuration)
        )

    def command(self, server, seconds, *options):
        """The command that publishes to a server and measures it."""
        return [
            self.arguments.weir, "bench", "fanout", "--json", "-", "--pid", str(server.pid),
            "--server", f"http://127.0.0.1:{server.port}", "--dialect", server.dialect,
            "--seconds", str(seconds), *map(str, options),
        ]  # fmt: skip

    def run(self, server, *options, seconds=None):
        """The figures of one run; one that lost something stops the benchmark."""
        seconds = seconds or self.arguments.seconds
        command = self.command(server, seconds, *options)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds + 120)
        if done.returncode:
            raise SystemExit(f"error: {server.name}: {' '.join(command)}")
        return json.loads(done.stdout)

    def rounds(self, runs, count=None):
        """Runs each of some named functions once a round, in an order that changes; their results by name."""
        results = {name: [] for name in runs}
        count = count or self.arguments.pairs
        for number in range(count):
            names = list(runs)
            self.draw.shuffle(names)
            for name in names:
                results[name].append(runs[name]())
            say(f"    round {number + 1} of {count}")
        return results


@contextlib.contextmanager
def beside(program, *words):
    """A Python program beside the benchmark, which finds what is here, until the block is left."""
    place = str(pathlib.Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, program, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": place},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def parser(description, parts, positionals, pairs=10):
    """What every such benchmark is told: programs and files by position, which parts, how often."""
    made = argparse.ArgumentParser(description=description.split("\n")[0])
    for name in positionals:
        made.add_argument(name)
    made.add_argument("--parts", nargs="*", choices=parts, default=[])
    made.add_argument("--pairs", type=int, default=pairs)
    made.add_argument("--loops", type=int, default=1)
    made.add_argument("--quick", action="store_true", help="little work in few rounds")
    return made


@contextlib.contextmanager
def running(kind, arguments, name, directory=None):
    """A benchmark that writes its rows to a file; its servers and its directory end with it."""
    # So that the servers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if directory:
        pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as place, contextlib.ExitStack() as stack:
        rows = stack.enter_context(open(arguments.rows, "w", encoding="utf-8"))
        yield kind(name, arguments, place, stack, rows)
