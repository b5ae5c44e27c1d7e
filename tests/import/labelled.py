"""A real listing, whose entries were labelled by hand: how many pairs of translations an import finds, and how many of those are right.

usage: labelled.py TIDINGS LISTING

An entry is named by its day and its number among those of that day: `2015-01-09#2`. Each line of LABELS is a story in several
languages; an entry that is in none is a story of its own.
"""

import collections
import json
import sys
from itertools import combinations
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, CheckFailed, check, finish, run, temporary_folder, write_files

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
    listing = Path(sys.argv[2]).absolute()
    with temporary_folder() as folder:
        write_files(folder, {"tidings.toml": CONFIG})
        command = [TIDINGS, "--format", "json", "import", listing, "--into", "stories"]
        report = json.loads(run(*command, cwd=folder, succeeds=False).stdout)
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
    summary = f"{len(found)} pairs joined, precision {precision:.3f}, recall {recall:.3f}, with the likely ones {with_shown:.3f}"
    with check(summary):
        if report["languages"] != LANGUAGES or precision < 1 or recall < LEAST_RECALL or with_shown < LEAST_SHOWN:
            raise CheckFailed(f"languages {report['languages']}")
    for pair in sorted(map(sorted, found - expected)):
        print("  wrong:", *pair)
    for pair in sorted(map(sorted, expected - found)):
        print("  missing:", *pair)
    finish()


main()
