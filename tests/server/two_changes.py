"""A document changes twice within one second. Readers of every kind see both changes, and no validator lies."""

import socket
import time
from email.utils import parsedate_to_datetime

from common import CheckFailed, Site, Skipped, check, finish, temporary_folder, wait_for
from readers import PATH, Exchange, Newsboat

TRIES = 6
OF_A_BODY = ("content-type", "content-encoding", "content-length", "transfer-encoding")
FIRST, SECOND = "Changed once", "Changed twice"


class Document:
    """The feed, and what every answer must hold to, in the order in which they came."""

    def __init__(self, site):
        self.site = site
        self.versions = []  # body, tags, Last-Modified once it was said

    def ask(self, **headers):
        lines = {"Host": f"127.0.0.1:{self.site.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = "".join([f"GET {PATH} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in lines.items())])
        sent = f"{sent}Connection: close\r\n\r\n".encode()
        received = b""
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=10) as connection:
            connection.sendall(sent)
            while data := connection.recv(65536):
                received += data
        answer = Exchange(sent, received)
        self.judge(answer)
        return answer

    def judge(self, answer):
        def must(condition, what):
            if not condition:
                raise CheckFailed(f"{what}: {answer}; before: {[version[1:] for version in self.versions]}")

        needed = ["ETag", "Cache-Control", "Vary", "Date"]
        must(answer.status in (200, 304), "neither 200 nor 304")
        must(all(name in answer.headers for name in needed), f"not all of {needed}")
        if answer.status == 304:
            entity = [name for name in answer.headers if name.lower() in OF_A_BODY]
            must(not entity, f"a 304 with {entity}")
            must(not answer.after_head, f"a 304 with a body: {answer.after_head[:50]}")
            version = next((version for version in self.versions if answer.tag in version[1]), None)
            must(version is self.versions[-1], "a 304 that does not name the newest version")
        else:
            if not self.versions or self.versions[-1][0] != answer.body:
                must(all(answer.body != body for body, _, _ in self.versions), "an older version")
                self.versions.append([answer.body, set(), None])
            version = self.versions[-1]
            must(all(answer.tag not in tags for _, tags, _ in self.versions[:-1]), "the tag of an older version")
            version[1].add(answer.tag)
        said = answer.headers.get("Last-Modified")
        if said is None:
            must(version[2] is None or answer.status == 304, "Last-Modified was said of this version, and is left out now")
            return
        must(moment(said) <= moment(answer.headers["Date"]), "Last-Modified later than Date")
        must(version[2] in (None, said), "Last-Modified was another for this version")
        earlier = [moment(last) for _, _, last in self.versions[:-1] if last]
        must(all(moment(said) > last for last in earlier), "Last-Modified is not later than that of the version before")
        version[2] = said


def moment(date):
    return parsedate_to_datetime(date)


class ByDate:
    """A client that sends nothing but the last Last-Modified it got and, as libcurl does, throws away what is not later."""

    def __init__(self, document):
        self.document, self.date, self.body = document, None, b""

    def reload(self):
        got = self.document.ask(**{"If_Modified_Since": self.date} if self.date else {})
        said = got.headers.get("Last-Modified")
        if got.status == 200 and not (said and self.date and moment(said) <= moment(self.date)):
            self.body = got.body
        self.date = said or self.date
        return got


class ByTag:
    """A client that sends nothing but the last tag it got, and accepts one coding."""

    def __init__(self, document, coding):
        self.document, self.coding, self.tag, self.body = document, coding, None, b""

    def reload(self):
        got = self.document.ask(Accept_Encoding=self.coding, **{"If_None_Match": self.tag} if self.tag else {})
        if got.status == 200:
            self.body = got.body
        self.tag = got.tag
        return got


def change(site, text):
    site.story("story", text)
    wait_for(f"{text} is served", lambda: site.shows(f">{text}<"), 20)


def changed_twice(site, number, between, after):
    """Changes the story twice, early in a second; says whether both fell into it."""
    time.sleep(1.02 - time.time() % 1)
    second = int(time.time())
    for text, then in ((f"{FIRST}, {number}", between), (f"{SECOND}, {number}", after)):
        change(site, text)
        then(text)
    return int(time.time()) == second


def repeated(trial):
    """Until two changes fell into one second twice."""
    within = 0
    for number in range(TRIES):
        within += trial(number)
        if within == 2:
            return
    if not within:
        raise Skipped(f"in {TRIES} tries no two changes were served within one second")


def by_one_validator(site):
    document = Document(site)
    readers = [ByDate(document), ByTag(document, "identity"), ByTag(document, "gzip")]

    def all_see(text):
        for reader in readers:
            reader.reload()
            if f">{text}<".encode() not in reader.body:
                raise CheckFailed(f"{type(reader).__name__} does not see {text!r}: {[version[1:] for version in document.versions]}")

    def undated(text):
        all_see(text)
        date = document.ask().headers["Date"]
        matched = document.ask(If_Modified_Since=date).status == 304
        if matched and "Last-Modified" not in document.ask().headers:
            raise CheckFailed(f"{date} matched a document that has no Last-Modified")

    def trial(number):
        within = changed_twice(site, number, all_see, undated)
        time.sleep(1.2)
        all_see(f"{SECOND}, {number}")
        if "Last-Modified" not in document.ask().headers:
            raise CheckFailed(f"1.2 s after a change there is no Last-Modified: {document.ask()}")
        for reader in readers:
            got = reader.reload()
            if got.status != 304:
                raise CheckFailed(f"not 304 though nothing changed: {got}")
        return within

    for reader in readers:
        reader.reload()
    repeated(trial)
    for number in range(8):
        change(site, f"Changed again, {number}")
        all_see(f"Changed again, {number}")


def by_newsboat(site, newsboat):
    def sees(text):
        newsboat.reload()
        if newsboat.titles() != [text]:
            raise CheckFailed(f"newsboat has {newsboat.titles()} instead of {text!r}")

    def trial(number):
        within = changed_twice(site, number, sees, sees)
        time.sleep(1.2)
        sees(f"{SECOND}, {number}")
        return within

    for _ in range(3):
        newsboat.reload()
    repeated(trial)


def main():
    with temporary_folder() as folder, Site(folder / "site") as site:
        site.story("story", "As it was")
        site.start()
        with check("two changes in one second: clients with one validator alone see both, and no answer has a wrong one"):
            by_one_validator(site)
        with check("two changes in one second: newsboat sees both"):
            by_newsboat(site, Newsboat(folder / "newsboat", site.port))
    finish()


main()
