"""WebSub with a real hub, Flask-WebSub: what changed is delivered to its subscribers, signed."""

import base64
import hashlib
import hmac
import http.client
import logging
import threading
from urllib.parse import urlencode

from celery import Celery
from flask import Flask, request
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server

from common import TIDINGS, CheckFailed, Site, check, finish, free_port, run, temporary_folder, wait_for

SECRET = "a secret of the subscriber"
USER, PASSWORD = "publisher", "a password of the hub"
TOPICS = ("en/all.atom.xml", "mul/research.json")


class RealHub:
    """Flask-WebSub behind basic authentication, and a subscriber, on one port of loopback."""

    def __init__(self, folder):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = Flask(__name__)
        app.config["PUBLISH_SUPPORTED"] = True
        celery = Celery("hub")
        celery.conf.task_always_eager = True
        hub = Hub(SQLite3HubStorage(str(folder / "hub.sqlite3")), celery, **app.config)
        app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
        self.port, self.pings, self.verified, self.delivered = free_port(), [], [], []

        @app.before_request
        def record():
            if request.path == "/hub" and request.form["hub.mode"] == "publish":
                self.pings.append((request.form.to_dict(flat=False), request.headers.get("Authorization", "")))

        @app.get("/callback/<int:number>")
        def verify(number):
            self.verified.append(number)
            return request.args["hub.challenge"]

        @app.post("/callback/<int:number>")
        def deliver(number):
            self.delivered.append((number, dict(request.headers), request.get_data()))
            return ""

        server = make_server("127.0.0.1", self.port, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/hub"

    def subscribe(self, number, topic):
        form = {
            "hub.mode": "subscribe", "hub.topic": topic, "hub.secret": SECRET,
            "hub.callback": f"http://127.0.0.1:{self.port}/callback/{number}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/hub", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        status = connection.getresponse().status
        if status != 202:
            raise CheckFailed(f"subscribing got {status}")
        wait_for("the subscription is verified", lambda: number in self.verified, 10)

    def delivers(self, site, number):
        """Waits for a delivery, and checks that it is what is served, and its signature."""
        wait_for(f"delivery of {TOPICS[number]}", lambda: any(each == number for each, _, _ in self.delivered), 20)
        _, headers, body = next(each for each in self.delivered if each[0] == number)
        served = site.get(f"/{TOPICS[number]}")[2]
        if body != served:
            raise CheckFailed(f"{len(body)} bytes were delivered, {len(served)} are served")
        algorithm, _, signature = headers["X-Hub-Signature"].partition("=")
        if not hmac.compare_digest(signature, hmac.new(SECRET.encode(), body, getattr(hashlib, algorithm)).hexdigest()):
            raise CheckFailed(f"{algorithm} signature of other bytes")


def main():
    with temporary_folder() as folder:
        hub = RealHub(folder)
        with Site(folder / "site", feeds=f'hub = "{hub.url}"') as site:
            topics = [f"http://127.0.0.1:{site.port}/{path}" for path in TOPICS]
            site.story("a", "As it was", languages=("en", "fr"))
            site.start()

            with check("flask-websub: it accepts subscriptions"):
                for number, topic in enumerate(topics):
                    hub.subscribe(number, topic)

            with check("flask-websub: a change is delivered, signed, as it is served"):
                site.story("a", "Changed", languages=("en", "fr"))
                for number in range(len(TOPICS)):
                    hub.delivers(site, number)

            with check("flask-websub: each ping names its topic twice, and authenticates"):
                expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                for form, authorization in hub.pings:
                    if form["hub.url"] != form["hub.topic"] or authorization != expected:
                        raise CheckFailed(f"{form}, {authorization}")
                if not set(topics) <= {form["hub.topic"][0] for form, _ in hub.pings}:
                    raise CheckFailed(f"{hub.pings}")

            with check("flask-websub: `tidings ping` has it delivered again"):
                hub.delivered.clear()
                run(TIDINGS, "ping", "--config", site.config, topics[0])
                hub.delivers(site, 0)
                if any(number != 0 for number, _, _ in hub.delivered):
                    raise CheckFailed("another feed was delivered too")

            with check("flask-websub: no output has its credentials"):
                text = site.log_text()
                if PASSWORD in text or PASSWORD.replace(" ", "%20") in text:
                    raise CheckFailed(text)
    finish()


main()
