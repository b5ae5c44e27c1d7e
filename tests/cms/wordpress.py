"""A real WordPress on loopback, for tests of what reads its REST API: that of Debian's package, with a database of its own.

    with WordPress() as site:
        number = site.post("Title", "<p>Text</p>", date="2024-05-01T10:00:00")
        site.update(number, title="Corrected")
        requests = site.requests()          # what others asked, none of the helpers' own requests

Packages: wordpress, mariadb-server-core, php-cli, php-mysql (no service is needed, nor any theme). It may run as root; the
database and PHP then run as nobody. All files are in a temporary folder. The site can call nobody: WordPress refuses every
address but those of loopback, no cron task runs, mail goes nowhere, and `outgoing()` tells what it tried.

What was read of the public documentation:

- developer.wordpress.org/rest-api/using-the-rest-api/pagination/: `page`, `per_page` (100 at most), X-WP-Total, X-WP-TotalPages.
- …/using-the-rest-api/authentication/, "Basic Authentication with Application Passwords".
- developer.wordpress.org/rest-api/reference/media/: `alt_text`, `caption`, `source_url`; `date` in the time zone of the site, and
  `date_gmt`.
- polylang.pro/doc/rest-api/: the fields `lang` and `translations`, the argument `lang`, `/pll/v1/languages`.

The rest is shown by WordPress itself, as this is one: the constants of wp-config.php, the hooks of the webhook, the Link header of lists.

Its server closes each connection after the answer, and sends dynamic answers without Content-Length. With a wrong application
password WordPress 6.1 answers public lists as if there were none, with 200; `/wp/v2/users/me` and `context=edit` get 401.
"""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from datetime import datetime, timezone
from pathlib import Path

from loopback import Request, basic, free_port

SOURCE = Path("/usr/share/wordpress")
NOBODY = 65534
# The header of the helpers' own requests; they are not logged.
OWN = "X-Own-Request"


class Failed(Exception):
    """The site could not be set up, or refused a request of these helpers."""


CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {{
    define($name . '_KEY', 'a key of tests, ' . $name);
    define($name . '_SALT', 'a salt of tests, ' . $name);
}}
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost');
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_AUTO_UPDATE_CORE', false);
define('WP_DEFAULT_THEME', 'plain');
define('TESTS_FOLDER', '{folder}');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{
    define('ABSPATH', __DIR__ . '/');
}}
require_once ABSPATH . 'wp-settings.php';
"""

# Files are served as they are, PHP files are run, and everything else is WordPress's front page, which reads the path.
ROUTER = """<?php
$asked = $_SERVER['REQUEST_URI'];
$path = rawurldecode(explode('?', $asked, 2)[0]);
if (!isset($_SERVER['HTTP_X_OWN_REQUEST'])) {
    register_shutdown_function(function () use ($asked) {
        $entry = [$_SERVER['REQUEST_METHOD'], $asked, http_response_code(), isset($_SERVER['HTTP_AUTHORIZATION'])];
        file_put_contents(dirname(__DIR__) . '/requests', json_encode($entry) . "\\n", FILE_APPEND | LOCK_EX);
    });
}
$file = realpath(__DIR__ . $path);
$inside = $file !== false && strpos($file, __DIR__ . '/') === 0;
if ($inside && is_dir($file) && is_file($file . '/index.php')) {
    $file .= '/index.php';
}
if ($inside && is_file($file) && basename($file) !== 'router.php') {
    if (substr($file, -4) !== '.php') {
        return false;
    }
} else {
    $file = __DIR__ . '/index.php';
}
$name = substr($file, strlen(__DIR__));
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $name;
$_SERVER['SCRIPT_FILENAME'] = $file;
chdir(dirname($file));
require $file;
"""

THEME = {
    "style.css": "/*\nTheme Name: Plain\nVersion: 1\n*/\n",
    "index.php": """<!doctype html><html <?php language_attributes(); ?>><head><?php wp_head(); ?></head><body>
<?php while (have_posts()) { the_post(); ?><article><h1><?php the_title(); ?></h1><?php the_content(); ?></article><?php } ?>
<?php wp_footer(); ?></body></html>
""",
    "functions.php": "<?php add_theme_support('title-tag'); add_theme_support('post-thumbnails');\n",
}

# Every call of another server is noted; those of another machine are refused once more.
CALLS = """<?php
function tests_settings() {
    $settings = json_decode((string) @file_get_contents(TESTS_FOLDER . '/settings.json'), true);
    return is_array($settings) ? $settings : [];
}
add_filter('pre_http_request', function ($answer, $arguments, $url) {
    file_put_contents(TESTS_FOLDER . '/outgoing', $url . "\\n", FILE_APPEND | LOCK_EX);
    $here = in_array(parse_url($url, PHP_URL_HOST), ['127.0.0.1', 'localhost'], true);
    return $here ? $answer : new WP_Error('http_request_not_executed', 'Tests call loopback alone.');
}, 10, 3);
"""

# A webhook as a site of one's own would have it: a POST, without waiting, when a published post is made, changed, hidden, or
# deleted.
WEBHOOK = """<?php
function tests_webhook($event, $post) {
    $hook = tests_settings()['webhook'] ?? null;
    if (!$hook || $post->post_type !== 'post') {
        return;
    }
    wp_remote_post($hook['url'], [
        'blocking' => false,
        'timeout' => 2,
        'headers' => ['Authorization' => 'Bearer ' . $hook['token'], 'Content-Type' => 'application/json'],
        'body' => wp_json_encode(['event' => $event, 'id' => $post->ID, 'status' => $post->post_status]),
    ]);
}
add_action('wp_after_insert_post', function ($id, $post, $update, $before) {
    $was = $before && $before->post_status === 'publish';
    if ($post->post_status === 'publish') {
        tests_webhook($was ? 'updated' : 'published', $post);
    } elseif ($was) {
        tests_webhook('unpublished', $post);
    }
}, 10, 4);
add_action('deleted_post', function ($id, $post) {
    tests_webhook('deleted', $post);
}, 10, 2);
"""

# A stand-in of the fields of a commercial plugin, Polylang Pro, made from its public documentation: `lang`, and `translations`
# as an object of post numbers by language, the post's own among them; the argument `lang` of lists; `/pll/v1/languages`. It
# keeps them in post meta, where the plugin has terms, and leaves addresses and slugs as they are.
LANGUAGES = """<?php
function tests_languages() {
    return tests_settings()['languages'] ?? [];
}
function tests_language($id) {
    return get_post_meta($id, '_tests_lang', true) ?: (tests_languages()[0] ?? '');
}
function tests_translations($id) {
    $found = array_filter((array) (get_post_meta($id, '_tests_translations', true) ?: []), 'get_post');
    $found[tests_language($id)] = $id;
    ksort($found);
    return array_map('intval', $found);
}
function tests_link_translations($id, $given) {
    $all = [];
    foreach ($given as $other) {
        $all += tests_translations((int) $other);
    }
    $all = [tests_language($id) => $id] + array_map('intval', (array) $given) + $all;
    foreach ($all as $member) {
        update_post_meta($member, '_tests_translations', $all);
    }
}
add_action('rest_api_init', function () {
    if (!tests_languages()) {
        return;
    }
    register_rest_field('post', 'lang', [
        'get_callback' => fn ($post) => tests_language($post['id']),
        'update_callback' => fn ($value, $post) => (bool) update_post_meta($post->ID, '_tests_lang', $value) || true,
        'schema' => ['type' => 'string', 'enum' => tests_languages(), 'context' => ['view', 'edit']],
    ]);
    register_rest_field('post', 'translations', [
        'get_callback' => fn ($post) => (object) tests_translations($post['id']),
        'update_callback' => fn ($value, $post) => tests_link_translations($post->ID, (array) $value) ?? true,
        'schema' => ['type' => 'object', 'context' => ['view', 'edit']],
    ]);
    register_rest_route('pll/v1', '/languages', [
        'methods' => 'GET',
        'permission_callback' => '__return_true',
        'callback' => fn () => array_map(fn ($each) => [
            'name' => $each, 'slug' => $each, 'locale' => $each, 'is_default' => $each === tests_languages()[0],
        ], tests_languages()),
    ]);
});
add_filter('rest_post_collection_params', function ($parameters) {
    if (tests_languages()) {
        $parameters['lang'] = ['type' => 'string', 'enum' => tests_languages(), 'description' => 'The language.'];
    }
    return $parameters;
});
add_filter('rest_post_query', function ($query, $request) {
    $lang = $request['lang'];
    if (tests_languages() && $lang) {
        $matches = [['key' => '_tests_lang', 'value' => $lang]];
        if ($lang === tests_languages()[0]) {
            $matches = ['relation' => 'OR', $matches[0], ['key' => '_tests_lang', 'compare' => 'NOT EXISTS']];
        }
        $query['meta_query'] = $matches;
    }
    return $query;
}, 10, 2);
"""

# Run once after the installation: an empty site with permalinks, and an application password.
PREPARE = """
global $wp_rewrite;
foreach (get_posts(['post_type' => 'any', 'post_status' => 'any', 'numberposts' => -1]) as $post) {
    wp_delete_post($post->ID, true);
}
foreach (['ping_sites' => '', 'default_pingback_flag' => 0, 'default_ping_status' => 'closed', 'blog_public' => 0] as $name => $value) {
    update_option($name, $value);
}
update_option('timezone_string', $argv[1]);
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');
flush_rewrite_rules(false);
$user = get_user_by('login', $argv[2]);
echo WP_Application_Passwords::create_new_application_password($user->ID, ['name' => 'tests'])[0];
"""


def missing():
    """What the machine lacks for a WordPress, or an empty text."""
    lacks = [name for name in ("php", "mariadbd", "mariadb-install-db") if not shutil.which(name, path=_path())]
    if not (SOURCE / "wp-load.php").exists():
        lacks.append("Debian's package wordpress")
    return ", ".join(lacks)


def _path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class WordPress:
    """A WordPress of its own, from `with` on. `before` is put before the command of its web server, as for strace.

    It calls itself while it is set up: with one worker it waits for itself, some ten seconds.
    """

    def __init__(self, time_zone="Europe/Paris", workers=4, before=()):
        self.time_zone, self.workers, self.before = time_zone, workers, tuple(before)
        self.user, self.password, self.url = "editor", "", ""
        self._settings, self._processes, self._folder = {}, [], None

    def __enter__(self):
        lacks = missing()
        if lacks:
            raise Failed(f"no {lacks}")
        self._folder = tempfile.TemporaryDirectory(prefix="wp-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # Each is the leader of a group of its own. PHP waits for its workers when it is interrupted; the database may just go.
        for process in reversed(self._processes):
            for sent in (signal.SIGINT, signal.SIGKILL):
                try:
                    os.killpg(process.pid, sent if "mariadbd" not in process.args else signal.SIGKILL)
                    process.wait(5)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
        self._processes.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _set_up(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.site = self.folder / "site"
        self._start_database()
        shutil.copytree(SOURCE, self.site, ignore=shutil.ignore_patterns(".htaccess", "wp-config.php", "akismet"))
        content = self.site / "wp-content"
        (self.site / "wp-config.php").write_text(
            CONFIG.format(socket=self._socket, url=self.url, folder=self.folder), "utf-8"
        )
        (self.site / "router.php").write_text(ROUTER, "utf-8")
        plugins = {"calls": CALLS, "webhook": WEBHOOK, "languages": LANGUAGES}
        files = {f"mu-plugins/{name}.php": text for name, text in plugins.items()}
        files.update({f"themes/plain/{name}": text for name, text in THEME.items()})
        for name, text in files.items():
            (content / name).parent.mkdir(parents=True, exist_ok=True)
            (content / name).write_text(text, "utf-8")
        self._write_settings()
        for name in ("requests", "outgoing"):
            self._give(self.folder / name, "file")
        self._give(content / "uploads", "folder")
        self._wait("the database answers", self._database_answers, 40)
        self._start_server()
        self._install()
        self.password = self.php(PREPARE, self.time_zone, self.user)
        self.clear_requests()

    def _give(self, path, kind):
        """Makes a file or a folder that the server can write."""
        if kind == "folder":
            path.mkdir(exist_ok=True)
        else:
            path.touch()
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)

    def _command(self, *command):
        if os.geteuid() == 0:
            return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *map(str, command)]
        return [str(part) for part in command]

    def _start(self, name, *command, **environment):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                self._command(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                start_new_session=True, env={"PATH": _path(), "LC_ALL": "C.UTF-8", **environment},
            )
        self._processes.append(process)
        return process

    def _start_database(self):
        data = self.folder / "database"
        self._give(data, "folder")
        self._socket = data / "socket"
        if len(str(self._socket)) > 100:
            raise Failed(f"{self._socket} is too long for a socket; set TMPDIR")
        done = subprocess.run(
            self._command(
                "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                "--skip-test-db", "--skip-name-resolve", "--cross-bootstrap",
            ),
            capture_output=True, text=True, timeout=120, cwd=self.folder, env={"PATH": _path(), "LC_ALL": "C.UTF-8"},
        )
        if done.returncode:
            raise Failed(f"mariadb-install-db: {(done.stdout + done.stderr)[-2000:]}")
        first = self.folder / "first.sql"
        first.write_text("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4;\n")
        self._start(
            "database",
            "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self._socket}", f"--tmpdir={data}",
            f"--pid-file={data / 'pid'}", "--skip-networking", f"--init-file={first}", "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0", "--performance-schema=OFF", "--skip-log-bin", "--max-connections=40",
        )

    def _database_answers(self):
        if self._processes[0].poll() is not None:
            raise Failed(f"mariadbd ended: {self.log_text('database')}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def _start_server(self):
        server = self._start(
            "server", *self.before,
            "php", "-d", "opcache.enable_cli=1", "-d", "sendmail_path=/bin/true", "-d", "display_errors=0",
            "-d", "log_errors=1", "-d", f"upload_tmp_dir={self.site / 'wp-content/uploads'}", "-d", "upload_max_filesize=32M",
            "-d", "post_max_size=40M", "-S", f"127.0.0.1:{self.port}", "-t", self.site, self.site / "router.php",
            PHP_CLI_SERVER_WORKERS=str(self.workers),
        )

        def listens():
            if server.poll() is not None:
                raise Failed(f"php ended: {self.log_text('server')}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        self._wait("the web server listens", listens, 20)

    def stop_serving(self):
        """Ends the web server, as if the machine were down."""
        server = self._processes.pop()
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

    def serve_again(self):
        self._start_server()

    def _install(self):
        form = {
            "weblog_title": "Tests", "user_name": self.user, "admin_password": "a password of the form",
            "admin_password2": "a password of the form", "pw_weak": "1", "admin_email": "editor@example.org", "language": "",
        }
        status, _, body = self.send(
            "POST", "/wp-admin/install.php?step=2", urllib.parse.urlencode(form).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"}, timeout=120,
        )
        if status != 200 or b"wp-login.php" not in body:
            text = re.sub(r"<[^>]*>", " ", body.decode(errors="replace"))
            raise Failed(f"the installation: {status}, {text[-1000:]}, {self.log_text('server')}")

    @staticmethod
    def _wait(what, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Failed(f"after {seconds} s not yet: {what}")
            time.sleep(0.05)

    def log_text(self, name):
        """The end of the log of `server` or `database`."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def php(self, code, *arguments):
        """Runs PHP code inside of WordPress, and returns what it prints."""
        load = f"require {json.dumps(str(self.site / 'wp-load.php'))};"
        done = subprocess.run(
            self._command("php", "-d", "sendmail_path=/bin/true", "-r", load + code, "--", *arguments),
            capture_output=True, text=True, timeout=120, cwd=self.site, env={"PATH": _path(), "LC_ALL": "C.UTF-8"},
        )
        if done.returncode:
            raise Failed(f"php: {(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def send(self, method, path, body=None, headers=None, timeout=60, own=True):
        """Sends a request: status, headers with names in lower case, body. With `own` it is not logged."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {**(headers or {}), **({OWN: "1"} if own else {})})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    @property
    def authorization(self):
        """The value of the Authorization header of the user with the application password."""
        return basic(self.user, self.password)

    def rest(self, method, path, fields=None):
        """A request of the REST API, `path` below /wp-json, as the user: what it answers."""
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        body = None if fields is None else json.dumps(fields).encode()
        status, _, answer = self.send(method, "/wp-json" + path, body, headers)
        if status >= 300:
            raise Failed(f"{method} {path}: {status} {answer.decode(errors='replace')[:1000]}")
        return json.loads(answer)

    def post(self, title, content, status="publish", date=None, lang=None, **fields):
        """Makes a post, and returns its number. A date is a text in the site's time zone, or a datetime with a time zone.

        Other fields are those of the REST API, such as `excerpt`, `slug`, `featured_media`, `tags`, and `translations`.
        """
        fields = {"title": title, "content": content, "status": status, **fields}
        if isinstance(date, datetime):
            fields["date_gmt"] = date.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        elif date is not None:
            fields["date"] = date
        if lang is not None:
            fields["lang"] = lang
        return self.rest("POST", "/wp/v2/posts", fields)["id"]

    def fill(self, count, title="Post %d", start="2020-01-01T00:00:00"):
        """Makes many published posts at once, an hour after each other, and returns their numbers."""
        code = """
            for ($each = 0; $each < (int) $argv[1]; $each++) {
                $date = gmdate('Y-m-d H:i:s', strtotime($argv[3] . ' UTC') + 3600 * $each);
                echo wp_insert_post(['post_title' => sprintf($argv[2], $each), 'post_content' => "<p>Text $each</p>",
                    'post_status' => 'publish', 'post_date' => $date, 'post_author' => 1]), "\\n";
            }
        """
        return [int(each) for each in self.php(code, count, title, start).split()]

    def update(self, number, **fields):
        """Changes fields of a post, `status` too."""
        self.rest("POST", f"/wp/v2/posts/{number}", fields)

    def delete(self, number, force=True):
        """Deletes a post; without `force` it is in the trash."""
        self.rest("DELETE", f"/wp/v2/posts/{number}" + ("?force=true" if force else ""))

    def upload(self, name, content, media_type, alt="", caption="", title=None):
        """Uploads a file, and returns its number, for `featured_media`."""
        headers = {
            "Authorization": self.authorization, "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        status, _, answer = self.send("POST", "/wp-json/wp/v2/media", content, headers)
        if status != 201:
            raise Failed(f"upload of {name}: {status} {answer.decode(errors='replace')[:1000]}")
        number = json.loads(answer)["id"]
        fields = {"alt_text": alt, "caption": caption, **({} if title is None else {"title": title})}
        self.rest("POST", f"/wp/v2/media/{number}", fields)
        return number

    def term(self, name, taxonomy="tags"):
        """Makes a tag or, with `categories`, a category, and returns its number."""
        return self.rest("POST", f"/wp/v2/{taxonomy}", {"name": name})["id"]

    def webhook(self, url, token=""):
        """Has a POST sent to an address of loopback at each change of a published post; without an address no more.

        Its body is `{"event": "published" | "updated" | "unpublished" | "deleted", "id": …, "status": …}`, and its
        Authorization header has the token. WordPress does not wait for the answer.
        """
        self._settings["webhook"] = {"url": url, "token": token} if url else None
        self._write_settings()

    def languages(self, *languages):
        """Gives posts the fields `lang` and `translations`; posts without a language have the first. Without any, no more."""
        self._settings["languages"] = languages
        self._write_settings()

    def _write_settings(self):
        unfinished = self.folder / "settings.new"
        unfinished.write_text(json.dumps(self._settings), "utf-8")
        unfinished.rename(self.folder / "settings.json")

    def requests(self):
        """The requests that were received since the start or `clear_requests`, without those of these helpers."""
        return [Request(*json.loads(line)) for line in (self.folder / "requests").read_text("utf-8").splitlines()]

    def clear_requests(self):
        os.truncate(self.folder / "requests", 0)

    def outgoing(self):
        """The addresses that WordPress called, or tried to."""
        return (self.folder / "outgoing").read_text("utf-8").splitlines()


# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def main():
    start = time.monotonic()
    with WordPress() as site:
        print(f"{site.url}, set up in {time.monotonic() - start:.1f} s")
        site.languages("en", "fr", "de")
        image = site.upload("pixel.png", PIXEL, "image/png", alt="One pixel", caption="A caption")
        first = site.post("Hello", "<p>World</p>", lang="en", date="2024-05-01T10:00:00", featured_media=image)
        second = site.post("Bonjour", "<p>le monde</p>", lang="fr", translations={"en": first})
        site.post("Hallo", "<p>Welt</p>", lang="de", translations={"en": first, "fr": second})
        site.post("Not yet", "<p>A draft</p>", status="draft", lang="en")
        for path in (
            "/wp-json/", "/wp-json/wp/v2/posts", "/wp-json/wp/v2/posts?per_page=2&_embed=1", "/wp-json/wp/v2/posts?lang=fr",
            "/wp-json/wp/v2/posts?status=draft", f"/wp-json/wp/v2/posts/{first}", "/wp-json/wp/v2/media",
            "/wp-json/wp/v2/tags", "/wp-json/pll/v1/languages",
        ):
            for authorization in ({}, {"Authorization": site.authorization}):
                status, headers, body = site.send("GET", path, headers=authorization, own=False)
                answer = json.loads(body)
                items = f"{len(answer)} items of {headers.get('x-wp-total', '?')}" if isinstance(answer, list) else "an object"
                print(f"{status} {items}, {len(body)} bytes{' as ' + site.user if authorization else ''}: {site.url}{path}")
        print(f"{len(site.requests())} requests; called: {sorted(set(site.outgoing())) or 'nobody'}")


if __name__ == "__main__":
    sys.exit(main())
