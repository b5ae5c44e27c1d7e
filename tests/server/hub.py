"""WebSub: the hub is told of each feed that changed and of no other, whatever state it is in."""

import json
import random
import re
import threading
import time
import xml.etree.ElementTree as ElementTree
from contextlib import contextmanager

from common import CheckFailed, Site, check, finish, free_port, temporary_folder, wait_for
from websub import FEEDS, QUIET, Hub, path_of

BOTH = ("en", "fr")


def feeds(site):
    """Every feed's body, by its address."""
    outlines = ElementTree.fromstring(site.get("/feeds.opml")[2]).iter("outline")
    parts = [outline.get("xmlUrl").removesuffix(FEEDS[0]).rsplit("/", 2) for outline in outlines if outline.get("xmlUrl")]
    languages, scopes = {language for _, language, _ in parts} | {"mul"}, {scope for _, _, scope in parts}
    found = {}
    for topic in (f"{parts[0][0]}/{language}/{scope}{end}" for language in languages for scope in scopes for end in FEEDS):
        status, _, found[topic] = site.get(path_of(site, topic))
        if status != 200:
            raise CheckFailed(f"{topic}: {status}")
    if len(found) != 3 * 3 * 3:
        raise CheckFailed(f"{len(found)} feeds")
    return found


def change(site, *stories):
    """Changes stories, one after another; returns which feeds are others then, and all feeds."""
    before = feeds(site)
    for name, title, languages in stories:
        site.story(name, title, languages=languages)
        wait_for(f"{title} is served", lambda: site.shows(title, "/mul/all.atom.xml"), 20)
    return changed(before, site)


def changed(before, site):
    after = feeds(site)
    found = {topic for topic in after if after[topic] != before[topic]}
    if not found or found == set(after):
        raise CheckFailed(f"{len(found)} of {len(after)} feeds changed")
    return found, after


@contextmanager
def answered_quickly(site, topics):
    """Readers ask for these all the while."""
    ended, slow = threading.Event(), []

    def ask():
        while not ended.wait(0.005):
            topic, start = random.choice(sorted(topics)), time.monotonic()
            try:
                site.get(path_of(site, topic))
            except OSError as why:
                slow.append(f"{topic}: {why}")
            if time.monotonic() - start > 0.5:
                slow.append(f"{topic} was answered after {time.monotonic() - start:.2f} s")

    asks = threading.Thread(target=ask)
    asks.start()
    try:
        yield
    finally:
        ended.set()
        asks.join()
    if slow:
        raise CheckFailed(slow[0])


def names_hub(topic, body, header, hub):
    links = {rel: url for url, rel in re.findall(r'<([^>]*)>\s*;[^,]*?\brel="?(\w+)', header)}
    if topic.endswith(".json"):
        feed = json.loads(body)
        hubs = [each["url"] for each in feed.get("hubs", []) if each["type"] == "WebSub"]
        inside = {"self": feed.get("feed_url"), "hub": "".join(hubs)}
    else:
        root = ElementTree.fromstring(body)
        inside = {link.get("rel"): link.get("href") for link in root.findall(".//{http://www.w3.org/2005/Atom}link")}
    for where, found in (("Link", links), ("the document", inside)):
        if (found.get("self"), found.get("hub")) != (topic, hub.url):
            raise CheckFailed(f"{topic}: {where} has {found}")


def metric(site, name):
    lines = site.get("/metrics", port=site.admin)[2].decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), None)


def serving(site, hub):
    with check("hub: nobody is told of anything at the start"):
        time.sleep(QUIET)
        hub.assert_notified([])

    with check("hub: every feed names it and itself, in the document and in Link"):
        for topic in feeds(site):
            _, headers, body = site.get(path_of(site, topic))
            names_hub(topic, body, headers.get("link", ""), hub)

    with check("hub: told once of each feed that changed, when the change is served, and of no other"):
        hub.forget()
        topics, now = change(site, ("a", "Changed", BOTH))
        hub.wait_for_topics(topics, 15)
        hub.assert_notified(topics, now)

    with check("hub: a story written again as it was is no change"):
        hub.forget()
        site.story("a", "Changed", languages=BOTH)
        time.sleep(QUIET)
        hub.assert_notified([])

    with check("hub: down during three changes, told of all of them when it is back, and of no other feed"):
        hub.forget()
        before = feeds(site)
        hub.close()
        change(site, ("a", "While closed", ["en"]))
        time.sleep(1.2)
        hub.mode = "turning away"
        hub.open()
        wait_for("the server tries again", lambda: hub.unavailable, 20)
        change(site, ("c", "While turned away", ["fr"]), ("d", "While turned away again", ["en"]))
        topics, now = changed(before, site)
        hub.mode = "open"
        hub.wait_for_topics(topics, 60)
        hub.assert_notified(topics, now, once=False)

    with check("hub: one that wants nothing of one feed is told of the others"):
        hub.forget()
        hub.rejected = {min(feeds(site))}
        topics, now = change(site, ("a", "Unwanted in part", BOTH))
        if not hub.rejected < topics:
            raise CheckFailed(f"{hub.rejected} did not change")
        hub.wait_for_topics(topics - hub.rejected, 20)
        hub.assert_notified(topics - hub.rejected, now)
        wait_for("nothing is pending", lambda: metric(site, "tidings_hub_pending") == 0, 5)
        if len(hub.rejections) != 1 or metric(site, 'tidings_hub_pings_total{outcome="refused"}') != 1:
            raise CheckFailed(f"{len(hub.rejections)} pings of the rejected topic")

    with check("hub: while it hangs readers are answered, and changes served"):
        hub.forget()
        before, hub.mode = feeds(site), "hanging"
        with answered_quickly(site, before):
            change(site, ("a", "Before it hangs", ["en"]))
            wait_for("the server tells the hub", lambda: hub.hanging, 15)
            change(site, ("a", "While it hangs", ["en"]))
            time.sleep(QUIET)
        topics, now = changed(before, site)
        hub.release()
        hub.wait_for_topics(topics, 60)
        hub.assert_notified(topics, now, once=False)

    with check("hub: while it hangs SIGTERM ends the server"):
        hub.forget()
        hub.released.clear()
        hub.mode = "hanging"
        change(site, ("a", "Before the end", ["en"]))
        wait_for("the server tells the hub", lambda: hub.hanging, 15)
        status = site.stop(seconds=10)
        if status != 0:
            raise CheckFailed(f"exit {status}")
    hub.release()


def main():
    with temporary_folder() as folder:
        hub, admin = Hub(), free_port()
        with Site(folder, feeds=f'hub = "{hub.url}"', server=f'admin = "127.0.0.1:{admin}"') as site:
            site.admin = admin
            hub.site = site
            site.story("a", "As it was", languages=BOTH)
            site.story("b", "Always the same", topics='["children"]', languages=BOTH)
            site.story("c", "French", languages=["fr"])
            site.start()
            serving(site, hub)
    finish()


main()
