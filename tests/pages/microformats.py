"""What a parser of microformats finds on the pages: entries in listings, and the whole story on its page.

    tests/.venv/bin/python tests/pages/microformats.py TIDINGS CONFIG
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import mf2py

TIDINGS, CONFIG = sys.argv[1:3]
failed = False


def check(name, faults):
    global failed
    failed |= bool(faults)
    print(f"FAILED {name}: {'; '.join(faults[:10])}" if faults else f"ok {name}")


def entries(items):
    for item in items:
        if "h-entry" in item["type"]:
            yield item["properties"]
        yield from entries(item.get("children", []))


def parsed(path, address):
    return mf2py.parse(doc=path.read_text(), url=address)["items"]


def first(properties, name):
    return next(iter(properties.get(name, [])), None)


with tempfile.TemporaryDirectory() as folder:
    out, base = Path(folder) / "out", "https://news.example.org/"
    command = [TIDINGS, "build", "--config", CONFIG, "--output", out, "--base-url", base]
    subprocess.run(command, check=True, capture_output=True)
    listings, stories, seen = [], [], 0
    for feed_path in sorted(out.glob("*/all.json")):
        language = feed_path.parent.name
        if language == "mul":
            continue
        items = json.loads(feed_path.read_text())["items"]
        page = out / language / "index.html"
        found = list(entries(parsed(page, f"{base}{language}/")))
        for item in items:
            name = " ".join(item["title"].split())
            entry = next((entry for entry in found if " ".join((first(entry, "name") or "").split()) == name), None)
            if entry is None:
                listings.append(f"{language}: no h-entry “{name}”")
                continue
            if item.get("url") and first(entry, "url") != item["url"]:
                listings.append(f"{language}: “{name}” has the url {first(entry, 'url')}")
            if not (first(entry, "published") or "") == item["date_published"][:10]:
                listings.append(f"{language}: “{name}” is of {first(entry, 'published')}")
            own = item.get("url", "").removeprefix(base)
            if not own.startswith(f"{language}/stories/"):
                continue
            seen += 1
            whole = next(entries(parsed(out / own / "index.html", item["url"])), {})
            if " ".join((first(whole, "name") or "").split()) != name:
                stories.append(f"{own}: the name is {first(whole, 'name')}")
            # A bare date has no time; the parser writes offsets without a colon.
            moment = (first(whole, "published") or "").replace(":", "")
            if moment not in (item["date_published"].replace(":", ""), item["date_published"][:10]):
                stories.append(f"{own}: it is of {moment}")
            if item.get("content_html") and not first(whole, "content"):
                stories.append(f"{own}: no content")
            if not first(whole, "author"):
                stories.append(f"{own}: no author")
            if item.get("image") and not first(whole, "photo"):
                stories.append(f"{own}: no photo")
    if seen < 10:
        stories.append(f"only {seen} stories have a page")
    check("listings are h-feeds of h-entries with name, url and date", listings)
    check("the page of a story is an h-entry with name, date, author, photo and content", stories)
sys.exit(failed)
