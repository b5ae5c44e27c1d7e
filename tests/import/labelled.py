"""A real listing, whose entries were labelled by hand: how many pairs of translations an import finds, and how many of those are right.

usage: labelled.py TIDINGS LISTING

An entry is known by its day and its place among those of that day: `2015-01-09#2`. Each line of LABELS is a story in several
languages; an entry that is in none is a story of its own.
"""

import collections
import json
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

LABELS = """
2015-01-28#1 2015-01-28#2
2015-01-09#1 2015-01-09#2 2015-01-09#3
2014-12-22#1 2014-12-22#2 2015-04-16#1
2014-12-12#1 2014-12-12#2
2014-12-10#1 2014-12-10#2
2014-11-24#1 2014-11-24#2
2014-11-13#1 2014-11-13#2
2014-11-03#1 2014-11-03#2 2014-11-03#3
2014-10-24#1 2014-10-24#2 2014-10-31#1
2014-10-02#1 2014-10-02#2 2014-10-02#3
2014-09-25#1 2014-09-25#2
2014-06-20#1 2014-06-25#1 2014-07-08#1
2014-04-05#1 2014-05-05#2
2014-04-07#1 2014-05-05#1
"""
LANGUAGES = {"en": 29, "es": 1, "fr": 6, "ru": 14}
CONFIG = '[site]\nbase_url = "https://n.example/"\nauthority = "n.example,2014"\ntitle = "N"\n' + "".join(
    f'[languages.{language}]\ntitle = "N"\n' for language in ("en", "fr", "es", "ru", "ar", "zh")
)
LEAST_RECALL, LEAST_SHOWN = 0.75, 0.85


def pairs(groups):
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


def main():
    tidings, listing = map(Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tidings.toml").write_text(CONFIG)
        command = [tidings.absolute(), "--format", "json", "import", listing.absolute(), "--into", "stories"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    report = json.loads(ran.stdout)
    names, by_file, seen = {}, collections.defaultdict(set), collections.Counter()
    for entry in report["entries"]:
        seen[entry["date"]] += 1
        name = f"{entry['date']}#{seen[entry['date']]}"
        names[entry["line"]] = name
        by_file[entry["file"]].add(name)
    expected = pairs(line.split() for line in LABELS.split("\n"))
    found = pairs(by_file.values())
    shown = found | {frozenset((names[pair["one"]["line"]], names[pair["other"]["line"]])) for pair in report["pairs"]["likely"]}
    right = len(found & expected)
    precision, recall, with_shown = right / len(found), right / len(expected), len(shown & expected) / len(expected)
    told = f"{len(found)} pairs joined, precision {precision:.3f}, recall {recall:.3f}, with the likely ones {with_shown:.3f}"
    is_well = report["languages"] == LANGUAGES and precision == 1 and recall >= LEAST_RECALL and with_shown >= LEAST_SHOWN
    print(f"ok {told}" if is_well else f"FAILED {told}; languages {report['languages']}")
    for pair in sorted(map(sorted, found - expected)):
        print("  wrong:", *pair)
    for pair in sorted(map(sorted, expected - found)):
        print("  missing:", *pair)
    return not is_well


sys.exit(main())
