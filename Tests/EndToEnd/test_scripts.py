# SPDX-License-Identifier: Apache-2.0
"""The scripts on machines that lack something, which other programs of the same names play."""

import os
import shutil
import subprocess

import pytest

from support.process import REPOSITORY

APT_GET = """echo "$@" >>"$MACHINE/apt-get.log"
case $1 in
  update) [ -z "$OFFLINE" ] && touch "$MACHINE/lists" ;;
  install) [ -z "$OFFLINE" ] ;;
esac
"""
PROGRAMS = {
    "swift": 'echo "Swift version 6.3"',
    "id": 'echo "${USER_ID-0}"',
    "sudo": "exit 1",
    # Everything is installed but what is named.
    "dpkg": """case " $LACKS " in *" $2 "*) exit 1 ;; esac
echo "Status: install ok installed" """,
    "apt-cache": """[ -e "$MACHINE/lists" ] || exit 100
case " $UNKNOWN " in *" $2 "*) exit 100 ;; esac""",
    "apt-get": APT_GET,
    "python3": '[ -z "$LACKS_VENV" ]',
    "nginx": "",
    "redis-server": "",
    # Writes down what it is asked for, and makes a program that does nothing.
    "swiftc": """if [ "$1" = --version ]; then cat "$MACHINE/version"; exit; fi
echo "$@" >>"$MACHINE/swiftc.log"
while [ "$1" != -o ]; do shift; done
echo "#!/bin/sh" >"$2"; chmod +x "$2" """,
}


class Machine:
    """A copy of what the scripts need, and the programs that they find."""

    def __init__(self, directory):
        self.directory = directory
        self.programs = directory / "programs"
        self.programs.mkdir()
        for name, text in PROGRAMS.items():
            path = self.programs / name
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
        shutil.copytree(REPOSITORY / "script", directory / "script")

    def run(self, script, *arguments, **variables):
        """Runs a script to its success; answers what it said."""
        environment = {"PATH": f"{self.programs}:{os.environ['PATH']}", "MACHINE": str(self.directory)}
        result = subprocess.run(
            [self.directory / "script" / script, *arguments],
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        return result.stderr

    def log(self, program):
        """The command lines that a program was called with."""
        path = self.directory / f"{program}.log"
        return path.read_text().splitlines() if path.exists() else []

    def installed(self):
        """The packages that were asked for."""
        lines = [line for line in self.log("apt-get") if line.startswith("install")]
        return {word for line in lines for word in line.split()[1:] if not word.startswith("-")}


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


BOTH_NAMES = "libuv1 libuv1t64"


def test_setup_for_benchmarks_on_a_machine_without_lists_of_packages(machine):
    lacks = f"libnginx-mod-nchan {BOTH_NAMES}"
    said = machine.run("setup", "--bench", LACKS=lacks, LACKS_VENV="1", UNKNOWN="libuv1")
    assert machine.installed() == {"libnginx-mod-nchan", "libuv1t64", "python3-venv"}
    assert "left out" not in said


def test_setup_says_what_cannot_be_had(machine):
    said = machine.run("setup", "--bench", LACKS=BOTH_NAMES, UNKNOWN=BOTH_NAMES)
    assert "what needs libuv1 libuv1t64 is left out: apt-get does not know it" in said
    assert machine.installed() == set()
    (machine.directory / "lists").touch()
    said = machine.run("setup", "--bench", LACKS=BOTH_NAMES, OFFLINE="1")
    assert "what needs libuv1 is left out: they can't be installed here" in said
    said = machine.run("setup", "--bench", LACKS=BOTH_NAMES, USER_ID="1000")
    assert "what needs libuv1 libuv1t64 is left out: only root can install that" in said


def test_setup_leaves_a_whole_machine_alone(machine):
    assert machine.run("setup", "--bench", "--fuzz") == ""
    assert machine.log("apt-get") == []


def test_fuzz_installs_what_it_needs_and_compiles_anew_for_another_compiler(machine):
    for folder in ("Sources/Codecs", "Sources/CZlib", "Tests/Fuzz"):
        shutil.copytree(REPOSITORY / folder, machine.directory / folder)
    version = machine.directory / "version"

    def libraries():
        machine.run("fuzz", "JSON", "--seconds", "1", LACKS="zlib1g-dev")
        return sum("-emit-library" in line for line in machine.log("swiftc"))

    # The seeds are of no interest here, so the Python that makes them is not either.
    (machine.directory / "script/fuzz-seeds.py").write_text("#!/bin/sh\n")
    version.write_text("Swift version 6.2\n")
    assert libraries() == 1
    assert machine.installed() == {"zlib1g-dev"}
    assert libraries() == 1
    version.write_text("Swift version 6.3\n")
    assert libraries() == 2
    assert libraries() == 2
