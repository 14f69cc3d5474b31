"""The docs as a site: built strictly, its generated pages current, and nothing in it fetched from elsewhere."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from handbook import site
from handbook.reference import codes, metrics
from handbook.reference.pages import written

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
# What a browser fetches by itself, by element, and in which attribute its address is.
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "link": "href", "use": "href", "object": "data",
}  # fmt: skip
# Says where the page is, and is not fetched.
SAID = {"canonical"}


class Read(HTMLParser):
    """What a page fetches, where it leads, and the anchors on it."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = {"", "__top"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes note of one element."""
        given = dict(attrs)
        self.anchors |= {given.get("id") or "", given.get("name") or ""}
        address = given.get(FETCHED.get(tag, ""))
        if address and given.get("rel") not in SAID:
            self.fetched.append(address)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")


def read(page: Path) -> Read:
    found = Read()
    found.feed(page.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(ROOT / "zensical.toml", folder / "zensical.toml")
    site.lay_out(ROOT, folder / site.STAGED)
    assert site.build(folder) == 0
    return folder / "site"


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, Read]:
    return {path.resolve(): read(path) for path in built.rglob("*.html") if path.name != "404.html"}


def test_the_reference_is_what_the_code_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    committed = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "reference").glob("*.md")}
    for name, text in written().items():
        assert committed.pop(name) == text, "run `make docs`"
    assert committed == {}


def test_every_metric_that_operators_are_told_to_watch_is_in_the_reference(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {one.name for one in metrics.declared()}
    table = (ROOT / "docs" / "operating.md").read_text("utf-8").partition("| metric | worry when |")[2]
    first_cells = [
        line.split("|")[1] for line in table.partition("\n\n")[0].splitlines() if "`settle_" in line
    ]
    assert {name for cell in first_cells for name in re.findall(r"`(settle_\w+)", cell)} == names


def test_codes_that_events_are_refused_with_are_in_the_reference(monkeypatch):
    monkeypatch.chdir(ROOT)
    table = (ROOT / "docs" / "events.md").read_text("utf-8").partition("## Refused events")[2]
    named = set(re.findall(r"^\| (.*?) \|", table.partition("\n## ")[0], re.MULTILINE))
    of_events = {code for cell in named for code in re.findall(r"`(\w+)`", cell)}
    assert len(of_events) > 40
    assert of_events - set(codes.refusals()) == set(codes.AROUND_RULES)


def test_pages_fetch_nothing_from_elsewhere(built, pages):
    assert len(pages) > 80
    strangers = {
        f"{page.name}: {address}"
        for page, found in pages.items()
        for address in found.fetched
        if urlsplit(address).scheme not in {"", "data"} or address.startswith("//")
    }
    assert strangers == set()
    # The theme's script fetches what draws a diagram where a page has one.
    assert [page.name for page in pages if 'class="mermaid"' in page.read_text("utf-8")] == []
    for style in built.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^\"')]+", style.read_text("utf-8")) == []


def test_every_link_of_the_built_pages_leads_somewhere(built, pages):
    lost = set()
    for page, found in pages.items():
        for link in (*found.links, *found.fetched):
            address = urlsplit(link)
            if address.scheme:
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (
                target in pages and unquote(address.fragment) not in pages[target].anchors
            ):
                lost.add(f"{page.relative_to(built.resolve())}: {link}")
    assert lost == set()


def test_each_diagram_has_its_picture_and_no_picture_is_left_over(built):
    sources = site.diagrams(ROOT)
    assert len(sources) > 5
    assert {path.relative_to(ROOT) for path in (ROOT / site.DRAWN).glob("*.svg")} == {
        site.picture_of(source) for source in sources
    }, "run `make diagrams`"
    assert {path.name for path in (built / site.DRAWN).glob("*.svg")} == {
        site.picture_of(source).name for source in sources
    }


def test_a_diagram_that_was_not_drawn_ends_the_build(tmp_path):
    (tmp_path / "client").mkdir()
    for page in site.PAGES:
        (tmp_path / page).write_text("# A\n\n```mermaid\nflowchart LR\n  A --> B\n```\n")
    with pytest.raises(ValueError, match=r"README\.md has a diagram that was not drawn yet"):
        site.lay_out(tmp_path, tmp_path / "staged")


def test_pictures_and_the_first_bill_are_on_the_site(built):
    assert (built / "docs" / "pictures" / "overview.webp").exists()
    tutorial = (built / "tutorial.html").read_text("utf-8")
    assert "The first bill, settled" in tutorial
    assert "settle" in tutorial


def test_every_page_has_its_place_in_the_navigation(pages, built):
    listed = re.findall(r'"((?:docs/|client/)?[\w/-]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8"))
    placed = {Path(name) for name in listed} | {
        Path("docs/decisions/index.md"),
        Path("docs/contracts/index.md"),
    }
    missing = [
        page for page in site.pages(ROOT)
        if page not in placed and page.parent != Path("docs/decisions")
    ]  # fmt: skip
    assert missing == []
    tabs = {
        link
        for link in pages[(built / "docs" / "comparison.html").resolve()].links
        if link.endswith("index.html")
    }
    assert {"decisions/index.html", "../index.html"} <= {link.removeprefix("./") for link in tabs}


@pytest.mark.parametrize("link", ["b.md", "a.md#nowhere"])
def test_a_page_or_an_anchor_that_is_not_there_ends_the_build(tmp_path, link):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(f"# A\n\n[there]({link})\n")
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "a"\n')
    assert site.build(tmp_path) != 0


def test_a_link_to_a_file_that_is_not_there_ends_the_build(tmp_path):
    (tmp_path / "client").mkdir()
    for page in site.PAGES:
        (tmp_path / page).write_text("# A\n")
    (tmp_path / "README.md").write_text("# A\n\n[settings](config/nowhere.example)\n")
    with pytest.raises(ValueError, match=r"README\.md links to config/nowhere\.example"):
        site.lay_out(tmp_path, tmp_path / "staged")


def test_lists_are_lists_as_on_a_forge(built):
    rules = re.findall(r"^- (R\d+\.\d+\w+) ", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    shown = re.findall(r"<li>\s*(?:<p>)?(R\d+\.\d+\w+) ", (built / "docs" / "rules.html").read_text("utf-8"))
    assert len(rules) > 200
    assert shown == rules
    assert site.lists_apart("text\n- a\n- b\n\n1. c\n2. d\n```\ntext\n- a\n```\n") == (
        "text\n\n- a\n- b\n\n1. c\n2. d\n```\ntext\n- a\n```\n"
    )


@pytest.fixture
def served(built: Path) -> Iterator[str]:
    """The site behind a plain server, without which browsers let no page search."""
    handler = partial(Quiet, directory=str(built))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Says nothing of what it served."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_browser_that_reads_and_searches_asks_nobody_else(browser: Browser, served: str):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{served}index.html")
    page.locator(".md-search").first.click()
    page.wait_for_timeout(1000)
    page.keyboard.type("provisional", delay=20)
    found = page.get_by_text("Due dates over days not published are provisional")
    found.first.wait_for(timeout=20_000)
    page.goto(f"{served}docs/reference/commands.html")
    page.close()
    assert len(asked) > 5
    assert [address for address in asked if not address.startswith((served, "data:", "blob:"))] == []
