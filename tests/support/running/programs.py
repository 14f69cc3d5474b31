"""Programs of others that examples are run by."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def needs_curl_with_json() -> None:
    """Skips the test where there is no curl that knows `--json`."""
    curl = shutil.which("curl")
    if curl is None or "--json" not in subprocess.check_output([curl, "--help", "all"], text=True):
        pytest.skip("no curl that knows --json (7.82)")
