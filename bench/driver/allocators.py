# SPDX-License-Identifier: MIT
"""Which allocators there are, and how a program is made to use one."""
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

OURS = "liblazyzero"
GLIBC = "glibc"
TUNED = "glibc tuned"
# glibc against itself: how often the method alone finds a difference.
CONTROL = "glibc again"

# This environment without what would make a program use another allocator, or
# the same one otherwise.
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("LAZYZERO_", "MALLOC_", "GLIBC_TUN"))
         and name != "LD_PRELOAD"}

PEERS = {
    "jemalloc": ["libjemalloc.so.2"],
    "mimalloc": ["libmimalloc.so.3", "libmimalloc.so.2"],
    "tcmalloc": ["libtcmalloc_minimal.so.4", "libtcmalloc.so.4"],
}


@dataclass(frozen=True)
class Allocator:
    """library is what a program's malloc has to come from (part of a name)."""
    name: str
    path: str = ""
    environment: dict = field(default_factory=dict)

    @property
    def library(self):
        return Path(self.path).name if self.path else "libc.so"

    def added(self):
        """What the environment of a program that is to use it has more."""
        preload = {"LD_PRELOAD": self.path} if self.path else {}
        return {**preload, **self.environment}

    def variant(self, name, **environment):
        return Allocator(name, self.path, {**self.environment, **environment})

    def digest(self):
        """Of the file, and of how it is set."""
        text = Path(self.path).read_bytes() if self.path else b""
        text += repr(sorted(self.environment.items())).encode()
        return hashlib.sha256(text).hexdigest()[:16]


def find_library(names):
    for name in names:
        found = subprocess.run(["cc", "-print-file-name=" + name], text=True,
                               capture_output=True, check=False).stdout.strip()
        if found != name:
            return os.path.realpath(found)
    return None


def own_library(build):
    path = build / "liblazyzero.so"
    if not path.is_file():
        sys.exit(f"bench: no library at {path}: run scripts/build, or set "
                 "BUILD to the folder of another build")
    return str(path.resolve())


def named_library(text):
    """Of NAME=LIB.so, or LIB.so, whose name is then the file's."""
    name, _, path = text.rpartition("=")
    if not Path(path).is_file():
        sys.exit(f"bench: --with {text}: there is no such file")
    return Allocator(name or Path(path).stem, str(Path(path).resolve()))


def find(extra, build):
    """Name to Allocator, in the order of tables and pictures."""
    found = [Allocator(GLIBC), Allocator(CONTROL),
             Allocator(TUNED, environment={
                 "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=10485760"})]
    for name, files in PEERS.items():
        path = find_library(files)
        if path is None:
            print(f"bench: {name} is not installed: left out", file=sys.stderr)
        else:
            found.append(Allocator(name, path))
    found += extra
    found.append(Allocator(OURS, own_library(build)))
    return {allocator.name: allocator for allocator in found}


def peers(names):
    return [name for name in names if name not in (OURS, CONTROL)]
