//! Owns a tree's configuration: its generator, base URL, languages and their folders, and parameters.

use std::fs;
use std::path::Path;

use url::Url;

use super::value::Value;
use super::yaml;
use crate::model::Zone;

/// The static site generator of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    Hugo,
    Jekyll,
    Zola,
    /// Docusaurus: its pages are MDX, which is code and cannot be imported.
    Unsupported,
    /// No known generator: a folder of Markdown files.
    #[default]
    Plain,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Hugo => "Hugo",
            Kind::Jekyll => "Jekyll",
            Kind::Zola => "Zola",
            Kind::Unsupported => "unsupported",
            Kind::Plain => "Markdown",
        })
    }
}

/// A content folder, and the language of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    /// Relative to the tree, without outer `/`; empty for the tree itself.
    pub path: String,
    pub language: Option<String>,
}

/// A tree's configuration.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub kind: Kind,
    /// With a trailing `/`.
    pub base_url: Option<Url>,
    pub values: Value,
    pub default_language: Option<String>,
    /// The configured languages of the tree.
    pub languages: Vec<String>,
    /// The content folders; the most specific first.
    pub folders: Vec<Folder>,
    pub timezone: Option<Zone>,
    /// Authors by id.
    pub authors: Value,
}

impl Site {
    /// Loads the configuration of a tree.
    pub fn open(root: &Path) -> Site {
        let mut site = match kind(root) {
            Kind::Hugo => hugo(root),
            Kind::Jekyll => jekyll(root),
            Kind::Zola => zola(root),
            Kind::Unsupported => Site { kind: Kind::Unsupported, folders: unsupported_folders(), ..Site::default() },
            Kind::Plain => Site { folders: vec![whole_tree()], ..Site::default() },
        };
        let zone = site.values.first_text(&["timezone", "time_zone"]);
        site.timezone = zone.and_then(Zone::named);
        site.folders.sort_by_key(|folder| std::cmp::Reverse(folder.path.len()));
        site
    }

    /// A parameter of the site, as templates name it.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        let table = match self.kind {
            Kind::Zola => "extra",
            _ => "params",
        };
        let keys: Vec<&str> = key.split('.').collect();
        self.values.get(table)?.get_path(&keys)?.as_text()
    }
}

/// The folders whose files belong to an unsupported site.
fn unsupported_folders() -> Vec<Folder> {
    ["blog", "i18n"].map(|path| Folder { path: path.to_owned(), language: None }).into()
}

fn whole_tree() -> Folder {
    Folder { path: String::new(), language: None }
}

const HUGO_FILES: [&str; 8] = [
    "hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default/hugo.toml", "config/_default/hugo.yaml",
    "config/_default/config.toml", "config/_default/config.yaml",
];

const UNSUPPORTED_FILES: [&str; 4] =
    ["docusaurus.config.js", "docusaurus.config.ts", "docusaurus.config.mjs", "docusaurus.config.cjs"];

/// The generator whose configuration a folder holds.
pub fn kind(root: &Path) -> Kind {
    let any = |names: &[&str]| names.iter().any(|name| root.join(name).is_file());
    if any(&HUGO_FILES) || root.join("config/_default").is_dir() {
        return Kind::Hugo;
    }
    if any(&["_config.yml", "_config.yaml", "_config.toml"]) || root.join("_posts").is_dir() {
        return Kind::Jekyll;
    }
    if any(&["zola.toml"]) {
        return Kind::Zola;
    }
    if any(&["config.toml"]) {
        let has_base = load(&root.join("config.toml")).is_some_and(|values| values.get("base_url").is_some());
        return if has_base { Kind::Zola } else { Kind::Hugo };
    }
    if any(&["config.yaml", "config.yml", "config.json"]) && root.join("content").is_dir() {
        return Kind::Hugo;
    }
    if any(&UNSUPPORTED_FILES) { Kind::Unsupported } else { Kind::Plain }
}

/// Parses a configuration file by its extension; `None` if it is missing or invalid.
pub fn load(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match path.extension()?.to_str()? {
        "toml" => text.parse::<toml::Table>().ok().map(|table| Value::from(toml::Value::Table(table))),
        "json" => serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from),
        _ => yaml::read(text).ok().map(|(value, _)| value),
    }
}

/// Merges the first valid file with a stem over some values; returns whether there was one.
fn merge_config(values: &mut Value, root: &Path, stem: &str) -> bool {
    let config = ["toml", "yaml", "yml", "json"].iter().find_map(|ending| load(&root.join(format!("{stem}.{ending}"))));
    let is_loaded = config.is_some();
    if let Some(config) = config {
        values.merge(config);
    }
    is_loaded
}

/// A base URL with a trailing `/`; `None` if it is relative or local.
fn public_url(text: Option<&str>) -> Option<Url> {
    let text = text?;
    let text = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().filter(|host| !matches!(*host, "localhost" | "127.0.0.1" | "0.0.0.0"))?;
    Some(url)
}

/// Trims outer `/`; a path out of the tree becomes the tree itself.
fn trim_path(path: &str) -> String {
    if path.split('/').any(|part| part == "..") {
        return String::new();
    }
    path.trim_start_matches("./").trim_matches('/').to_owned()
}

fn hugo(root: &Path) -> Site {
    let mut values = Value::Map(Vec::new());
    if !merge_config(&mut values, root, "hugo") {
        merge_config(&mut values, root, "config");
    }
    for folder in ["config/_default", "config/production"] {
        merge_config(&mut values, root, &format!("{folder}/hugo"));
        merge_config(&mut values, root, &format!("{folder}/config"));
        for part in ["languages", "params", "permalinks"] {
            let mut under = Value::Map(Vec::new());
            if merge_config(&mut under, root, &format!("{folder}/{part}")) {
                values.merge(Value::Map(vec![(part.to_owned(), under)]));
            }
        }
    }
    let content = trim_path(values.text("contentDir").unwrap_or("content"));
    let mut folders = vec![Folder { path: content.clone(), language: None }];
    let mut languages = Vec::new();
    for (tag, language) in values.get("languages").map(Value::pairs).unwrap_or_default() {
        if let Some(folder) = language.text("contentDir").map(trim_path).filter(|folder| *folder != content) {
            folders.push(Folder { path: folder, language: Some(tag.clone()) });
        }
        languages.push(tag.clone());
    }
    let default_language = values.first_text(&["defaultContentLanguage", "languageCode", "locale"]).map(str::to_owned);
    let base_url = public_url(values.text("baseURL"));
    Site { kind: Kind::Hugo, base_url, default_language, languages, folders, values, ..Site::default() }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let parts = value.map(Value::items).unwrap_or_default();
    parts.iter().filter_map(Value::as_text).map(str::to_owned).collect()
}

fn jekyll(root: &Path) -> Site {
    let mut values = Value::Map(Vec::new());
    merge_config(&mut values, root, "_config");
    let base_path = trim_path(values.text("baseurl").unwrap_or_default());
    let base_url = public_url(values.text("url"))
        .and_then(|url| if base_path.is_empty() { Some(url) } else { url.join(&format!("/{base_path}/")).ok() });
    let languages = texts(values.get("languages"));
    let default_language = values.first_text(&["default_lang", "lang", "locale", "language"]).map(str::to_owned);
    let data = trim_path(values.text("data_dir").unwrap_or("_data"));
    let mut authors = Value::Map(Vec::new());
    merge_config(&mut authors, root, &format!("{data}/authors"));
    if let Some(own) = values.get("authors") {
        authors.merge(own.clone());
    }
    let source = trim_path(values.text("source").unwrap_or_default());
    let folders = vec![Folder { path: if source == "." { String::new() } else { source }, language: None }];
    Site { kind: Kind::Jekyll, base_url, default_language, languages, folders, authors, values, ..Site::default() }
}

fn zola(root: &Path) -> Site {
    let values = load(&root.join("zola.toml")).or_else(|| load(&root.join("config.toml"))).unwrap_or_default();
    let languages = values.get("languages").map(Value::pairs).unwrap_or_default();
    Site {
        kind: Kind::Zola,
        base_url: public_url(values.text("base_url")),
        default_language: values.text("default_language").map(str::to_owned),
        languages: languages.iter().map(|(tag, _)| tag.clone()).collect(),
        folders: vec![Folder { path: "content".to_owned(), language: None }],
        values,
        ..Site::default()
    }
}
