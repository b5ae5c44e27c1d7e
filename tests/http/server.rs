//! The program as a child process that serves a site.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::{Connection, Response};
use crate::common::Site;

/// The feed that most tests ask for.
pub const FEED: &str = "/en/all.atom.xml";
/// Where the feeds of [`site`] are, by themselves.
pub const BASE: &str = "https://feeds.example.org/";
/// What has not happened after this time does not happen; far more than a busy machine needs.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Waits until a condition holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "after {LIMIT:?} not yet: {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Sets a flag when it is dropped, so that threads that wait for it end also where a test fails.
pub struct SetOnDrop<'f>(pub &'f AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A site with two languages and two topics, no story, and further lines in `[feeds]` and `[server]`.
pub fn site(feeds: &str, server: &str) -> Site {
    Site::with(&format!(
        r#"
[site]
base_url = "{BASE}"
authority = "news.example.org,2014"
home_page = "https://news.example.org/{{language}}/"

[languages.en]
title = "News"

[languages.fr]
title = "Nouvelles"

[topics.research]
[topics.children]

[feeds]
limit = 50
{feeds}

[server]
admin = "127.0.0.1:0"
{server}
"#
    ))
}

/// A site with one story in both languages, and further lines in `[server]`.
pub fn site_with_story(server: &str) -> Site {
    let site = site("", server);
    put_story(&site, "first", "First", &["en", "fr"]);
    site
}

/// Replaces a file in one step, as an editor or a git checkout does.
pub fn put(site: &Site, path: &str, text: &str) {
    site.write("unfinished", text);
    fs::create_dir_all(site.path(path).parent().unwrap()).unwrap();
    fs::rename(site.path("unfinished"), site.path(path)).unwrap();
}

/// Writes a story about research.
pub fn put_story(site: &Site, name: &str, title: &str, languages: &[&str]) {
    put_story_on(site, "research", name, title, languages);
}

/// Writes a story about a topic.
pub fn put_story_on(site: &Site, topic: &str, name: &str, title: &str, languages: &[&str]) {
    let translations: String = languages
        .iter()
        .map(|language| format!("[translations.{language}]\ntitle = \"{title}\"\nsummary = \"About {title}.\"\n"))
        .collect();
    let head = format!("id = \"{name}\"\npublished = 2020-01-01\ntopics = [\"{topic}\"]\n");
    put(site, &format!("stories/{name}.toml"), &(head + &translations));
}

/// The command that serves a site at a port that the system chooses.
pub fn serve_command(site: &Site) -> Command {
    complete(Command::new(env!("CARGO_BIN_EXE_tidings")), site)
}

/// The same, started by a shell that runs a script first; the script ends with `exec "$@"`.
pub fn serve_by_shell(site: &Site, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_tidings")]);
    complete(command, site)
}

fn complete(mut command: Command, site: &Site) -> Command {
    command.arg("serve").arg("--config").arg(site.path("tidings.toml")).args(["--listen", "127.0.0.1:0"]);
    command.env("NO_COLOR", "1").env_remove("NOTIFY_SOCKET").stdin(Stdio::null());
    command
}

/// A server of a site. Its standard error goes to the file `log`, its standard output to `out`.
pub struct Served {
    pub site: Site,
    /// Where it serves; of no use where the socket was handed over.
    pub address: SocketAddr,
    pub admin: SocketAddr,
    child: Child,
}

impl Served {
    /// Serves a site.
    pub fn new(site: Site) -> Served {
        let command = serve_command(&site);
        Served::by(site, command)
    }

    /// Runs a command that serves a site, and waits until it listens.
    pub fn by(site: Site, mut command: Command) -> Served {
        let file = |name: &str| File::create(site.path(name)).unwrap();
        let child = command.stdout(file("out")).stderr(file("log")).spawn().unwrap();
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut served = Served { site, address: nowhere, admin: nowhere, child };
        wait_until("the server listens", || {
            let log = served.log();
            assert!(served.child.try_wait().unwrap().is_none(), "the server has ended: {log}");
            let Some(admin) = address(&log, "the admin address is http://") else { return false };
            (served.admin, served.address) = (admin, address(&log, "serving at http://").unwrap_or(nowhere));
            true
        });
        served
    }

    pub fn log(&self) -> String {
        self.site.read("log")
    }

    /// The lines of the access log.
    pub fn access_log(&self) -> Vec<String> {
        String::from_utf8_lossy(&fs::read(self.site.path("out")).unwrap()).lines().map(str::to_owned).collect()
    }

    /// The response to a GET without further fields.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path, "")
    }

    /// The response to a request with further fields, each with its line end.
    pub fn request(&self, method: &str, path: &str, fields: &str) -> Response {
        Connection::open(self.address).request(method, path, fields)
    }

    /// The response of the admin address.
    pub fn ask_admin(&self, path: &str) -> Response {
        Connection::open(self.admin).request("GET", path, "")
    }

    /// Whether a feed contains a text.
    pub fn shows(&self, text: &str) -> bool {
        self.get(FEED).text().contains(text)
    }

    pub fn wait_to_show(&self, text: &str) {
        wait_until(&format!("{text} is served; the log: {}", self.log()), || self.shows(text));
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until the server has ended by itself: well, and in time. It has 10 s; a busy machine may need more.
    pub fn assert_ends(&mut self) {
        wait_until("the server ends", || !self.is_running());
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Stops the server by a signal.
    pub fn stop(&mut self, signal: Signal) {
        let start = Instant::now();
        self.signal(signal);
        self.assert_ends();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(15), "it ended {took:?} after the signal");
    }

    /// Stops the server, and returns its site, for another server.
    pub fn into_site(mut self) -> Site {
        self.stop(Signal::TERM);
        std::mem::replace(&mut self.site, Site::empty())
    }

    /// The memory in use, in kB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = fs::read_to_string(self.site.path("log")).unwrap_or_default();
        if std::thread::panicking() {
            eprintln!("the server's log:\n{log}");
        } else {
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

/// The address that follows some words in a log.
fn address(log: &str, words: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once(words)?;
    rest.split_once("/\n")?.0.parse().ok()
}

/// Runs the program to its end, with an input.
pub fn run(site: &Site, command: &str, arguments: &[impl AsRef<OsStr>], input: &str) -> (i32, String, String) {
    put(site, "input", input);
    let mut run = Command::new(env!("CARGO_BIN_EXE_tidings"));
    run.arg(command).arg("--config").arg(site.path("tidings.toml")).args(arguments);
    run.env("NO_COLOR", "1").stdin(File::open(site.path("input")).unwrap());
    let done = run.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (status, stdout, stderr) = (done.status.code().unwrap_or(-1), text(done.stdout), text(done.stderr));
    assert!(status >= 0 && !stderr.contains("panicked"), "{status}: {stderr}");
    (status, stdout, stderr)
}
