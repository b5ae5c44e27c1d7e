//! `tidings import`.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use super::args::ImportOptions;
use super::progress::ImportProgress;
use super::report::Report;
use super::secrets::authorization;
use super::{USAGE, configuration, configuration_path, schema};
use crate::config::{Config, ImportSource, OnGone};
use crate::diagnostics::{Diagnostic, Location, escape_lines, suggestion};
use crate::import::{self, Selectors};
use crate::store::{Store, is_hidden};

/// Imports existing news into the store, and reports what happened to every entry.
pub fn run(config: Option<&Path>, options: &ImportOptions, report: &mut Report) -> u8 {
    if let Err(diagnostics) = import_all(config, options, report) {
        report.diagnostics(&diagnostics, false);
    }
    report.status()
}

/// Imports the sources of the command line as one, or each of those that are named after the other.
fn import_all(config: Option<&Path>, options: &ImportOptions, report: &mut Report) -> Result<(), Vec<Diagnostic>> {
    let path = configuration_path(config).map_err(|diagnostic| vec![diagnostic])?;
    let config = configuration(config)?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let written = options.sources.first().map(|source| source.display().to_string()).unwrap_or_default();
    let requests = match &options.into {
        Some(into) => Ok(vec![(written, request(options, into, folder))]),
        None => named(&config, options)
            .and_then(|sources| sources.into_iter().map(|source| named_request(source, options, &folder)).collect()),
    };
    let mut requests = requests.inspect_err(|_| report.raise_status(USAGE))?;
    // Named ones are validated one by one.
    let typed = requests.iter().filter(|_| options.into.is_some());
    let invalid: Vec<Diagnostic> = typed.flat_map(|(_, request)| import::validate(&config, request)).collect();
    if !invalid.is_empty() {
        report.raise_status(USAGE);
        return Err(invalid);
    }
    let input = match options.sources.iter().any(|source| options.into.is_some() && source == Path::new("-")) {
        true => Some(standard_input()?),
        false => None,
    };
    for (written, request) in &mut requests {
        let bar = ImportProgress::new();
        let (shared, into): (&Report, _) = (report, Location::file(request.into.display().to_string()));
        let on_progress = |progress| match progress {
            import::Progress::Waiting => {
                shared.note(&Diagnostic::note(into.clone(), "another import is at work here; waiting for it"));
            }
            progress => bar.update(progress),
        };
        let outcome = import_one(&path, &config, request, input.as_ref(), &on_progress);
        bar.clear();
        // One source that cannot be had is no reason to leave out the others.
        match outcome {
            Ok(outcome) => {
                report.diagnostics(&outcome.diagnostics, false);
                let text = match options.explain_mapping {
                    true => outcome.mapping_to_toml(written, request),
                    false if report.is_json() => {
                        serde_json::to_string(&outcome).map(|json| json + "\n").unwrap_or_default()
                    }
                    false => outcome.to_string(),
                };
                report.result(&text);
            }
            Err(diagnostics) => report.diagnostics(&diagnostics, false),
        }
    }
    Ok(())
}

/// Imports a source of the configuration, as it is now, without anybody at a terminal. Returns what was done in one line.
///
/// # Errors
/// Why it could not be imported, or not as a whole, in one line.
#[cfg(feature = "serve")]
pub fn import_named(path: &Path, name: &str, tell: &(dyn Fn(String) + Sync)) -> Result<String, String> {
    let import = || -> Result<import::Report, Vec<Diagnostic>> {
        let config = configuration(Some(path))?;
        let options = ImportOptions { sources: vec![PathBuf::from(name)], ..ImportOptions::default() };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let source = named(&config, &options)?;
        let (_, mut request) =
            source.first().map_or(Err(Vec::new()), |source| named_request(source, &options, &folder))?;
        let on_progress = |progress| match progress {
            import::Progress::Waiting => tell("waiting for another import".to_owned()),
            import::Progress::Read(count) => tell(format!("read {count}")),
            import::Progress::Stored(done, all) => tell(format!("stored {done} of {all}")),
        };
        import_one(path, &config, &mut request, None, &on_progress)
    };
    let in_one_line = |diagnostics: &[Diagnostic]| {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).map(|error| error.message.clone());
        escape_lines(&errors.take(3).collect::<Vec<_>>().join("; ")).replace('\n', " ")
    };
    let outcome = import().map_err(|diagnostics| in_one_line(&diagnostics))?;
    let summary = outcome.summary();
    match outcome.is_whole() {
        true => Ok(summary),
        false => Err(format!("{summary}; {}", in_one_line(&outcome.diagnostics))),
    }
}

fn import_one(
    path: &Path,
    config: &Config,
    request: &mut import::ImportOptions,
    input: Option<&File>,
    on_progress: &(dyn Fn(import::Progress) + Sync),
) -> Result<import::Report, Vec<Diagnostic>> {
    let invalid = import::validate(config, request);
    if !invalid.is_empty() {
        return Err(invalid);
    }
    let is_published = is_in_store(&request.into, &config.site.stories);
    if is_published && !request.dry_run {
        request.schema = schema::path_from(&request.into, path, config);
    }
    // Without ids of a published store there is nothing to clash with.
    let store = if is_published { Store::load(config) } else { Store::default() };
    let mut outcome = import::run(config, &store, request, input, on_progress)?;
    if !is_published {
        let stories = config.site.stories.display();
        let message = format!("this folder is not in the store ({stories}), so nothing of it will be published");
        let location = Location::file(request.into.display().to_string());
        outcome.diagnostics.insert(0, Diagnostic::warning(location, message));
    }
    Ok(outcome)
}

/// The sources of the configuration that are asked for.
fn named<'c>(config: &'c Config, options: &ImportOptions) -> Result<Vec<&'c ImportSource>, Vec<Diagnostic>> {
    let known: Vec<&str> = config.imports.iter().map(|source| source.name.as_str()).collect();
    if options.all {
        let none = || Diagnostic::usage(None, "the configuration names no source").help("add a table `[import.NAME]`");
        return if known.is_empty() { Err(vec![none()]) } else { Ok(config.imports.iter().collect()) };
    }
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for name in &options.sources {
        match config.imports.iter().find(|source| Path::new(&source.name) == name) {
            Some(source) => found.push(source),
            None => {
                let name = name.display().to_string();
                let message = format!("the configuration names no source `{name}`");
                let help = match Path::new(&name).exists() || name.contains("://") || known.is_empty() {
                    true => "to import a file or an address, name a folder of the store with --into".to_owned(),
                    false => suggestion(&name, &known).unwrap_or_else(|| format!("it names {}", known.join(", "))),
                };
                unknown.push(Diagnostic::usage(None, message).help(help));
            }
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(unknown) }
}

/// A source of the configuration as it is written there, and the options of its import.
fn named_request(
    source: &ImportSource,
    options: &ImportOptions,
    folder: &Path,
) -> Result<(String, import::ImportOptions), Vec<Diagnostic>> {
    let selector = |name: &str| source.selectors.get(name).cloned();
    let request = import::ImportOptions {
        sources: import::expand(&source.source, folder).map_err(|diagnostic| vec![diagnostic])?,
        from: source.from,
        language: source.language.clone(),
        topics: source.topics.clone(),
        name: Some(source.name.clone()),
        selectors: Selectors {
            item: selector("item"),
            title: selector("title"),
            date: selector("date"),
            link: selector("link"),
            summary: selector("summary"),
        },
        records: import::RecordOptions { items: source.items.clone(), mapping: source.mapping.clone() },
        is_moderated: source.is_moderated,
        on_gone: source.on_gone,
        is_repeated: true,
        authorization: authorization(&source.name).map_err(|diagnostic| vec![diagnostic])?,
        ..request(options, &source.into, folder.to_owned())
    };
    Ok((source.source.clone(), request))
}

/// The options of the command line. A `--date` that is no date is a CSS selector.
fn request(options: &ImportOptions, into: &Path, folder: PathBuf) -> import::ImportOptions {
    let (dates, selectors): (Vec<_>, Vec<_>) =
        options.date.iter().map(|given| given.parse().map_err(|_| given.clone())).partition(Result::is_ok);
    import::ImportOptions {
        sources: options.sources.clone(),
        from: options.from,
        into: into.to_owned(),
        dry_run: options.dry_run || options.explain_mapping,
        date: dates.into_iter().flatten().next_back(),
        language: options.language.clone(),
        topics: Vec::new(),
        review: options.review.clone(),
        allow_private: options.allow_private,
        name: options.name.clone(),
        own: options.own,
        folder,
        schema: None,
        explain: options.explain,
        pages: options.pages,
        selectors: Selectors {
            item: options.selectors.item.clone(),
            title: options.selectors.title.clone(),
            date: selectors.into_iter().filter_map(Result::err).next_back(),
            link: options.selectors.link.clone(),
            summary: options.selectors.summary.clone(),
        },
        records: import::RecordOptions::default(),
        is_moderated: false,
        on_gone: OnGone::default(),
        is_repeated: false,
        authorization: None,
        now: Some(chrono::Utc::now()),
    }
}

/// Whether a folder is read as part of the store, by its path as written or with symbolic links resolved.
fn is_in_store(folder: &Path, store: &Path) -> bool {
    let is_below = |folder: PathBuf, store: PathBuf| {
        folder.strip_prefix(store).is_ok_and(|below| {
            below.components().all(|part| match part {
                Component::Normal(name) => !is_hidden(name),
                _ => false,
            })
        })
    };
    let written = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    is_below(written(folder), written(store)) || is_below(resolved(folder), resolved(store))
}

/// A path with symbolic links resolved, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)));
    existing.map_or_else(|| path.clone(), |(real, rest)| real.join(rest))
}

/// Standard input in a temporary file, because some sources are read twice.
fn standard_input() -> Result<File, Vec<Diagnostic>> {
    let copied = || {
        let mut file = tempfile::tempfile()?;
        std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
        Ok(file)
    };
    copied().map_err(|error| vec![Diagnostic::machine(Path::new("standard input"), "read it", &error)])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::cli::args::SelectorOptions;
    use crate::diagnostics::OutputFormat;
    use crate::site::Site;

    const CONFIG: &str = "[site]\nbase_url = 'https://e.example/'\nauthority = 'e.example,2014'\ntitle = 'E'\ntimezone = 'Europe/Vienna'\n[languages.en]\ntitle = 'E'\n[languages.ru]\ntitle = 'Е'\n";

    /// Imports a text into a folder. Returns the exit status.
    fn import(root: &Path, into: &str, text: &str) -> u8 {
        let source = root.join("news.txt");
        std::fs::write(&source, text).unwrap();
        let options = ImportOptions {
            sources: vec![source],
            into: Some(root.join(into)),
            all: false,
            explain_mapping: false,
            from: None,
            dry_run: false,
            date: Vec::new(),
            language: None,
            review: None,
            allow_private: false,
            name: None,
            own: false,
            explain: false,
            pages: false,
            selectors: SelectorOptions::default(),
        };
        run(Some(&root.join("tidings.toml")), &options, &mut Report::new(OutputFormat::Text))
    }

    fn site() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("tidings.toml"), CONFIG).unwrap();
        std::fs::create_dir(root.path().join("stories")).unwrap();
        root
    }

    /// The number of stories and the diagnostics of the store, as `check` has them.
    fn check(root: &Path) -> (usize, Vec<Diagnostic>) {
        let config = Config::load(root.join("tidings.toml")).unwrap();
        let (site, diagnostics) = Site::load(&config, chrono::Utc::now());
        (site.counts().0, diagnostics.into())
    }

    const NEWS: &str =
        "• 14/02/2019\n  The rain falls on the mountains\n• 13/02/2019\n  Снег лежит на горах и в долинах\n";

    #[test]
    fn no_import_breaks_the_store() {
        let site = site();
        let (root, stories) = (site.path(), site.path().join("stories"));
        assert_eq!(import(root, "stories", NEWS), 0);
        assert_eq!(check(root), (2, vec![]));
        // A renamed file and no state, another folder, and a later entry of the same title.
        std::fs::rename(stories.join("2019/the-rain-falls-on-the-mountains.toml"), stories.join("mine.toml")).unwrap();
        std::fs::remove_file(stories.join("_imported.toml")).unwrap();
        assert_eq!(import(root, "stories", NEWS), 0);
        assert_eq!(import(root, "stories/other", NEWS), 0);
        assert_eq!(check(root), (2, vec![]));
        assert_eq!(import(root, "stories/other", &NEWS.replace("14/02", "21/02")), 0);
        assert_eq!(check(root), (3, vec![]));
        assert!(stories.join("other/2019/the-rain-falls-on-the-mountains-02-21.toml").exists());
    }

    #[test]
    fn which_folders_are_in_the_store() {
        let site = site();
        let store = site.path().join("stories");
        for (folder, expected) in [
            ("stories", true),
            ("stories/new/deeper", true),
            ("stories/../stories", true),
            ("stories/.h", false),
            ("stories/_u/2019", false),
            ("public", false),
            (".", false),
            ("stories/..", false),
            ("stories2", false),
        ] {
            assert_eq!(is_in_store(&site.path().join(folder), &store), expected, "{folder}");
        }
        let mut report = Report::new(OutputFormat::Text);
        let options = ImportOptions {
            sources: vec![site.path().join("news.txt")],
            into: Some(site.path().join("public")),
            all: false,
            explain_mapping: false,
            from: None,
            dry_run: true,
            date: Vec::new(),
            language: None,
            review: None,
            allow_private: false,
            name: None,
            own: false,
            explain: false,
            pages: false,
            selectors: SelectorOptions::default(),
        };
        std::fs::write(site.path().join("news.txt"), NEWS).unwrap();
        assert_eq!(run(Some(&site.path().join("tidings.toml")), &options, &mut report), 0);
        assert_eq!(report.warnings(), 1);
    }

    #[test]
    fn how_an_import_ends() {
        let site = site();
        assert_eq!(import(site.path(), "stories", NEWS), 0);
        assert_eq!(import(site.path(), "stories", &NEWS.replace("14/02", "31/02")), 1);
        assert_eq!(import(site.path(), "stories", &format!("    3 May 2015 The wind\n{NEWS}")), 1);
        assert_eq!(import(site.path(), "tidings.toml/x", NEWS), 2);
        std::fs::write(site.path().join("stories/_imported.toml"), "version = ").unwrap();
        assert_eq!(import(site.path(), "stories", NEWS), 1);
    }
}
