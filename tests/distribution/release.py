"""The container's steps and the release: the Dockerfile's first stage is run in a clean clone, its program is packaged, and the
action installs it from there."""

import http.server
import os
import re
import shlex
import signal
import subprocess
import sys
import tarfile
import threading
import urllib.request
from functools import partial
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import check, expect, finish, free_port, run, temporary_folder, wait_for

REPOSITORY = Path(__file__).absolute().parents[2]
CARGO_TOML = (REPOSITORY / "Cargo.toml").read_text("utf-8")
VERSION = re.search(r'^version = "(.*)"$', CARGO_TOML, re.M)[1]
TARGET = f"{os.uname().machine}-unknown-linux-musl"
NAME = f"tidings-{VERSION}-{TARGET}"


def fetch(address):
    """The body of a response; nothing while the server does not answer."""
    try:
        return urllib.request.urlopen(address, timeout=5).read()
    except OSError:
        return None


def dockerfile_steps(stage):
    """The instructions of a stage: name and argument."""
    text = (REPOSITORY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    current, steps = None, []
    for line in text.splitlines():
        name, _, argument = line.partition(" ")
        if name == "FROM":
            current = argument.partition(" AS ")[2]
        elif current == stage and name.isupper():
            steps.append((name, argument))
    return steps


def copied_files(clone):
    """The files that `COPY . .` copies: .dockerignore names all, then exceptions, then what is left out of those."""
    lines = (clone / ".dockerignore").read_text("utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    left_out = tuple(f"{line}/" for line in lines if line not in ("*", "") and not line.startswith("!"))
    tracked = run("git", "ls-files", cwd=clone).stdout.splitlines()
    return [path for path in tracked if any(path == name or path.startswith(f"{name}/") for name in kept) and not path.startswith(left_out)]


def build_container(folder):
    """Runs the build stage of the Dockerfile on this machine, below a folder. Returns the program."""
    clone, source = folder / "clone", folder / "src"
    run("git", "clone", "--quiet", REPOSITORY, clone)
    # Rust is part of the image that the stage begins with, so where it is installed here is no matter.
    home = Path.home()
    environment = {
        "HOME": str(folder / "home"),
        "PATH": os.environ["PATH"],
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(home / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(home / ".rustup")),
    }
    (folder / "home").mkdir()
    source.mkdir()
    for name, argument in dockerfile_steps("build"):
        if name == "COPY":
            for path in copied_files(clone):
                (source / path).parent.mkdir(parents=True, exist_ok=True)
                (source / path).write_bytes((clone / path).read_bytes())
        if name == "RUN" and not argument.startswith("apt-get"):
            command = re.sub(r"(?<![\w.])/(target|out)\b", rf"{folder}/\1", argument)
            done = subprocess.run(["sh", "-c", command], cwd=source, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1500)
            expect(done.returncode == 0, f"`{argument}` ended with {done.returncode}: {done.stderr[-2000:]}")
    return folder / "out/tidings"


def install(folder, releases, version):
    """Runs the step of the action as GitHub does. Returns its process, and the folders that it adds to PATH."""
    step = yaml.safe_load((REPOSITORY / "action.yml").read_text("utf-8"))["runs"]["steps"][0]
    paths = folder / "path"
    paths.write_text("")
    environment = {
        "HOME": str(folder / "home"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GITHUB_ACTION_PATH": str(REPOSITORY),
        "GITHUB_PATH": str(paths),
        "RUNNER_TEMP": str(folder / "temp"),
        "VERSION": version,
        "RELEASES": releases,
    }
    expect(set(step["env"]) == {"VERSION", "RELEASES"}, f"the step has other variables: {step['env']}")
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return done, paths.read_text().split()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


with temporary_folder() as folder:
    program = None
    with check("the container's steps build a program that needs no library"):
        program = build_container(folder)
        headers = run("readelf", "--dynamic", "--program-headers", program).stdout
        expect("INTERP" not in headers and "NEEDED" not in headers, headers)
        # Object stores, which this program knows and that of the other check does not, may have 8 MB.
        size = program.stat().st_size
        expect(size <= 28_000_000, f"it has {size} bytes")
    with check("the program without object stores is small"):
        size = Path(sys.argv[1]).stat().st_size
        expect(size <= 20_000_000, f"it has {size} bytes")

    if program:
        with check("the program of the container serves the sample in six languages"):
            listen = f"127.0.0.1:{free_port()}"
            server = subprocess.Popen([program, "serve", "--config", REPOSITORY / "config/tidings.toml", "--listen", listen], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                feed = wait_for("an answer", lambda: fetch(f"http://{listen}/ar/all.atom.xml"))
                expect(b'xml:lang="ar"' in feed, "there is no Arabic feed")
            finally:
                server.terminate()
                expect(server.wait(20) == 0, "it did not end well")

    with check("the first command of the README serves the sample, with an empty home folder"):
        home, listen = Path.home(), f"127.0.0.1:{free_port()}"
        (folder / "empty").mkdir()
        environment = {
            **os.environ,
            "HOME": str(folder / "empty"),
            "CARGO_HOME": os.environ.get("CARGO_HOME", str(home / ".cargo")),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(home / ".rustup")),
        }
        expect("\ncargo run --release -- serve\n" in (REPOSITORY / "README.md").read_text("utf-8"), "the README has another one")
        command = ["cargo", "run", "--release", "--", "serve", "--listen", listen]
        server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            page = wait_for("an answer", lambda: fetch(f"http://{listen}/"), seconds=900)
            expect(b"Lumen Institute" in page, "it serves another site")
        finally:
            # Cargo does not pass signals on.
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)

    if program:
        releases = folder / "releases" / f"v{VERSION}"
        with check("a release holds the program, manual pages, completions and licences, and is the same twice"):
            for again in (folder / "again", releases):
                run(REPOSITORY / "tools/package", VERSION, TARGET, program, again)
            archive = releases / f"{NAME}.tar.gz"
            expect(archive.read_bytes() == (folder / "again" / archive.name).read_bytes(), "two archives differ")
            with tarfile.open(archive) as files:
                names = {name.removeprefix(f"{NAME}/") for name in files.getnames()}
            wanted = {"tidings", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "man/tidings.1", "man/tidings-build.1", "completions/tidings.bash", "completions/_tidings", "completions/tidings.fish"}
            expect(wanted <= names, f"{wanted - names} is missing")

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder / "releases"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"

        with check("the action installs a release, and refuses one that was changed"):
            for version in (f"v{VERSION}", ""):
                done, paths = install(folder, address, version)
                expect(done.returncode == 0 and len(paths) == 1, done.stderr)
            expect(run(Path(paths[0]) / "tidings", "--version").stdout == f"tidings {VERSION}\n", "it is another version")
            done, paths = install(folder, address, "main")
            expect(done.returncode == 2 and "name one, such as" in done.stderr and not paths, done.stderr)
            with open(releases / f"{NAME}.tar.gz", "ab") as archive:
                archive.write(b"x")
            done, paths = install(folder, address, f"v{VERSION}")
            expect(done.returncode != 0 and not paths, "a changed archive is installed")
        server.shutdown()

    with check("packages find what they name"):
        rest = CARGO_TOML.split("[package.metadata.deb]")[1].split("\n[features]")[0]
        for source in re.findall(r'^    \["([^"]+)"', rest, re.M):
            if not source.startswith("target/"):
                expect((REPOSITORY / source).is_file(), f"there is no {source}")
        url = re.search(r'^pkg-url = "(.*)"$', CARGO_TOML, re.M)[1]
        expect(url.endswith(f"/v{{ version }}/tidings-{{ version }}-{{ target }}.tar.gz"), url)
        listed = set(run("cargo", "package", "--list", "--allow-dirty", "--locked", cwd=REPOSITORY).stdout.splitlines())
        expect({"src/main.rs", "build.rs", "config/tidings.toml", "LICENSE"} <= listed, "the crate lacks a file")

    with check("the compose file starts the image of the Dockerfile, and asks what the program answers"):
        service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text("utf-8"))["services"]["tidings"]
        command = dict(dockerfile_steps(""))
        expect(shlex.split(command["CMD"].strip("[]").replace(",", " ")) == ["serve", "--listen", "*:8080"], command)
        expect(service["ports"] == ["127.0.0.1:8080:8080"] and service["volumes"] == [".:/site:ro"], service)
        expect(service["healthcheck"]["test"][-1] == "http://127.0.0.1:8081/readyz", service)

finish()
