"""`tidings ping`: tells the hub of the feeds that a build changed, or of those that are named."""

import json
import time

from common import TIDINGS, CheckFailed, Site, check, finish, run, temporary_folder
from websub import FEEDS, Hub


def tidings(site, command, *arguments, text=""):
    return run(TIDINGS, command, "--config", site.config, *arguments, input=text, succeeds=False)


def failed(done, word):
    if not done.returncode or word not in done.stderr or "panicked" in done.stderr:
        raise CheckFailed(f"exit {done.returncode}, and this instead of {word!r}: {done.stderr.strip()}")


def build_and_ping(site, hub):
    """Returns how many documents were built, and of how many feeds the hub was told."""
    hub.forget()
    built = tidings(site, "build", "--format", "json")
    done = tidings(site, "ping", text=built.stdout)
    if built.returncode or done.returncode:
        raise CheckFailed(f"build ended with {built.returncode}, ping with {done.returncode}: {built.stderr}{done.stderr}")
    urls = json.loads(built.stdout)["changed_urls"]
    hub.assert_notified([url for url in urls if url.endswith(FEEDS)])
    return len(urls), len(hub.counts())


def main():
    with temporary_folder() as folder:
        hub = Hub()
        site = Site(folder / "site", feeds=f'hub = "{hub.url}"')
        some = [f"http://127.0.0.1:{site.port}/{path}" for path in ("en/all.atom.xml", "fr/research.json")]
        for name in "ab":
            site.story(name, f"Story {name}", languages=("en", "fr"))

        with check("ping: the feeds of a build, once each, and no other document"):
            built, told = build_and_ping(site, hub)
            if told != 27 or built == told:
                raise CheckFailed(f"{built} documents, {told} of them feeds")

        with check("ping: the feeds that a later build changed"):
            site.story("a", "Changed", languages=["fr"])
            _, told = build_and_ping(site, hub)
            if not 0 < told < 27:
                raise CheckFailed(f"told of {told} feeds")

        with check("ping: a build that changed nothing"):
            if build_and_ping(site, hub) != (0, 0):
                raise CheckFailed("told of something")

        with check("ping: the feeds that are named"):
            hub.forget()
            done = tidings(site, "ping", *some)
            if done.returncode:
                raise CheckFailed(f"exit {done.returncode}: {done.stderr}")
            hub.assert_notified(some)

        with check("ping: a hub that has moved is told where it is now, or it is a failure"):
            hub.forget()
            hub.mode = "moved"
            done = tidings(site, "ping", some[0])
            if done.returncode == 0:
                hub.assert_notified(some[:1])

        with check("ping: a feed that the hub rejects is named, is a failure, and is sent once; the others are sent"):
            hub.forget()
            hub.mode, hub.rejected = "open", {some[0]}
            failed(tidings(site, "ping", *some), some[0])
            hub.assert_notified(some[1:])
            if len(hub.rejections) != 1:
                raise CheckFailed(f"sent {len(hub.rejections)} times")

        with check("ping: a hub that refuses is named, is a failure, and is given up once for all feeds"):
            hub.close()
            start = time.monotonic()
            failed(tidings(site, "ping", *some), f"127.0.0.1:{hub.port}")
            took = time.monotonic() - start
            if took > 15:
                raise CheckFailed(f"{took:.0f} s for {len(some)} feeds")

        with check("ping: no hub is a failure"):
            failed(tidings(Site(folder / "silent"), "ping", *some), "hub")
    finish()


main()
