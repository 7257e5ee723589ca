# SPDX-License-Identifier: Apache-2.0
"""Small file systems of a test, which can be filled up, written to no more, and given back."""

import os
import shutil
import subprocess

import pytest

from support.tools import tool

PIECE = b"\0" * (1 << 16)


class SmallDisk:
    """A mounted file system of a few MiB; making one needs the right to mount."""

    def __init__(self, directory, kind, mebibytes=12):
        self.kind = kind
        self.path = directory / "disk"
        self.path.mkdir()
        self._ballast = self.path / "ballast"
        self._image = directory / "disk.img"
        self._size = mebibytes << 20
        self._is_mounted = False
        if os.geteuid() != 0:
            pytest.skip("only root may mount a small file system")
        if kind == "ext4":
            make = tool("mkfs.ext4", "e2fsprogs")
            with self._image.open("wb") as image:
                image.truncate(self._size)
            # Blocks of a page, as on a disk of any size: SQLite maps a file and takes blocks for whole pages.
            subprocess.run([make, "-q", "-F", "-m", "0", "-b", "4096", self._image], check=True)
        self.mount()

    def mount(self, *options):
        """Mounts it, on the first time or again; without the right to do so the test is skipped."""
        if self.kind == "tmpfs":
            what = ["-t", "tmpfs", "-o", ",".join([f"size={self._size}", *options]), "tmpfs"]
        else:
            what = ["-o", ",".join(["loop", *options]), self._image]
        done = self._run("mount", *what, self.path)
        if done.returncode != 0:
            pytest.skip(f"can't mount {self.kind} here: {done.stderr.strip()}")
        self._is_mounted = True

    def remount(self, option):
        done = self._run("mount", "-o", f"remount,{option}", self.path)
        assert done.returncode == 0, done.stderr

    def unmount(self):
        done = self._run("umount", self.path)
        assert done.returncode == 0, done.stderr
        self._is_mounted = False

    @staticmethod
    def _run(name, *arguments):
        return subprocess.run([name, *map(str, arguments)], capture_output=True, text=True)

    def fill(self, but=0):
        """Writes until so many bytes are free; others may take them meanwhile."""
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                while shutil.disk_usage(self.path).free > but:
                    room = shutil.disk_usage(self.path).free - but
                    ballast.write(PIECE[: max(1, min(len(PIECE), room))])
            except OSError:
                return

    def free(self):
        self._ballast.unlink(missing_ok=True)

    def close(self):
        if self._is_mounted and self._run("umount", self.path).returncode != 0:
            self._run("umount", "-l", self.path)
