"""Imports from content management systems: stand-ins of Drupal and of a paged API, and a real WordPress.

usage: imports.py TIDINGS
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))

import http.client
import json
import os
import re
import subprocess
from contextlib import contextmanager

from common import TIDINGS, check, expect, finish, free_port, temporary_folder, wait_for
from drupal import Drupal
from paged import Paged
from wordpress import WordPress, missing

CONFIG = """
[site]
base_url = "https://news.example.org/"
authority = "news.example.org,2014"

[languages.en]
title = "News"
[languages.fr]
title = "Nouvelles"
[languages.de]
title = "Nachrichten"

[topics.water]
title = {{ en = "Water" }}

[import.cms]
source = "{source}"
from = "{kind}"
into = "stories/cms"
{more}
"""


def get(port, path, method="GET", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


class Desk:
    """A site that imports from one source."""

    def __init__(self, folder, source, kind, more="", **environment):
        self.folder = folder
        (folder / "stories").mkdir(parents=True)
        (folder / "tidings.toml").write_text(CONFIG.format(source=source, kind=kind, more=more))
        self.environment = {**os.environ, **environment}

    def run(self, *arguments, status=0):
        done = subprocess.run([TIDINGS, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        expect(done.returncode == status, f"{arguments} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done

    def configure(self, every, into="stories/cms", on_gone=None):
        text = "".join(line for line in (self.folder / "tidings.toml").read_text().splitlines(True) if not line.startswith(("every =", "into =", "on_gone =")))
        more = f'into = "{into}"\n' + (f'every = "{every}"\n' if every else "") + (f'on_gone = "{on_gone}"\n' if on_gone else "")
        (self.folder / "tidings.toml").write_text(text.replace("[import.cms]\n", f"[import.cms]\n{more}"))

    @contextmanager
    def served(self):
        """A server: its port, and that of its admin address."""
        port, admin = free_port(), free_port()
        config = self.folder / f"served-{port}.toml"
        config.write_text((self.folder / "tidings.toml").read_text() + f'\n[server]\nadmin = "127.0.0.1:{admin}"\n')
        with open(self.folder / f"log-{port}", "wb") as log:
            command = [TIDINGS, "serve", "--config", config, "--listen", f"127.0.0.1:{port}"]
            server = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for("an answer", lambda: get(port, "/en/all.atom.xml")[0] == 200, 20)
            yield port, admin
        finally:
            server.terminate()
            server.wait(20)

    def post(self, port, path, token):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return get(port, path, "POST", headers)[0]

    def imported(self, *arguments, status=0):
        """What became of the entries: their numbers by outcome, and the report."""
        done = self.run("import", "cms", "--format", "json", *arguments, status=status)
        report = json.loads(done.stdout)
        outcomes = {}
        for entry in report["entries"]:
            outcomes[entry["outcome"]] = outcomes.get(entry["outcome"], 0) + 1
        return outcomes, report

    def files(self):
        return {str(path.relative_to(self.folder)): path.read_text() for path in self.folder.glob("stories/cms/**/*.toml") if path.name != "_imported.toml"}

    def story(self, text):
        found = [content for content in self.files().values() if text in content]
        expect(len(found) == 1, f"{len(found)} files have `{text}`: {list(self.files())}")
        return found[0]


PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082")


def drupal(folder):
    with Drupal() as site:
        tag = site.add_tag("Water", fr="Eau")
        image = site.add_image("delta.png", PIXEL)
        delta = site.add("The delta in spring", "<p>Bees <b>return</b>.</p>", tags=[tag], image=image, alt="A bee")
        site.translate(delta, "fr", "Le delta au printemps", "<p>Les abeilles.</p>")
        only = site.add("Nur auf Deutsch", "<p>Ein Text.</p>", langcode="de")
        site.add("Not ready", "<p>Wait.</p>", status=False)
        site.fill(120)
        desk = Desk(folder / "drupal", site.url, "drupal")
        with check("Drupal: the first pass brings every translation once, with its picture, topic and link, and no draft"):
            outcomes, report = desk.imported()
            expect(outcomes == {"written": 123}, f"{outcomes}")
            story = desk.story("The delta in spring")
            for part in ("Le delta au printemps", "Bees <b>return</b>", "delta.png", 'topics    = ["water"]', "[translations.fr]", site.url):
                expect(part in story, f"no {part} in {story}")
            expect("[translations.de]" in desk.story("Nur auf Deutsch"), desk.story("Nur auf Deutsch"))
            desk.run("check", "--strict")
        first = len(site.requests())
        with check("Drupal: then only what changed is asked for"):
            site.clear_requests()
            outcomes, report = desk.imported()
            expect(set(outcomes) <= {"unchanged"}, f"{outcomes}")
            requests = site.requests()
            expect(len(requests) < first, f"{len(requests)} requests, {first} at first: {requests}")
        with check("Drupal: a correction, a translation that comes later, and a new story arrive"):
            site.correct(delta, "fr", title="Le delta au printemps, corrigé")
            site.translate(only, "en", "In English, too", "<p>A text.</p>")
            site.add("A new one", "<p>New.</p>")
            outcomes, report = desk.imported()
            expect(outcomes.get("written") == 1 and outcomes.get("updated", 0) >= 2, f"{outcomes}")
            expect("corrigé" in desk.story("The delta in spring"), desk.story("The delta in spring"))
            expect("In English, too" in desk.story("Nur auf Deutsch"), "the translation has a story of its own")
        before = desk.files()
        for fault, status in (("status", 1), ("close", 1), ("garbled", 1), ("html", 1)):
            with check(f"Drupal: {fault}: an error with its cause, and nothing of the store is lost"):
                site.fault(fault, times=1000)
                done = desk.run("import", "cms", status=status)
                site.clear_faults()
                expect("error:" in done.stderr and site.url in done.stderr, done.stderr)
                expect(desk.files() == before, "the files are others")


def wordpress(folder):
    absent = missing()
    if absent:
        raise SystemExit(f"WordPress needs {absent}")
    with WordPress() as site:
        site.languages("en", "fr", "de")
        image = site.upload("delta.png", PIXEL, "image/png", alt="A bee", caption="A bee in the delta")
        topic = site.term("Water")
        english = site.post("The delta in spring", "<p>Bees <b>return</b>.</p>", date="2024-05-01T10:00:00", lang="en", featured_media=image, tags=[topic])
        french = site.post("Le delta au printemps", "<p>Les abeilles.</p>", date="2024-05-02T10:00:00", lang="fr", translations={"en": english})
        site.post("Die Bienen", "<p>Ein Text.</p>", date="2024-05-03T10:00:00", lang="de")
        site.post("Not ready", "<p>Wait.</p>", status="draft", lang="en")
        site.fill(150)
        desk = Desk(folder / "wordpress", site.url, "wordpress-api", "language = 'en'")
        site.clear_requests()
        with check("WordPress: the first pass brings every post once, translations as one story, with picture, topic and link, and no draft"):
            outcomes, report = desk.imported()
            expect(outcomes == {"written": 153}, f"{outcomes}")
            story = desk.story("The delta in spring")
            for part in ("Le delta au printemps", "Bees <b>return</b>", "A bee in the delta", 'alt = "A bee"', 'topics    = ["water"]', site.url):
                expect(part in story, f"no {part} in {story}")
            expect("[translations.de]" in desk.story("Die Bienen"), desk.story("Die Bienen"))
            expect("2024-05-01T08:00:00+00:00" in story, story)
            desk.run("check", "--strict")
        with check("WordPress: then only what changed is asked for: one request, with few posts"):
            site.clear_requests()
            outcomes, report = desk.imported()
            requests = site.requests()
            expect(len(requests) == 1 and "modified_after" in requests[0].path, f"{requests}")
            expect(set(outcomes) <= {"unchanged"}, f"{outcomes}")
        with check("WordPress: a correction, a translation and a new post arrive, and feeds have them"):
            site.update(french, title="Le delta au printemps, corrigé")
            site.post("A new one", "<p>New.</p>", lang="en")
            outcomes, report = desk.imported()
            expect(outcomes.get("written") == 1 and outcomes.get("updated", 0) >= 1, f"{outcomes}")
            expect("corrigé" in desk.story("The delta in spring"), desk.story("The delta in spring"))
            desk.run("build")
            feed = (desk.folder / "public/fr/all.atom.xml").read_text()
            expect("corrigé" in feed, feed[:2000])
        with check("WordPress: a webhook has the server import, and the feeds follow; a wrong or no token does nothing"):
            desk.environment["TIDINGS_ADMIN_TOKEN"] = "let me in"
            with desk.served() as (port, admin):
                expect(desk.post(admin, "/import/cms", None) == 401 and desk.post(admin, "/import/cms", "let me") == 401, "it is let in")
                expect(desk.post(admin, "/import/nothing", "let me in") == 404, "a source without a name is known")
                site.webhook(f"http://127.0.0.1:{admin}/import/cms", "let me in")
                site.post("Told by a webhook", "<p>New.</p>", lang="en")
                wait_for("the feed has it", lambda: b"Told by a webhook" in get(port, "/en/all.atom.xml")[1], 20)
                status = json.loads(get(admin, "/status")[1])["imports"]["cms"]
                expect(status["error"] is None and "new" in status["done"], f"{status}")
                expect(b'tidings_imports_total{source="cms",outcome="ok"}' in get(admin, "/metrics")[1], "there is no metric")
                expect(desk.post(admin, "/reload", "let me in") == 202, "it does not reload")
                for _ in range(10):
                    desk.post(admin, "/reload", "guess")
                expect(desk.post(admin, "/reload", "guess") == 429, "wrong tokens are looked at without end")
            site.webhook(None)
            desk.environment.pop("TIDINGS_ADMIN_TOKEN")
        with check("WordPress: a source with `every` is imported by the server by itself, one server at a time"):
            desk.configure(every="1s")
            site.post("Found by the schedule", "<p>New.</p>", lang="en")
            with desk.served() as (port, admin):
                wait_for("the feed has it", lambda: b"Found by the schedule" in get(port, "/en/all.atom.xml")[1], 20)
                with desk.served() as (_, other):
                    wait_for("the other tells that it does not import", lambda: "another server" in get(other, "/status")[1].decode(), 20)
                expect(desk.post(admin, "/import/cms", "x") == 403, "without a token somebody is let in")
                before = get(port, "/en/all.atom.xml")[1]
                site.stop_serving()
                wait_for("the failure is told", lambda: json.loads(get(admin, "/status")[1])["imports"]["cms"]["error"], 60)
                expect(get(port, "/en/all.atom.xml")[1] == before, "the feed lost something")
                site.serve_again()
        with check("a folder that cannot be written is an error at the start"):
            (folder / "file").write_text("")
            desk.configure(every="1s", into="../file/x")
            done = desk.run("serve", "--listen", "127.0.0.1:0", status=3)
            expect("file/x" in done.stderr and "cms" in done.stderr, done.stderr)
            desk.configure(every=None)
        with check("WordPress: what is deleted there stays here, unless the configuration says otherwise"):
            site.delete(english)
            desk.imported()
            expect("The delta in spring" in desk.story("corrigé"), "it is gone")
        with check("WordPress: with `on_gone`, what two complete passes lack and its address confirms is withdrawn"):
            doomed = site.post("Doomed", "<p>Soon gone.</p>", lang="en")
            desk.configure(every=None, on_gone="withdraw")
            desk.imported()
            site.delete(doomed)
            for expected in (False, True):
                state = desk.folder / "stories/cms/_imported.toml"
                state.write_text(re.sub(r"complete = .*", "complete = 2020-01-01", state.read_text()))
                desk.imported()
                expect(("withdrawn" in desk.story("Doomed")) == expected, f"{expected}: {desk.story('Doomed')}")
            desk.run("build")
            feed = (desk.folder / "public/en/all.atom.xml").read_text()
            expect("deleted-entry" in feed and "Doomed" not in feed, feed[:3000])
            expect("withdrawn" not in desk.story("A new one"), "another is withdrawn too")
        with check("WordPress: it called nobody"):
            # It tells itself of the posts that it links, and the webhook goes to the server.
            strangers = [address for address in site.outgoing() if not address.startswith("http://127.0.0.1:")]
            expect(not strangers, f"{strangers}")


def paged(folder):
    for links, address in (("body", "whole"), ("body", "query"), ("header", "path")):
        with check(f"a paged API: every record, the next page told in the {links}, as a {address} address"):
            with Paged(1050, links=links, address=address) as api:
                desk = Desk(folder / f"paged-{links}-{address}", api.url + "/items", "json")
                outcomes, _ = desk.imported()
                expect(sum(outcomes.values()) == 1050 and outcomes.get("written") == 1050, f"{outcomes}")
    for lie in ("self", "first", "elsewhere", "beyond"):
        with check(f"a paged API whose next page is a lie ({lie}): it ends, and says so"):
            with Paged(250) as api:
                api.next_lie = lie
                desk = Desk(folder / f"lie-{lie}", api.url + "/items", "json")
                done = desk.run("import", "cms", "--format", "json", status=1)
                expect("error:" in done.stderr or '"severity":"error"' in done.stderr, done.stderr)
                expect(json.loads(done.stdout)["entries"], "nothing was imported")
    with check("a paged API that is slow, and changes while it is read: everything ends up in the store"):
        with Paged(250) as api:
            changes = iter(range(100, 103))
            api.after_page = lambda: [api.correct(number, title=f"Changed {number}") for number in [next(changes, None)] if number]
            api.fault("slow", times=2)
            desk = Desk(folder / "changing", api.url + "/items", "json")
            outcomes, _ = desk.imported()
            expect(outcomes == {"written": 250}, f"{outcomes}")
            api.after_page = None
            desk.imported()
            expect(all(desk.story(f"Changed {number}") for number in (100, 101, 102)), "a change is missing")
    with check("a paged API that is down for a moment is asked again"):
        with Paged(250) as api:
            desk = Desk(folder / "moment", api.url + "/items", "json")
            api.fault("status", times=1, match="page=2", status=503, retry_after=1)
            outcomes, _ = desk.imported()
            expect(outcomes == {"written": 250}, f"{outcomes}")
    with check("a paged API with a token: it is sent, and without it the error says what to set"):
        with Paged(30, token="secret") as api:
            desk = Desk(folder / "token", api.url + "/items", "json", TIDINGS_IMPORT_CMS_TOKEN="secret")
            outcomes, _ = desk.imported()
            expect(outcomes == {"written": 30}, f"{outcomes}")
            desk.environment.pop("TIDINGS_IMPORT_CMS_TOKEN")
            done = desk.run("import", "cms", status=1)
            expect("401" in done.stderr and "TIDINGS_IMPORT_CMS_TOKEN" in done.stderr, done.stderr)


def main():
    with temporary_folder() as folder:
        for part in (drupal, wordpress, paged):
            part(folder)
    finish()


if __name__ == "__main__":
    main()
