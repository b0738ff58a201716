"""Holds the EPUB against the built book: the same pages in the same order, and nothing of them lost.

    python check.py [BOOK [EPUB]]

epubcheck says whether the file is a valid EPUB. This says whether it is this book.
"""

import re
import sys
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.etree import ElementTree

FORBIDDEN = {"script", "button", "input", "select", "form", "iframe", "template"}
# What works only where scripts run.
LEFT_OUT = FORBIDDEN | {"style"}
VOID = {"br", "hr", "wbr", "img", "input", "meta", "link", "col"}


class Page(HTMLParser):
    """What a page has: its title, listings, pictures, ids, links, questions and words."""

    def __init__(self, text, inside="body"):
        super().__init__()
        self.inside = inside
        self.open = []
        self.title, self.text, self.headings = "", "", 0
        self.listings, self.pictures, self.questions = [], [], []
        self.ids, self.links, self.resources, self.tags = set(), [], [], Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if self.inside not in (name for name, _ in self.open):
            return
        self.tags[tag] += 1
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        self.resources += [attributes[a] for a in ("src", "xlink:href") if a in attributes]
        if tag in ("h1", "h2"):
            self.headings += 1
        if tag == "pre":
            self.listings.append("")
        if tag == "summary":
            self.questions.append("")
        if tag == "desc":
            self.pictures.append("")
        if tag not in {"a", "code", "em", "strong", "span", "sup", "wbr", "tspan", "kbd"}:
            self.text += " "

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self.open and tag in (name for name, _ in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data):
        names = [name for name, _ in self.open]
        if self.inside not in names or LEFT_OUT & set(names):
            return
        # The numbers of footnotes, and the ways back from them, are the maker's own.
        if any("footnote-ref" in a.get("class", "") or a.get("href", "").startswith("#fr-") for _, a in self.open):
            return
        self.text += data
        if self.headings == 1 and {"h1", "h2"} & set(names):
            self.title += data
        for tag, into in (("pre", self.listings), ("desc", self.pictures), ("summary", self.questions)):
            if tag in names:
                into[-1] += data


def plain(text):
    """On one line, with single spaces."""
    return " ".join(text.split())


def words(text):
    return re.findall(r"[\w’'-]+", text)


def main(book, epub):
    problems = []
    toc = (book / "toc.html").read_text()
    paths = re.findall(r'<a href="([^"]*)"', toc)
    numbers = [number.strip() for number in re.findall(r'<a href="[^"]*"[^>]*>(?:<strong aria-hidden="true">([^<]*)</strong>)?', toc)]

    archive = zipfile.ZipFile(epub)
    files = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xhtml", ".opf"))}
    opf = ElementTree.fromstring(files["EPUB/content.opf"])
    ns = {"opf": "http://www.idpf.org/2007/opf"}
    items = {item.get("id"): item.get("href") for item in opf.findall(".//opf:item", ns)}
    spine = ["EPUB/" + items[ref.get("idref")] for ref in opf.findall(".//opf:itemref", ns)]
    chapters = [name for name in spine if re.search(r"/ch\d+\.xhtml$", name)]
    parsed = {name: Page(text) for name, text in files.items() if name.endswith(".xhtml")}

    if len(chapters) != len(paths):
        problems.append(f"{len(paths)} pages in the book, {len(chapters)} in the EPUB")
    totals = Counter()
    for path, number, name in zip(paths, numbers, chapters):
        page, chapter = Page((book / path).read_text(), "main"), parsed[name]
        title = plain(f"{number} {page.title}")
        if plain(chapter.title) != title:
            problems.append(f"{path}: {name} has the title {chapter.title!r}, not {title!r}")
        totals.update(pages=1, listings=len(page.listings), pictures=len(page.pictures), questions=len(page.questions))
        if [text.strip() for text in page.listings] != [text.strip() for text in chapter.listings]:
            problems.append(f"{path}: its listings are not those of {name}")
        if page.pictures != chapter.pictures or page.tags["svg"] != chapter.tags["svg"]:
            problems.append(f"{path}: its pictures are not those of {name}")
        if page.tags["table"] != chapter.tags["table"]:
            problems.append(f"{path}: {page.tags['table']} tables, but {chapter.tags['table']} in {name}")
        lost = Counter(words(page.text)) - Counter(words(chapter.text))
        if lost:
            problems.append(f"{path}: not in {name}: {' '.join(list(lost)[:12])}")
        before, _, after = plain(chapter.text).rpartition(" Answers ")
        for question in page.questions:
            if plain(question) not in before or plain(question) not in after:
                problems.append(f"{path}: {question!r} is not asked first and answered at the end")

    for name, page in parsed.items():
        for tag in FORBIDDEN & set(page.tags):
            problems.append(f"{name}: <{tag}>")
        for link in page.links:
            target, _, fragment = link.partition("#")
            if re.match(r"https?:", link):
                continue
            target = normpath(join(dirname(name), target)) if target else name
            if target not in files or fragment and fragment not in parsed[target].ids:
                problems.append(f"{name}: a link to {link}, which is not there")
        for resource in page.resources:
            if normpath(join(dirname(name), resource)) not in archive.namelist():
                problems.append(f"{name}: needs {resource}, which is not in the EPUB")
    for name in archive.namelist():
        if name.endswith(".css") and re.search(r"@import|url\(", archive.read(name).decode()):
            problems.append(f"{name}: asks for another file")

    links = sum(len(page.links) for page in parsed.values())
    print(f"{epub}: {', '.join(f'{n} {what}' for what, n in totals.items())}, {links} links, {epub.stat().st_size // 1024} KiB")
    for problem in problems:
        print(f"  {problem}")
    return bool(problems)


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    given = [Path(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(given + [root / "target/book", root / "target/while-you-wait.epub"][len(given) :])))
