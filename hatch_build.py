"""What a wheel holds beside the code: conf/, examples/, … in the package (src/softscale/config.py, ROOT).

Hatchling alone packs a folder of many names under one of them, and conf/ has such links.
"""

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("conf", "examples", "experiments", "models")


class FoldersHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # the checkout is at hand
            return
        below = "softscale/" if self.target_name == "wheel" else ""
        for folder in FOLDERS:
            for parent, _, files in os.walk(os.path.join(self.root, folder), followlinks=True):
                for path in (os.path.join(parent, file) for file in files):
                    build_data["force_include"][path] = f"{below}{os.path.relpath(path, self.root)}"
