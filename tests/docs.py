"""Runs every command and checks every snippet and link of the documentation.

usage: docs.py TIDINGS [DOCUMENT...]

Each document has a temporary folder, in which its code blocks are taken in order, as a reader would. What is done with a block
stands in an HTML comment before it, which a rendered page does not show:

    file: PATH          the block is written to that file
    add to: PATH        its keys are added to that TOML file, below the tables that are there already
    run [EXIT]          a shell script; it ends with that status, 0 by default, in the working directory that the last one left
    output [stderr]     what the last script wrote; `…` stands for any text, on a line of its own for any lines
    excerpt: PATH       lines of that file, in this order; `…` as above
    quoted: PATH        the same of a file of the repository, such as an example that `cargo test` compiles
    serve               starts the server of a command, of a systemd unit or of a container, and asks it for a feed
    nginx               starts nginx with this server; each line that follows in the comment is a request and its response
    workflow            the `tidings` commands of a GitHub workflow are run
    links: FOLDER       every address below base_url in the block is a document of that folder
    doctest             `cargo test` compiles and runs it, as the crate includes the document
    not run: REASON     why it is not

A block without such a comment is an error. At the end of a document each site in its folder has to pass `tidings check`.
"""

import configparser
import html
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "server"))

from common import TIDINGS, CheckFailed, Skipped, Site, check, finish, free_port, run, temporary_folder, wait_for

ROOT = Path(__file__).absolute().parents[1]
README_LINES = 250
# The files of other documents that are copied to a document's folder before it begins.
NEEDS = {"README.md": ["config"]}
# The folder of the web server in the examples.
WEB_ROOT = re.compile(r"/srv/www\b")
MARK = re.compile(r"<!-- (file|add to|run|output|excerpt|quoted|serve|nginx|workflow|links|doctest|not run)\b:? ?(.*?)\s*-->", re.S)
FENCE = re.compile(r"(`{3,})(\w*)")


class Block:
    """A fenced block of code, and what is done with it."""

    def __init__(self, document, line, language, text, mark):
        self.document, self.line, self.language, self.text = document, line, language, text
        self.mark, self.argument = mark or (None, "")
        self.name = f"{document}:{line}"


def read(document):
    """The blocks of a document, and its lines without them."""
    blocks, prose, mark, fence = [], [], None, None
    text = (ROOT / document).read_text("utf-8")
    # A mark may have several lines.
    text = MARK.sub(lambda match: match[0].replace("\n", "\x1f"), text)
    for number, line in enumerate(text.split("\n"), 1):
        if fence:
            if line.strip() == fence:
                blocks.append(Block(document, start, language, "".join(f"{line}\n" for line in body), mark))
                fence = mark = None
            else:
                body.append(line)
            continue
        opening = FENCE.match(line.strip())
        if opening:
            fence, language = opening.groups()
            start, body = number, []
        elif match := MARK.fullmatch(line.strip().replace("\x1f", "\n")):
            mark = match.groups()
        elif line.strip():
            mark = None
        prose.append("" if opening else line)
    if fence:
        raise CheckFailed(f"{document}:{start}: this block does not end")
    return blocks, prose


def merge(text, snippet):
    """A TOML file with the keys of another: each below its table, and in place of one of the same name."""
    lines = text.splitlines()
    table = ""
    header = re.compile(r"\[+[^\]]+\]+")
    key = re.compile(r"(\"[^\"]*\"|[\w.-]+)\s*=")
    at = None
    for line in snippet.splitlines():
        match = header.match(line)
        if match:
            table = match[0]
            # Of a list of tables each is a new one.
            at = next((i for i, old in enumerate(lines) if old.startswith(table) and not table.startswith("[[")), None)
            if at is None:
                lines += ["", line]
                at = len(lines) - 1
            continue
        at = at if at is not None else -1
        name = key.match(line)
        if name:
            end = next((i for i in range(at + 1, len(lines)) if header.match(lines[i])), len(lines))
            same = (i for i in range(at + 1, end) if (old := key.match(lines[i])) and old[1] == name[1])
            if (old := next(same, None)) is not None:
                lines[old] = line
                continue
        at += 1
        lines.insert(at, line)
    return "\n".join(lines) + "\n"


def pattern(line):
    """An expression for a line in which `…` stands for any text, and every duration for any other."""
    parts = [re.escape(part) for part in re.sub(r"\d+\.\d+ s\b", "…", line.rstrip()).split("…")]
    return re.compile(".*".join(parts))


def compare(wanted, found, whole=True):
    """Fails at the first line that is not there."""
    lines = found.splitlines()
    at, anywhere = 0, not whole
    for line in wanted.splitlines():
        if line.strip() == "…":
            anywhere = True
            continue
        if not line.strip() and not whole:
            continue
        if whole:
            expression, strip = pattern(line), str.rstrip
        else:
            expression, strip = pattern(line.strip()), str.strip
        candidates = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        hit = next((i for i in candidates if expression.fullmatch(strip(lines[i]))), None)
        if hit is None:
            raise CheckFailed(f"there is no line `{line}` in:\n{found}")
        at, anywhere = hit + 1, not whole
    if whole and not anywhere and at < len(lines):
        raise CheckFailed(f"the line `{lines[at]}` is not in the document, of:\n{found}")


class Reader:
    """Follows one document in a folder of its own."""

    def __init__(self, folder, document):
        self.folder = folder / "home"
        self.folder.mkdir()
        # What an example calls /srv/www is here.
        self.web = folder / "www"
        self.web.mkdir()
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "tidings").symlink_to(TIDINGS)
        self.directory = self.folder
        self.done = None
        self.server = self.address = self.nginx = None
        self.environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.folder), "NO_COLOR": "1"}
        for name in NEEDS.get(document, []):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("public"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.server, self.nginx):
            self.stop(process)

    @staticmethod
    def stop(process):
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def here(self, text):
        """A text of the document with the folders and ports of this machine."""
        text = WEB_ROOT.sub(str(self.web), text).replace("cargo run --release --", "tidings")
        return text.replace("127.0.0.1:8080", self.address) if self.address else text

    def path(self, name):
        path = (self.directory / name).resolve()
        if not path.is_relative_to(self.folder):
            raise CheckFailed(f"`{name}` is outside the folder of the document")
        return path

    def take(self, block):
        kind = block.mark
        if kind is None:
            raise CheckFailed("nothing is done with this block; see the beginning of tests/docs.py")
        getattr(self, "take_" + kind.replace(" ", "_"))(block)
        if kind != "not run" and block.language == "toml":
            tomllib.loads(block.text)
        if kind != "not run" and block.language == "json":
            for document in block.text.splitlines() if block.argument.endswith(".jsonl") else [block.text]:
                json.loads(document)

    def take_not_run(self, block):
        if len(block.argument) < 10:
            raise CheckFailed("a block that is not run needs the reason")

    def take_doctest(self, block):
        if f'include_str!("../{block.document}")' not in (ROOT / "src/lib.rs").read_text("utf-8"):
            raise CheckFailed("src/lib.rs does not include the document")

    def take_file(self, block):
        path = self.path(block.argument)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")

    def take_add_to(self, block):
        path = self.path(block.argument)
        merged = merge(path.read_text("utf-8"), block.text)
        tomllib.loads(merged)
        path.write_text(merged, "utf-8")

    def take_run(self, block):
        last = self.folder.parent / "directory"
        script = f"trap 'pwd >{shlex.quote(str(last))}' EXIT\n{self.here(block.text)}"
        self.done = run(
            "bash", "-euo", "pipefail", "-c", script, succeeds=False, cwd=self.directory, env=self.environment, timeout=60,
        )
        self.directory = Path(last.read_text().strip())
        wanted = int(block.argument or 0)
        if self.done.returncode != wanted:
            raise CheckFailed(f"exit status {self.done.returncode}, not {wanted}:\n{self.done.stdout}{self.done.stderr}")

    def take_output(self, block):
        compare(block.text, self.done.stderr if block.argument == "stderr" else self.done.stdout)

    def take_excerpt(self, block):
        compare(block.text, self.path(block.argument).read_text("utf-8"), whole=False)

    def take_quoted(self, block):
        compare(block.text, (ROOT / block.argument).read_text("utf-8"), whole=False)

    def take_serve(self, block):
        """Starts a server on a free port, and stops the last one."""
        if block.language == "ini":
            unit = configparser.ConfigParser(interpolation=None, strict=False, comment_prefixes="#")
            unit.optionxform = str
            unit.read_string(block.text)
            command = shlex.split(unit["Service"]["ExecStart"])
            if unit["Service"]["Type"] != "notify":
                raise CheckFailed("the server says when it is ready, so the type is `notify`")
            notifies = True
        elif block.language == "dockerfile":
            command, notifies = json.loads(re.search(r"^CMD (.*)$", block.text, re.M)[1]), False
        else:
            lines = [line for line in self.here(block.text).splitlines() if line.strip()]
            if lines[:-1]:
                self.take_run(Block(block.document, block.line, "sh", "\n".join(lines[:-1]), ("run", "")))
            command, notifies = shlex.split(lines[-1], comments=True), False
        if Path(command[0]).name != "tidings" or command[1] != "serve":
            raise CheckFailed(f"`{' '.join(command)}` serves nothing")
        # In the example the site is elsewhere.
        for i, word in enumerate(command):
            if i and command[i - 1] == "--config" and word.startswith("/"):
                command[i] = str(self.directory / Path(word).name)
        if "--listen" in command:
            at = command.index("--listen")
            del command[at : at + 2]
        self.stop(self.server)
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        environment, ready = self.environment, None
        if notifies:
            ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            ready.bind(str(self.folder.parent / f"notify-{port}"))
            ready.settimeout(20)
            environment = {**environment, "NOTIFY_SOCKET": ready.getsockname()}
        # The server outlives this function.
        log = tempfile.TemporaryFile()
        self.server = subprocess.Popen(
            [TIDINGS, *command[1:], "--listen", self.address],
            cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        wait_for("the server answers", lambda: self.answers(self.server, port, "/en/all.atom.xml", log), 20)
        if ready and ready.recv(100) != b"READY=1":
            raise CheckFailed("the server did not say that it was ready")

    @staticmethod
    def answers(process, port, path, log):
        if process.poll() is not None:
            log.seek(0)
            raise CheckFailed(f"the server ended with {process.returncode}: {log.read().decode()}")
        try:
            return Site.get(Port(port), path)[0] == 200
        except OSError:
            return False

    def take_nginx(self, block):
        if not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
            raise Skipped("there is no nginx")
        self.stop(self.nginx)
        port, scratch = free_port(), self.folder.parent / "nginx"
        scratch.mkdir(exist_ok=True)
        text, listens = re.subn(r"^(\s*)listen [^;]*;", rf"\1listen 127.0.0.1:{port};", self.here(block.text), flags=re.M)
        if listens != 1:
            raise CheckFailed("this server has to listen once")
        temporary = "".join(f"{kind}_temp_path {scratch}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = scratch / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 1; pid {scratch}/pid; error_log stderr;\n{'user root;' if os.geteuid() == 0 else ''}\nevents {{}}\n"
            f"http {{ include /etc/nginx/mime.types; access_log off; {temporary}\n{text}\n}}\n"
        )
        nginx = ["/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else "nginx", "-p", scratch, "-e", "stderr", "-c", config]
        run(*nginx, "-t")
        with open(scratch / "log", "w+b") as log:
            self.nginx = subprocess.Popen(nginx, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            def accepts():
                if self.nginx.poll() is not None:
                    raise CheckFailed(f"nginx ended: {(scratch / 'log').read_text()}")
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0
            wait_for("nginx answers", accepts)
        requests = [line for line in block.argument.splitlines() if line.strip()]
        if not requests:
            raise CheckFailed("no requests are made to this server")
        for line in requests:
            self.ask(port, line)

    def ask(self, port, line):
        """`PATH [| header: value]… => STATUS [| header: value]… [| body TEXT]`; a header with `!` before it is not there."""
        asked, wanted = ([part.strip() for part in side.split("|")] for side in line.split("=>"))
        status, headers, body = Site.get(Port(port), asked[0], dict(part.split(": ", 1) for part in asked[1:]))
        problem = f"status {status}" if str(status) != wanted[0] else None
        for part in wanted[1:]:
            if part.startswith("body "):
                problem = problem or (part[5:].encode() not in body and f"the body is {body[:200]}")
            elif part.startswith("!"):
                problem = problem or (part[1:] in headers and f"{part[1:]}: {headers[part[1:]]}")
            else:
                name, value = part.split(": ", 1)
                problem = problem or (headers.get(name) != value and f"{name}: {headers.get(name)}")
        if problem:
            raise CheckFailed(f"`{line.strip()}`, but {problem}")

    def take_workflow(self, block):
        commands = re.findall(r"^\s*(?:- run: |run: \|\n\s*|run: )?(tidings .*)$", block.text, re.M)
        if not commands:
            raise CheckFailed("there is no command of tidings in it")
        for command in sorted(commands, key=lambda command: "--check" in command):
            self.take_run(Block(block.document, block.line, "sh", command, ("run", "")))

    def take_links(self, block):
        base = "https://news.example.org/feeds/"
        found = re.findall(re.escape(base) + r"[^\s\"'<>)]*", html.unescape(block.text))
        if not found:
            raise CheckFailed(f"there is no address below {base}")
        for address in found:
            path = self.path(block.argument) / address.removeprefix(base)
            if not (path / "index.html" if address.endswith("/") else path).is_file():
                raise CheckFailed(f"{address} is not published")

    def check_sites(self):
        for config in sorted(self.folder.rglob("tidings.toml")):
            run(TIDINGS, "check", "--config", config, env=self.environment)


class Port:
    def __init__(self, port):
        self.port = port


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(prose):
    found = {}
    for line in prose:
        if match := re.match(r"#{1,6} (.*)", line):
            name = slug(match[1])
            found[name] = found.get(name, -1) + 1
            if found[name]:
                found[f"{name}-{found[name]}"] = 0
    return set(found)


def check_links(documents, prose):
    for document in documents:
        targets = re.findall(r"\]\(<?([^)\s>]+)>?\)", "\n".join(prose[document]))
        with check(f"links of {document}"):
            missing = []
            for target in targets:
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, anchor = target.partition("#")
                path = (ROOT / document).parent / urllib.parse.unquote(name) if name else ROOT / document
                path = Path(os.path.normpath(path))
                relative = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
                if not path.is_relative_to(ROOT) or not path.exists():
                    missing.append(f"{target} (no such file)")
                elif anchor and relative in prose and anchor not in anchors(prose[relative]):
                    missing.append(f"{target} (no such heading)")
            if missing:
                raise CheckFailed(", ".join(missing))


def check_reference(prose, blocks):
    """What the program has, and what the documents name."""
    everything = {document: "\n".join(lines) + "".join(block.text for block in blocks[document]) for document, lines in prose.items()}
    text = "\n".join(text for document, text in everything.items() if document != "CHANGELOG.md")
    helps = {}
    with check("every command is in the README"):
        names = re.findall(r"^  ([a-z]+) ", run(TIDINGS, "--help").stdout, re.M)
        helps = {name: run(TIDINGS, name, "--help").stdout for name in names if name != "help"}
        missing = [name for name in helps if f"`tidings {name}" not in everything["README.md"]]
        if missing or not helps:
            raise CheckFailed(", ".join(missing) or "the program has no commands")
    options = {option for help in helps.values() for option in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", help, re.M)}
    with check("every option of a command is explained"):
        missing = sorted(option for option in options - {"--help"} if not re.search(re.escape(option) + r"(?![\w-])", text))
        if missing:
            raise CheckFailed(", ".join(missing))
    with check("every command and option that a document names exists"):
        wrong = []
        for document, lines in everything.items():
            if document == "CHANGELOG.md":
                continue
            for command in re.findall(r"\btidings ((?:--config \S+ )?[a-z]+(?: [^`\n|&;)#]*)?)", lines):
                words = command.split()
                name = words[2] if words[0] == "--config" else words[0]
                if name in helps:
                    own = set(re.findall(r"--[a-z-]+", helps[name]))
                    wrong += [f"{document}: tidings {name} {word}" for word in re.findall(r"(?<!\S)--[a-z-]+", command) if word not in own]
            # In prose without "tidings", where it is written as code.
            for command in re.findall(r"`([a-z]+ --?[^`]*)`", lines):
                name = command.split()[0]
                if name in helps:
                    wrong += [f"{document}: {name} {word}" for word in re.findall(r"--[a-z-]+", command) if word not in helps[name]]
        if wrong:
            raise CheckFailed(", ".join(sorted(set(wrong))))
    with check("every key of a story is in docs/stories.md"):
        schema = json.loads(run(TIDINGS, "schema", "story").stdout)
        keys = {key for part in schema["definitions"].values() for key in part.get("properties", {})}
        missing = sorted(key for key in keys if f"`{key}`" not in everything.get("docs/stories.md", "") and not re.search(rf"\b{key}\b *=|\"{key}\":", everything.get("docs/stories.md", "")))
        if missing:
            raise CheckFailed(", ".join(missing))
    with check("every key of the configuration is in config/tidings.toml"):
        schema = json.loads(run(TIDINGS, "schema", "config").stdout)
        sample = (ROOT / "config/tidings.toml").read_text("utf-8")
        missing = []
        tables = {table: schema["properties"][table] for table in ("site", "feeds", "check", "server")}
        tables["import.NAME"] = schema["properties"]["import"]["additionalProperties"]
        for table, described in tables.items():
            missing += [f"{table}.{key}" for key in described["properties"] if not re.search(rf"^#? ?{key}\b *=", sample, re.M)]
        if missing:
            raise CheckFailed(", ".join(missing))


def check_form(prose):
    with check(f"README.md has at most {README_LINES} lines"):
        count = len((ROOT / "README.md").read_text("utf-8").splitlines())
        if count > README_LINES:
            raise CheckFailed(f"{count} lines")
    with check("the table of contents of README.md is complete"):
        headings = [match[1] for line in prose["README.md"] if (match := re.match(r"## (.*)", line)) and match[1] != "Contents"]
        contents = "\n".join(prose["README.md"]).partition("## Contents")[2].partition("\n## ")[0]
        listed = re.findall(r"\[([^\]]+)\]\(#", contents)
        if listed != headings:
            raise CheckFailed(f"it lists {listed}; the headings are {headings}")
    with check("the index lists every guide"):
        missing = [name for name in prose if name.startswith("docs/") and name != "docs/README.md" and f"]({name[5:]})" not in "\n".join(prose["docs/README.md"])]
        if missing:
            raise CheckFailed(", ".join(missing))


def main():
    documents = ["README.md", "SECURITY.md", "CHANGELOG.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
    blocks, prose = {}, {}
    for document in documents:
        with check(f"{document} can be read"):
            blocks[document], prose[document] = read(document)
    documents = [document for document in documents if document in prose]
    check_form(prose)
    check_links(documents, prose)
    check_reference(prose, blocks)
    for document in sys.argv[2:] or documents:
        with temporary_folder() as folder, Reader(folder, document) as reader:
            for block in blocks[document]:
                with check(f"{block.name} ({block.mark or 'not marked'})"):
                    reader.take(block)
            if blocks[document]:
                with check(f"the sites of {document} have no errors"):
                    reader.check_sites()
    finish()


if __name__ == "__main__":
    main()
