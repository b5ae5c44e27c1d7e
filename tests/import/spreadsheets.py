"""Imports spreadsheets as desks make them: CSV of several programs and encodings.

usage: spreadsheets.py TIDINGS
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))

import json
import subprocess

from common import TIDINGS, CheckFailed, check, finish, temporary_folder

CONFIG = """
[site]
base_url = "https://news.example.org/"
authority = "news.example.org,2014"
timezone = "Europe/Vienna"
[languages.en]
title = "News"
[languages.ru]
title = "Новости"
[languages.fr]
title = "Nouvelles"
"""
RUSSIAN = "№;Язык;Заголовок;Дата;Текст\r\n1;ru;Дождь в горах;06.05.2024;\"Идёт дождь.\r\nОн сильный; очень.\"\r\n2;ru;Снег в долинах;25.05.2024;Лежит снег.\r\n"


def expect(condition, why):
    if not condition:
        raise CheckFailed(why)


def imported(folder, name, content, status=0):
    """Imports a file into a site of its own. Returns the report, and the stories by their titles."""
    folder = folder / name.replace(".", "-")
    (folder / "stories").mkdir(parents=True)
    (folder / "tidings.toml").write_text(CONFIG)
    if callable(content):
        content(folder / name)
    else:
        (folder / name).write_bytes(content)
    done = subprocess.run([TIDINGS, "import", name, "--into", "stories", "--format", "json"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    expect(done.returncode == status, f"it ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    checked = subprocess.run([TIDINGS, "check"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    expect(checked.returncode == 0, checked.stderr)
    files = [path.read_text() for path in sorted(folder.glob("stories/20*/*.toml"))]
    return json.loads(done.stdout) if done.stdout else {}, files, done.stderr


def main():
    with temporary_folder() as folder:
        for name, content in {
            "utf-8.csv": RUSSIAN.encode(),
            "with-bom.csv": b"\xef\xbb\xbf" + RUSSIAN.encode(),
            "windows-1251.csv": RUSSIAN.encode("cp1251"),
            "utf-16.csv": RUSSIAN.encode("utf-16"),
            "commas.csv": RUSSIAN.replace("он сильный; очень", "x").replace(";", ",").encode(),
            "tabs.tsv": RUSSIAN.replace("; очень", "").replace(";", "\t").encode(),
            "sep.csv": ("sep=;\r\n" + RUSSIAN).encode(),
        }.items():
            with check(f"{name}: letters, days and line breaks are right"):
                report, files, _ = imported(folder, name, content)
                expect(len(files) == 2, f"{len(files)} files")
                rain = next((text for text in files if "Дождь в горах" in text), "")
                expect("published = 2024-05-06" in rain and "Идёт дождь.\nОн сильный" in rain, rain)
                expect("[translations.ru]" in rain, rain)
        for name, content, part in (
            ("book.xlsx", b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "save its sheet as CSV"),
            ("not.csv", b"just a text\nof two lines\n", "names its columns"),
            ("wide.csv", b"Title,Date\nOne,2024-01-02\nTwo,2024-01-03,\"a\",b\n", "cells"),
        ):
            with check(f"{name}: an error with its place"):
                _, _, stderr = imported(folder, name, content, status=1)
                expect(part in stderr and name in stderr, stderr)
    finish()


if __name__ == "__main__":
    main()
