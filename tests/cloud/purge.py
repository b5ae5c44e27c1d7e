"""Purges caches after a publication: a command, and stand-ins of the published APIs of CloudFront, Cloudflare and Fastly. The
signature of CloudFront's requests is checked by botocore.

usage: purge.py TIDINGS
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "server"))

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from common import TIDINGS, check, expect, finish, temporary_folder, wait_for

CONFIG = """
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"

[languages.en]
title = "News"

[publish]
purge = {purge}
"""
STORY = 'published = 2024-05-06\n[translations.en]\ntitle = "{title}"\nsummary = "x"\n'
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "a/secret+key",
    "CLOUDFLARE_API_TOKEN": "cloudflare-token",
    "FASTLY_API_TOKEN": "fastly-token",
}


class Services(ThreadingHTTPServer):
    """All three services. `answers` are sent first, one for each request."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.answers, self.looks = [], [], 0
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self):
        return {
            **SECRETS,
            "AWS_ENDPOINT_URL_CLOUDFRONT": self.url,
            "CLOUDFLARE_BASE_URL": f"{self.url}/client/v4",
            "FASTLY_API_URL": self.url,
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers), b""))
        fault = self.signature_fault(b"", "GET")
        if fault:
            return self.answer(403, fault)
        self.server.looks += 1
        status = "Completed" if self.server.looks > 1 else "InProgress"
        return self.answer(200, f"<Invalidation><Id>I1</Id><Status>{status}</Status></Invalidation>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        self.server.requests.append((self.path, dict(self.headers), body))
        if self.server.answers:
            return self.answer(*self.server.answers.pop(0))
        if re.fullmatch(r"/client/v4/zones/zone1/purge_cache", self.path):
            tags = json.loads(body)["tags"]
            is_allowed = self.headers["authorization"] == "Bearer cloudflare-token" and 0 < len(tags) <= 30
            return self.answer(200 if is_allowed else 400, {"success": is_allowed, "errors": [], "result": {"id": "x"}})
        if re.fullmatch(r"/service/service1/purge", self.path):
            keys = json.loads(body)["surrogate_keys"]
            is_allowed = self.headers["fastly-key"] == "fastly-token" and self.headers["fastly-soft-purge"] == "1" and 0 < len(keys) <= 256
            return self.answer(200 if is_allowed else 400, {key: "id" for key in keys})
        if re.fullmatch(r"/2020-05-31/distribution/E1ABC/invalidation", self.path):
            fault = self.signature_fault(body)
            return self.answer(201 if fault is None else 403, fault or "<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>")
        return self.answer(404, "no such service")

    def signature_fault(self, body, method="POST"):
        """Why the signature is wrong."""
        given = self.headers["authorization"]
        request = AWSRequest(method, f"http://{self.headers['host']}{self.path}", data=body)
        request.headers["host"] = self.headers["host"]
        request.context["timestamp"] = self.headers["x-amz-date"]
        request.headers["X-Amz-Date"] = self.headers["x-amz-date"]
        auth = SigV4Auth(Credentials(SECRETS["AWS_ACCESS_KEY_ID"], SECRETS["AWS_SECRET_ACCESS_KEY"]), "cloudfront", "us-east-1")
        wanted = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        return None if given.endswith(f"Signature={wanted}") else f"{given} is not {wanted}"

    def answer(self, status, content, headers=()):
        content = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


def build(folder, environment=None, *arguments, status=0):
    """Builds a site. Returns what changed, and standard error."""
    done = subprocess.run(
        [TIDINGS, "build", "--format", "json", *arguments], cwd=folder, env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    expect(done.returncode == status, f"it ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return done.stdout, done.stderr


def site(folder, purge):
    (folder / "stories").mkdir(parents=True)
    (folder / "tidings.toml").write_text(CONFIG.format(purge=purge))
    (folder / "stories" / "rain.toml").write_text(STORY.format(title="Rain"))
    return folder


def documents(folder):
    """The documents, as the manifest has them."""
    public = folder / "public"
    return {str(path.relative_to(public)) for path in public.rglob("*") if path.is_file() and not path.name.startswith(".")}


def tags_of(services):
    """The tags that each service was asked to purge."""
    found = {"cloudfront": [], "cloudflare": [], "fastly": []}
    for path, _, body in services.requests:
        if "purge_cache" in path:
            found["cloudflare"] += json.loads(body)["tags"]
        elif "service" in path:
            found["fastly"] += json.loads(body)["surrogate_keys"]
        else:
            found["cloudfront"] += re.findall(r"<Path>#([^<]+)</Path>", body.decode())
    return found


def purged_by_command(folder):
    log = folder / "purged"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return set(lines)


def command_checks(folder):
    program = folder / "purge.sh"
    program.write_text("#!/bin/sh\nif [ -e \"$1/broken\" ]; then exit 3; fi\nif [ -e \"$1/slow\" ]; then touch \"$1/waits\"; sleep 60; fi\ncat >> \"$1/purged\"\n")
    program.chmod(0o755)
    folder = site(folder / "command", f'{{ command = ["{program}", "{folder / "command"}"] }}')
    pending = folder / "public" / ".tidings-purge"
    with check("a command reads the addresses of what is new, what changed and what is gone, and nothing else"):
        build(folder)
        every = {f"https://news.example.org/feeds/{path}" for path in documents(folder)}
        expect(purged_by_command(folder) == every, "not every document of the first publication")
        build(folder)
        expect(not purged_by_command(folder), "an unchanged publication purges nothing")
        before = {path: (folder / "public" / path).read_bytes() for path in documents(folder)}
        (folder / "stories" / "rain.toml").write_text(STORY.format(title="Rain, corrected"))
        build(folder)
        changed = {path for path in documents(folder) if before.get(path) != (folder / "public" / path).read_bytes()}
        expect(purged_by_command(folder) == {f"https://news.example.org/feeds/{path}" for path in changed} and changed, f"{changed}")
    with check("a purge that failed is a warning, is remembered, and repeated by the next build"):
        (folder / "broken").touch()
        (folder / "stories" / "snow.toml").write_text(STORY.format(title="Snow"))
        _, stderr = build(folder)
        expect("was not purged" in stderr and "exit status: 3" in stderr and "next build" in stderr, stderr)
        remembered = pending.read_text()
        expect("purge\ten/all.json\n" in remembered, remembered)
        (folder / "broken").unlink()
        build(folder)
        expect("https://news.example.org/feeds/en/all.json" in purged_by_command(folder), "it was not repeated")
        expect(not pending.exists(), "it is still pending")
    with check("a build that was killed before it told anybody is told of by the next"):
        (folder / "stories" / "fog.toml").write_text(STORY.format(title="Fog"))
        (folder / "slow").touch()
        killed = subprocess.Popen([TIDINGS, "build"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("the command", lambda: (folder / "waits").exists())
        killed.kill()
        killed.wait()
        (folder / "slow").unlink()
        purged_by_command(folder)
        build(folder)
        expect("https://news.example.org/feeds/en/all.json" in purged_by_command(folder), "it was not repeated")
        expect(not pending.exists(), "it is still pending")
    with check("what is built for a look purges nothing"):
        (folder / "stories" / "hail.toml").write_text(STORY.format(title="Hail"))
        build(folder, None, "--output", "elsewhere")
        build(folder, None, "--drafts", "--output", "drafts")
        build(folder, None, "--check", status=1)
        expect(not purged_by_command(folder), "something was purged")
        expect(not list(folder.glob("*/.tidings-purge")), "something is to be purged")


def service_checks(folder):
    services = Services()
    folder = site(folder / "services", '{ cloudfront = "E1ABC", cloudflare = "zone1", fastly = "service1" }')
    with check("CloudFront, Cloudflare and Fastly (stand-ins): every document by its tag, once, in batches; the signature is right"):
        build(folder, services.environment())
        wanted = sorted(documents(folder))
        for service, tags in tags_of(services).items():
            expect(len(tags) == len(set(tags)) == len(wanted), f"{service}: {len(tags)} tags of {len(wanted)} documents")
            expect(all(re.fullmatch("document-[0-9a-f]{16}", tag) for tag in tags), f"{service}: {tags[:3]}")
    with check("a service that has no time is asked again, one that refuses is told of with its reason"):
        services.requests.clear()
        services.answers = [
            (400, "<ErrorResponse><Error><Code>TooManyInvalidationsInProgress</Code></Error></ErrorResponse>"),
            (201, "<Invalidation><Id>I2</Id><Status>Completed</Status></Invalidation>"),
            (429, "slow down", [("retry-after", "1")]),
        ]
        (folder / "stories" / "snow.toml").write_text(STORY.format(title="Snow"))
        _, stderr = build(folder, services.environment())
        expect("purged" not in stderr, stderr)
        expect(services.looks >= 2, "CloudFront was not asked whether it had finished")
        expect([path.split("/")[1] for path, _, _ in services.requests] == ["2020-05-31"] * 2 + ["client"] * 2 + ["service"], services.requests)
        (folder / "stories" / "hail.toml").write_text(STORY.format(title="Hail"))
        _, stderr = build(folder, {**services.environment(), "FASTLY_API_TOKEN": "wrong\x1b[31m", "CLOUDFLARE_API_TOKEN": ""}, status=2)
        expect("FASTLY_API_TOKEN has a line break" in stderr and "\x1b" not in stderr, stderr)
        _, stderr = build(folder, {**services.environment(), "FASTLY_API_TOKEN": "wrong", "CLOUDFLARE_API_TOKEN": ""})
        expect("Fastly service1 was not purged" in stderr and "400" in stderr and "no CLOUDFLARE_API_TOKEN" in stderr, stderr)
    with check("more than 2,000 documents are purged by their kinds"):
        services.requests.clear()
        stories = "".join(
            json.dumps({"id": f"s{n}", "language": "en", "published": "2020-01-02", "title": f"Story {n}", "summary": "x"}) + "\n"
            for n in range(2100))
        (folder / "stories" / "many.jsonl").write_text(stories)
        build(folder, services.environment())
        for service, tags in tags_of(services).items():
            expect("kind-feed" in tags and "kind-story" in tags and len(tags) < 20, f"{service}: {tags[:5]}")


def main():
    with temporary_folder() as folder:
        command_checks(folder)
        service_checks(folder)
    finish()


main()
