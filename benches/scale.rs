//! How long a build takes, and how much memory, for stores of many stories.
//!
//! ```text
//! cargo bench --bench scale                                 10,000 translations in TOML and 100,000 in JSONL
//! cargo bench --bench scale -- 1000000                      that many in JSONL
//! cargo bench --bench scale -- archives                     with monthly archives; goes with a number too
//! cargo bench --bench scale -- generate toml 10000 DIR      writes a store and its configuration, for experiments
//! cargo bench --bench scale -- generate jsonl 10000 DIR flat archives
//! ```
//!
//! The stores hold stories in two languages with about a kilobyte of text each, twenty topics and ten years of dates,
//! and are the same on every machine. The baseline of a build is reading and parsing the same files on as many threads:
//! the difference is the cost of everything else.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use rayon::prelude::*;
use walkdir::WalkDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ROUNDS: usize = 5;
const LANGUAGES: [&str; 2] = ["en", "fr"];
const TOPICS: usize = 20;
const FILES_IN_FOLDER: usize = 500;
const LINES_IN_FILE: usize = 10_000;
const TEXT: usize = 800; // with a title and a summary about a kilobyte

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", format, translations, folder, options @ ..] => {
            Store::new(format, translations.parse()?, options)?.generate(Path::new(folder))
        }
        ["parse", folder] => read_and_parse(Path::new(folder)),
        options => {
            let archives: &[&str] = if options.contains(&"archives") { &["archives"] } else { &[] };
            let mut stores = Vec::new();
            for number in options.iter().filter(|option| **option != "archives") {
                stores.push((
                    "jsonl",
                    number.parse().map_err(|_| format!("{number}? a number of translations is expected"))?,
                ));
            }
            if stores.is_empty() {
                stores = vec![("toml", 10_000), ("jsonl", 100_000)];
            }
            for (format, translations) in stores {
                measure(&Store::new(format, translations, archives)?)?;
            }
            Ok(())
        }
    }
}

// Measuring.

/// Measures builds alternating with reading and parsing alone, so that other load on the machine affects both.
fn measure(store: &Store) -> Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    store.generate(folder.path())?;
    let output = folder.path().join("public");
    let mut build = Command::new(env!("CARGO_BIN_EXE_tidings"));
    build.arg("build").arg("--config").arg(folder.path().join("tidings.toml")).args(["--now", "2025-01-01T00:00:00Z"]);
    let mut parse = Command::new(env::current_exe()?);
    parse.arg("parse").arg(folder.path().join("stories"));

    let (mut builds, mut parses, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let mut written = 0;
    for _ in 0..ROUNDS {
        if output.exists() {
            fs::remove_dir_all(&output)?;
        }
        builds.push(run(&build)?);
        parses.push(run(&parse)?);
        let before = modified(&output)?;
        again.push(run(&build)?);
        written += modified(&output)?.iter().filter(|(path, time)| before.get(*path) != Some(time)).count();
    }

    let documents = modified(&output)?.len();
    println!(
        "{} translations, {}{}: {documents} documents",
        store.translations,
        store.format,
        if store.archives { ", monthly archives" } else { "" }
    );
    let build = Median::of(builds);
    let parse = Median::of(parses);
    build.print("build");
    parse.print("reading and parsing alone");
    println!("  {:<28}{:>8.2}", "ratio", build.time.as_secs_f64() / parse.time.as_secs_f64());
    Median::of(again).print("second build, no change");
    println!("  {:<28}{written:>8}", "  files written by it");
    Ok(())
}

/// Time, and the peak of memory in kilobytes where GNU time is installed.
type Run = (Duration, Option<u64>);

fn run(command: &Command) -> Result<Run> {
    let report = tempfile::NamedTempFile::new()?;
    let timed = Path::new("/usr/bin/time").exists();
    let mut measured = if timed {
        let mut measured = Command::new("/usr/bin/time");
        measured.args(["-f", "%M", "-o"]).arg(report.path()).arg(command.get_program());
        measured
    } else {
        Command::new(command.get_program())
    };
    measured.args(command.get_args()).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = measured.status()?;
    let time = start.elapsed();
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    let memory = if timed { Some(fs::read_to_string(report.path())?.trim().parse()?) } else { None };
    Ok((time, memory))
}

struct Median {
    time: Duration,
    memory: Option<u64>,
}

impl Median {
    fn of(mut runs: Vec<Run>) -> Self {
        runs.sort();
        let (time, _) = runs[runs.len() / 2];
        Self { time, memory: runs.iter().filter_map(|run| run.1).max() }
    }

    fn print(&self, name: &str) {
        let memory = self.memory.map(|kilobytes| format!("{:>8} MB at most", kilobytes / 1024)).unwrap_or_default();
        println!("  {name:<28}{:>8.3} s{memory}", self.time.as_secs_f64());
    }
}

fn modified(folder: &Path) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let mut times = BTreeMap::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            times.insert(entry.path().to_owned(), entry.metadata()?.modified()?);
        }
    }
    Ok(times)
}

/// The baseline: what any program has to do that reads the whole store.
fn read_and_parse(folder: &Path) -> Result<()> {
    let files = WalkDir::new(folder).into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
    let diagnostic = |path: &Path, error: &dyn Error| format!("{}: {error}", path.display());
    files.par_iter().filter(|file| file.file_type().is_file()).try_for_each(|file| {
        let path = file.path();
        let text = fs::read_to_string(path).map_err(|error| diagnostic(path, &error))?;
        if path.extension().is_some_and(|extension| extension == "toml") {
            toml::from_str::<serde_json::Value>(&text).map_err(|error| diagnostic(path, &error))?;
            return Ok(());
        }
        // A large file is shared among the threads.
        text.par_lines().try_for_each(|line| {
            serde_json::from_str::<serde_json::Value>(line).map(drop).map_err(|error| diagnostic(path, &error))
        })
    })?;
    Ok(())
}

// Generating.

struct Store {
    format: String,
    translations: usize,
    flat: bool,
    archives: bool,
}

impl Store {
    fn new(format: &str, translations: usize, options: &[&str]) -> Result<Self> {
        if !["toml", "jsonl"].contains(&format) {
            return Err(format!("a store of {format}? toml and jsonl are known").into());
        }
        if let Some(unknown) = options.iter().find(|option| !["flat", "archives"].contains(option)) {
            return Err(format!("{unknown}? flat and archives are known").into());
        }
        let has = |option| options.contains(&option);
        Ok(Self { format: format.to_owned(), translations, flat: has("flat"), archives: has("archives") })
    }

    fn generate(&self, folder: &Path) -> Result<()> {
        let stories = folder.join("stories");
        if stories.exists() {
            return Err(format!("{} is there already", stories.display()).into());
        }
        fs::create_dir_all(&stories)?;
        fs::write(folder.join("tidings.toml"), self.configuration())?;
        let mut random = Random(0x005E_ED0F_71D1_465A);
        let vocabularies = LANGUAGES.map(|_| vocabulary(&mut random));
        let count = self.translations.div_ceil(LANGUAGES.len());
        let mut lines = None;
        for number in 0..count {
            let story = Story::new(&mut random, &vocabularies, number);
            if self.format == "toml" {
                let below = stories.join(format!("{:04}", number / FILES_IN_FOLDER));
                fs::create_dir_all(&below)?;
                fs::write(below.join(format!("story-{number:07}.toml")), story.toml())?;
                continue;
            }
            if number % LINES_IN_FILE == 0 {
                let path = stories.join(format!("stories-{:04}.jsonl", number / LINES_IN_FILE));
                lines = Some(BufWriter::new(File::create(path)?));
            }
            if let Some(lines) = &mut lines {
                for record in if self.flat { story.flat() } else { vec![story.nested()] } {
                    writeln!(lines, "{record}")?;
                }
            }
        }
        if let Some(mut lines) = lines {
            lines.flush()?;
        }
        Ok(())
    }

    fn configuration(&self) -> String {
        let mut text = String::from(
            "[site]\nbase_url = \"https://news.example.org/feeds/\"\nauthority = \"news.example.org,2014\"\n\
             home_page = \"https://news.example.org/{language}/\"\npages = false\n\n\
             [languages.en]\ntitle = \"News\"\n\n[languages.fr]\ntitle = \"Nouvelles\"\n\n\
             [feeds]\nlimit = 50\nformats = [\"atom\", \"rss\", \"json\"]\n",
        );
        if self.archives {
            text += "archives = \"month\"\n";
        }
        for topic in 0..TOPICS {
            text +=
                &format!("\n[topics.topic-{topic}]\ntitle = {{ en = \"Topic {topic}\", fr = \"Thème {topic}\" }}\n");
        }
        text
    }
}

struct Story {
    id: String,
    published: String,
    updated: Option<String>,
    topics: Vec<String>,
    link: Option<String>,
    image: Option<String>,
    translations: Vec<Translation>,
}

struct Translation {
    language: &'static str,
    title: String,
    summary: String,
    content: String,
}

impl Story {
    fn new(random: &mut Random, vocabularies: &[Vec<String>], number: usize) -> Self {
        let year = 2015 + random.below(10);
        let day = format!("{year}-{:02}-{:02}", 1 + random.below(12), 1 + random.below(28));
        let time = format!("{:02}:{:02}:00Z", random.below(24), random.below(60));
        let topics = (0..1 + random.below(3)).map(|_| format!("topic-{}", random.below(TOPICS)));
        let mut topics: Vec<_> = topics.collect();
        topics.sort();
        topics.dedup();
        Self {
            id: format!("{year}/story-{number:07}"),
            updated: (random.below(10) == 0).then(|| format!("{}-{}", year + 1, &day[5..])),
            published: if random.below(2) == 0 { day } else { format!("{day}T{time}") },
            topics,
            link: (random.below(5) != 0)
                .then(|| format!("https://news.example.org/{{language}}/stories/{number}.html")),
            image: (random.below(4) == 0).then(|| format!("https://news.example.org/pictures/{number}.jpg")),
            translations: LANGUAGES
                .into_iter()
                .zip(vocabularies)
                .map(|(language, words)| Translation::new(random, language, words))
                .collect(),
        }
    }

    fn toml(&self) -> String {
        let mut text = format!("id = {:?}\npublished = {}\ntopics = {:?}\n", self.id, self.published, self.topics);
        if let Some(updated) = &self.updated {
            text += &format!("updated = {updated}\n");
        }
        if let Some(link) = &self.link {
            text += &format!("link = {link:?}\n");
        }
        if let Some(image) = &self.image {
            text += &format!("image = {{ url = {image:?}, alt = \"A picture\", credit = \"Photo: Press office\" }}\n");
        }
        for Translation { language, title, summary, content } in &self.translations {
            text += &format!(
                "\n[translations.{language}]\ntitle = {title:?}\nsummary = {summary:?}\ncontent_markdown = \"\"\"\n{content}\n\"\"\"\n"
            );
        }
        text
    }

    /// The keys of a story that all translations share.
    fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut object = serde_json::Map::new();
        let mut set = |key: &str, value: serde_json::Value| object.insert(key.to_owned(), value);
        set("id", self.id.as_str().into());
        set("published", self.published.as_str().into());
        set("topics", self.topics.clone().into());
        if let Some(updated) = &self.updated {
            set("updated", updated.as_str().into());
        }
        if let Some(link) = &self.link {
            set("link", link.as_str().into());
        }
        if let Some(image) = &self.image {
            set("image", serde_json::json!({ "url": image, "alt": "A picture", "credit": "Photo: Press office" }));
        }
        object
    }

    fn nested(&self) -> serde_json::Value {
        let mut object = self.json();
        let translations = self.translations.iter().map(|one| (one.language.to_owned(), one.json().into()));
        object.insert("translations".to_owned(), serde_json::Value::Object(translations.collect()));
        object.into()
    }

    fn flat(&self) -> Vec<serde_json::Value> {
        let record = |translation: &Translation| {
            let mut object = self.json();
            object.insert("language".to_owned(), translation.language.into());
            object.extend(translation.json());
            object.into()
        };
        self.translations.iter().map(record).collect()
    }
}

impl Translation {
    fn new(random: &mut Random, language: &'static str, words: &[String]) -> Self {
        Self {
            language,
            title: random.sentence(words, 40),
            summary: random.sentence(words, 100),
            content: format!(
                "{}\n\n{} [{}](https://news.example.org/more).",
                random.sentence(words, TEXT / 2),
                random.sentence(words, TEXT / 2),
                random.word(words)
            ),
        }
    }

    fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        let values = [("title", &self.title), ("summary", &self.summary), ("content_markdown", &self.content)];
        values.into_iter().map(|(key, value)| (key.to_owned(), value.as_str().into())).collect()
    }
}

/// Two thousand random words.
fn vocabulary(random: &mut Random) -> Vec<String> {
    const SYLLABLES: [&str; 16] =
        ["ba", "lo", "né", "ri", "tu", "sar", "mi", "ven", "do", "ça", "pel", "qui", "or", "fa", "zun", "te"];
    let word = |_| (0..1 + random.below(4)).map(|_| SYLLABLES[random.below(SYLLABLES.len())]).collect();
    (0..2000).map(word).collect()
}

/// Marsaglia's xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn word<'a>(&mut self, words: &'a [String]) -> &'a str {
        &words[self.below(words.len())]
    }

    fn sentence(&mut self, words: &[String], bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        while text.len() < bytes {
            if !text.is_empty() {
                text.push(' ');
            }
            text += self.word(words);
        }
        text
    }
}
