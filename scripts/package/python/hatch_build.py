# SPDX-License-Identifier: MIT
"""The wheel has binaries: its tag says for which machine and libc."""
import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TagHook(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = os.environ["LAZYZERO_WHEEL_TAG"]
