# SPDX-License-Identifier: MIT
"""Becomes the program ``lazyzero``.

``python -m lazyzero train.py`` runs the script with this interpreter; ``lazyzero
PROGRAM`` runs any program.
"""
import os
import sys

from . import command


def main():
    os.execv(command(), ["lazyzero"] + sys.argv[1:])


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print("Usage: python -m lazyzero SCRIPT [ARGUMENT]...\n"
              "       python -m lazyzero -m MODULE [ARGUMENT]...\n"
              "Runs it with liblazyzero preloaded. More: lazyzero --help")
        sys.exit(0 if arguments else 2)
    os.execv(command(), ["lazyzero", "run", "--", sys.executable] + arguments)
