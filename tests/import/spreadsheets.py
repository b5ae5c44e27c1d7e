"""Imports spreadsheets as desks make them: CSV of several programs and encodings, and workbooks.

usage: spreadsheets.py TIDINGS
"""

import sys
from datetime import datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))

import json
import subprocess
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from common import TIDINGS, check, expect, finish, temporary_folder

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


def workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Read me"
    sheet.append(["Our news", None])
    news = book.create_sheet("News")
    news.append(["All our news of 2024"])
    news.append([])
    news.append(["ID", "Title (EN)", "Title (FR)", "Date", "Text (EN)", "Published"])
    news.append([7, "The bridge is open", "Le pont est ouvert", datetime(2024, 6, 3), "Everybody may cross.\nOn foot, too.", True])
    news.append([8, "A meeting at noon", None, datetime(2024, 6, 4, 12, 30), "It was short.", True])
    news.append([9, "=\"A formula \" & \"without a value\"", None, datetime(2024, 6, 5), None, True])
    news.append([10, "Not ready", None, datetime(2024, 6, 6), None, False])
    book.save(path)


def far_cell(path):
    """A cell in the last row and the last column, and days that are counted since 1904."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["Title", "Date"], ["A day of 1904", datetime(2024, 6, 7)]):
        book.active.append(row)
    book.active.cell(1_048_576, 16_384, "far away")
    book.save(path)


def bomb(path):
    """A workbook of which a part is unpacked to more than half a gigabyte."""
    workbook(path)
    with ZipFile(path, "a", ZIP_DEFLATED, compresslevel=1) as archive, archive.open("xl/media/image.bin", "w") as part:
        for _ in range(520):
            part.write(bytes(1 << 20))


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
        with check("a workbook: the sheet with a heading, days, times, languages by column, what is not published"):
            report, files, stderr = imported(folder, "news.xlsx", workbook, status=1)
            bridge = next((text for text in files if "The bridge is open" in text), "")
            expect("published = 2024-06-03" in bridge and "Le pont est ouvert" in bridge and "crosses" not in bridge and "On foot, too." in bridge, bridge)
            meeting = next((text for text in files if "A meeting at noon" in text), "")
            expect("published = 2024-06-04T12:30:00" in meeting, meeting)
            outcomes = sorted(entry["outcome"] for entry in report["entries"])
            expect(outcomes == ["left-out", "unpublished", "written", "written", "written"], f"{outcomes}")
            expect(any("Read me" in note for note in report["sources"][0]["notes"]), f"{report['sources']}")
            expect("title" in stderr, stderr)
        with check("a workbook of a Mac, and with a cell far away: its day is right, the far row is named"):
            _, files, stderr = imported(folder, "far.xlsx", far_cell, status=1)
            expect(any("published = 2024-06-07" in text for text in files), files)
            expect("1048576" in stderr and "16384 cells" in stderr, stderr)
        with check("a workbook that would fill the memory: an error"):
            _, _, stderr = imported(folder, "bomb.xlsx", bomb, status=1)
            expect("512 MB" in stderr and "bomb.xlsx" in stderr, stderr)
        for name, content, part in (
            ("cut.xlsx", None, "no workbook"),
            ("not.csv", b"just a text\nof two lines\n", "names its columns"),
            ("wide.csv", b"Title,Date\nOne,2024-01-02\nTwo,2024-01-03,\"a\",b\n", "cells"),
        ):
            with check(f"{name}: an error with its place"):
                if content is None:
                    workbook(folder / "whole.xlsx")
                    content = (folder / "whole.xlsx").read_bytes()[:3000]
                _, _, stderr = imported(folder, name, content, status=1)
                expect(part in stderr and name in stderr, stderr)
    finish()


if __name__ == "__main__":
    main()
