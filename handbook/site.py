"""`python -m handbook.site` lays out the pages as they lie in the repository and has the site built of them, strictly.

The site mirrors the repository, so that a link reads the same on a forge and on the site. What a page links to beside
pages, a file or a folder of examples or rules, comes along as it is.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

STAGED = Path("build/handbook")
PAGES = ("README.md", "CHANGELOG.md", "client/README.md")
# A list that follows a line of text: forges begin it there, the builder only after an empty line.
LIST_IN_TEXT = re.compile(r"^(?![-*] |[>|#]|\d+\. |\s|$)(.*\n)(?=[-*] |\d+\. )", re.MULTILINE)
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
DRAWN = Path("docs/pictures/diagrams")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)(?=[)#])")
STYLE = Path("handbook/site.css")
TUTORIAL = "## The first bill, settled\n"
# What a folder that is linked to may hold and no reader wants.
_LEFT_OUT = {"__pycache__", ".DS_Store"}


def main() -> None:
    """Builds the site into `site/`. Ends with a code above zero where a link or an anchor leads nowhere."""
    lay_out(Path(), STAGED)
    sys.exit(build(Path()))


def build(folder: Path) -> int:
    """Has the site built as `zensical.toml` of this folder says. Returns the builder's exit code."""
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=folder, check=False).returncode


def lay_out(root: Path, staged: Path) -> None:
    """Writes what the site is built from into the folder `staged`, anew. `root` is the repository's.

    Raises:
        ValueError: a page links to what is not there.
    """
    shutil.rmtree(staged, ignore_errors=True)
    folders: set[Path] = set()
    for page in pages(root):
        text = lists_apart(_with_indexes(root, page, folders))
        _stage(staged / page, DIAGRAM.sub(partial(_drawn, root, staged, page), text))
        for target in _files(root, page):
            _copy(root, staged, target)
    for folder in sorted(folders):
        for file in _inside(root, folder):
            _copy(root, staged, file)
        _stage(staged / folder / "index.md", _index(root, folder))
    _copy(root, staged, STYLE)
    _stage(staged / "tutorial.md", lists_apart(tutorial((root / "README.md").read_text("utf-8"))))


def pages(root: Path) -> list[Path]:
    """Every page of the site, by its path in the repository."""
    return [*map(Path, PAGES), *(path.relative_to(root) for path in sorted((root / "docs").rglob("*.md")))]


def diagrams(root: Path) -> list[str]:
    """The source of every diagram on a page of the site."""
    return [source for page in pages(root) for source in DIAGRAM.findall((root / page).read_text("utf-8"))]


def picture_of(source: str) -> Path:
    """Where the picture of a diagram is, by what the diagram says: another diagram has another picture."""
    return DRAWN / f"{hashlib.sha256(source.encode()).hexdigest()[:12]}.svg"


def _drawn(root: Path, staged: Path, page: Path, diagram: re.Match[str]) -> str:
    """The picture in place of a diagram: what draws it in a browser would have to be fetched from elsewhere."""
    picture = picture_of(diagram[1])
    if not (root / picture).exists():
        raise ValueError(f"{page} has a diagram that was not drawn yet: `make diagrams` draws it")
    _copy(root, staged, picture)
    kind = diagram[1].split()[0]
    return f"![A diagram ({kind}) of what is said below]({os.path.relpath(picture, page.parent)})\n"


def lists_apart(text: str) -> str:
    """The text with an empty line before each list, but in what is shown as it is."""
    parts = FENCE.split(text)
    parts[::2] = [LIST_IN_TEXT.sub(r"\1\n", part) for part in parts[::2]]
    return "".join(parts)


def tutorial(readme: str) -> str:
    """The part of the README that settles a first bill, as a page of its own."""
    part = readme[readme.index(TUTORIAL) + len(TUTORIAL) :]
    return f"#{TUTORIAL[2:]}{part[: part.index(chr(10) + '## ')]}\n"


def _links(root: Path, page: Path) -> Iterator[tuple[str, Path]]:
    """What a page links to in the repository: as it is written, and where that is."""
    for written in LINK.findall((root / page).read_text("utf-8")):
        target = (root / page.parent / written).resolve()
        if not target.exists():
            raise ValueError(f"{page} links to {written}, which is not there")
        yield written, target.relative_to(root.resolve())


def _files(root: Path, page: Path) -> Iterator[Path]:
    yield from (target for _, target in _links(root, page) if (root / target).is_file())


def _with_indexes(root: Path, page: Path, folders: set[Path]) -> str:
    """The page's text in which a link to a folder leads to the list of what is in it."""
    listed = {written: target for written, target in _links(root, page) if (root / target).is_dir()}
    folders |= set(listed.values())
    return LINK.sub(
        lambda match: f"{match[1].rstrip('/')}/index.md" if match[1] in listed else match[1],
        (root / page).read_text("utf-8"),
    )


def _inside(root: Path, folder: Path) -> list[Path]:
    return [
        path.relative_to(root)
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and not _LEFT_OUT & set(path.parts)
    ]


def _index(root: Path, folder: Path) -> str:
    """A page that lists what is in a folder, pages by their titles."""
    lines = [
        f"- [{_title(root / path)}]({path.relative_to(folder).as_posix()})" for path in _inside(root, folder)
    ]
    return f"# {folder.as_posix()}\n\n" + "\n".join(lines) + "\n"


def _title(path: Path) -> str:
    if path.suffix == ".md":
        return path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
    return path.name


def _stage(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _copy(root: Path, staged: Path, file: Path) -> None:
    if file.suffix != ".md":
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, staged / file)


if __name__ == "__main__":
    main()
