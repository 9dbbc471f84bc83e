# SPDX-License-Identifier: MIT
"""Where it was measured."""
import os
import platform
import shutil
import subprocess
from pathlib import Path

VERSIONS = {
    "python3": ["/usr/bin/python3", "--version"],
    "node": ["node", "--version"],
    "redis": ["redis-server", "--version"],
    "gcc": ["gcc", "-dumpfullversion"],
    "sqlite3": ["sqlite3", "--version"],
    "go": ["go", "version"],
    "java": ["java", "-version"],
}

# Debian's, of the applications.
PACKAGES = ["python3-torch", "python3-sklearn", "python3-numpy", "python3-scipy",
            "python3-pandas", "python3-opencv", "r-base-core", "octave",
            "imagemagick", "libvips-tools", "ffmpeg", "gdal-bin", "postgresql",
            "samtools", "minimap2", "xz-utils", "zstd", "p7zip-full", "ruby"]


def read(path):
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"


def version(command):
    if shutil.which(command[0]) is None:
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0][:60] if lines else "unknown"


def packages():
    """Name and version of those that are installed."""
    if shutil.which("dpkg-query") is None:
        return "unknown"
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n",
         *PACKAGES], capture_output=True, text=True, check=False)
    return "; ".join(line.removeprefix("installed ")
                     for line in done.stdout.splitlines()
                     if line.startswith("installed "))


def describe(allocators):
    model = [line.split(":")[1].strip()
             for line in read("/proc/cpuinfo").splitlines()
             if line.startswith("model name")]
    memory = read("/proc/meminfo").split()
    libraries = [f"{a.name} {Path(a.path).name} ({a.digest()})"
                 for a in allocators.values() if a.path]
    return {
        "processor": f"{os.cpu_count()} x {model[0] if model else 'unknown'}",
        "memory": f"{int(memory[1]) // 1024} MiB" if len(memory) > 1 else "?",
        "kernel": platform.release(),
        "page size": os.sysconf("SC_PAGE_SIZE"),
        "transparent huge pages":
            read("/sys/kernel/mm/transparent_hugepage/enabled"),
        "libc": " ".join(platform.libc_ver()),
        "libraries": "; ".join(libraries),
        "programs": "; ".join(f"{name}: {version(command)}"
                              for name, command in VERSIONS.items()),
        "packages": packages(),
    }
