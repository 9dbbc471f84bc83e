# SPDX-License-Identifier: MIT
# cxx_plugin.py FILE: as ../cxx_plugin.c, in python3, through ctypes.
import ctypes
import signal
import sys

assert ctypes.CDLL(None).lazyzero_is_active() == 1
signal.alarm(60)
plugin = ctypes.CDLL(sys.argv[1])
plugin.plugin_allocates.argtypes = [ctypes.c_size_t]
assert plugin.plugin_allocates(24) == 1
assert plugin.plugin_allocates(1200000) == 1
assert plugin.plugin_catches() == 1
