//! Test fixtures: a site in a temporary folder, and runs of the program in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A time after every date in the fixtures.
pub const NOW: &str = "2026-01-15T12:00:00Z";

/// A run that takes longer hangs.
const TIMEOUT: Duration = Duration::from_secs(400);

/// A configuration with two languages and two topics.
pub const CONFIG: &str = r#"
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"

[languages.en]
title = "News"

[languages.ru]
title = "Новости"

[topics.research]
title = { en = "Research", ru = "Исследования" }

[topics.children]
"#;

/// A site in a temporary folder.
pub struct Site {
    folder: TempDir,
}

/// The exit status and output of a run.
#[derive(Debug)]
#[allow(dead_code, reason = "each test program uses a part")]
pub struct RunOutput {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

#[allow(dead_code, reason = "each test program uses a part")]
impl Site {
    /// An empty folder.
    pub fn empty() -> Site {
        Site { folder: TempDir::new().unwrap() }
    }

    /// A folder with [`CONFIG`] and an empty store.
    pub fn new() -> Site {
        Site::with(CONFIG)
    }

    /// A folder with a configuration and an empty store.
    pub fn with(config: &str) -> Site {
        let site = Site::empty();
        fs::create_dir(site.path("stories")).unwrap();
        site.write("tidings.toml", config);
        site
    }

    /// A copy of a folder of fixtures.
    pub fn copy_of(fixture: impl AsRef<Path>) -> Site {
        let site = Site::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites").join(fixture), site.folder.path());
        site
    }

    /// The path of a file of the site.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and creates its folders.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Site {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Writes a story in English.
    pub fn story(&self, name: &str, published: &str, title: &str) -> &Site {
        self.write(
            &format!("stories/{name}.toml"),
            format!("published = {published}\ntopics = []\n\n[translations.en]\ntitle = \"{title}\"\n"),
        )
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The paths of all files below a folder of the site, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut out = Vec::new();
        list(&self.path(folder), "", &mut out);
        out.sort();
        out
    }

    /// Runs the program in the site's folder.
    pub fn run(&self, arguments: &[&str]) -> RunOutput {
        self.run_with(&[], arguments)
    }

    /// Runs the program with variables of the environment.
    pub fn run_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> RunOutput {
        let output = TempDir::new().unwrap();
        let file = |name: &str| File::create(output.path().join(name)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > TIMEOUT {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("`tidings {}` hangs", arguments.join(" "));
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let read = |name: &str| String::from_utf8_lossy(&fs::read(output.path().join(name)).unwrap()).into_owned();
        let run = RunOutput { status: status.code().unwrap_or(-1), stdout: read("stdout"), stderr: read("stderr") };
        assert!(run.status != 101 && !run.stderr.contains("panicked at"), "a panic: {run:?}");
        assert!(run.status >= 0, "ended by a signal: {run:?}");
        run
    }

    /// Builds as of [`NOW`].
    pub fn build(&self, more: &[&str]) -> RunOutput {
        self.run(&[&["build", "--now", NOW], more].concat())
    }

    /// Builds, and asserts success.
    pub fn built(&self, more: &[&str]) -> RunOutput {
        let run = self.build(more);
        assert_eq!(run.status, 0, "{run:?}");
        run
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

fn list(folder: &Path, lead: &str, out: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let name = format!("{lead}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() { list(&entry.path(), &format!("{name}/"), out) } else { out.push(name) }
    }
}
