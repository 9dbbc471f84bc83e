# SPDX-License-Identifier: MIT
"""liblazyzero, to be preloaded into programs: large memory costs what they touch.

On a command line: ``lazyzero python train.py`` or ``python -m lazyzero train.py``.
"""
import os

__version__ = "@VERSION@"

_folder = os.path.dirname(os.path.abspath(__file__))


def command():
    """The path of the program ``lazyzero``."""
    return os.path.join(_folder, "bin", "lazyzero")


def library():
    """The path of the library, for ``LD_PRELOAD``."""
    return os.path.join(_folder, "lib", "liblazyzero.so")
