"""`make diagrams`: draws the diagrams of the docs, which forges draw by themselves and the site shows as pictures.

No test of the full run; that each diagram has its picture is one (`tests/documents/test_site.py`).
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from handbook import site
from tests.support.browser.install import npm

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
MERMAID = "mermaid@11.16.0"
DIGEST = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
# Labels of plain SVG, since a picture holds no HTML.
OPTIONS = """{startOnLoad: false, theme: "neutral", htmlLabels: false, deterministicIds: true,
              flowchart: {htmlLabels: false}, fontFamily: "sans-serif"}"""


def library(folder: Path) -> Path:
    """Mermaid as its registry has it, known by its digest."""
    subprocess.run([*npm(), "pack", MERMAID, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (packed,) = folder.glob("mermaid-*.tgz")
    with tarfile.open(packed) as archive:
        source = archive.extractfile("package/dist/mermaid.min.js")
        assert source is not None
        content = source.read()
    assert hashlib.sha256(content).hexdigest() == DIGEST
    script = folder / "mermaid.min.js"
    script.write_bytes(content)
    return script


def test_diagrams_are_drawn(browser: Browser, tmp_path: Path) -> None:
    script = library(tmp_path)
    drawn = ROOT / site.DRAWN
    drawn.mkdir(exist_ok=True)
    for old in drawn.glob("*.svg"):
        old.unlink()
    for source in site.diagrams(ROOT):
        # A page each, so that the names inside one picture do not depend on others.
        page = browser.new_page()
        page.set_content("<!doctype html><body></body>")
        page.add_script_tag(path=script)
        picture = page.evaluate(
            f"async source => {{ mermaid.initialize({OPTIONS}); return (await mermaid.render('d', source)).svg; }}",
            source,
        )
        page.close()
        # On white, since its lines are dark in either scheme.
        shown = picture.replace('style="', 'style="background-color: white; ', 1)
        (ROOT / site.picture_of(source)).write_text(shown + "\n", "utf-8")
