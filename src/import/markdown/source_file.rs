//! Owns deriving language, translation key, slug, day and role of a file from its path.

use chrono::NaiveDate;

use super::site::{Kind, Site};
use crate::dates::path;

/// The role of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Post,
    /// A page that lists others.
    Section,
    /// A page that can be linked to but is no post.
    Page,
}

/// A source file that is rendered to a page.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFile {
    /// Relative to the tree, with `/`.
    pub path: String,
    pub role: Role,
    pub language: Option<String>,
    /// Its content folder.
    pub folder: String,
    /// The path in that folder without language, extension and `index`: translations share it.
    pub translation_key: String,
    /// The last segment of the translation key without its day.
    pub slug: String,
    pub day: Option<NaiveDate>,
    /// It is an index file, and the other files of its folder are its attachments.
    pub is_bundle: bool,
    pub is_draft: bool,
    /// Why its generator does not publish it, by its name.
    pub unpublished: Option<String>,
    /// Why it cannot be imported.
    pub left_out: Option<String>,
}

/// Extensions of Markdown files.
const MARKDOWN: [&str; 7] = ["md", "markdown", "mkd", "mkdn", "mkdown", "mdown", "mdtext"];

/// Extensions of other markup that generators render too.
const OTHER: [&str; 6] = ["adoc", "asciidoc", "org", "rst", "textile", "pandoc"];

/// Classifies a file; `None` if it is not rendered to a page.
pub fn read(site: &Site, configured: &[String], path: &str) -> Option<SourceFile> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    let is_html = matches!(ending.as_str(), "html" | "htm");
    let is_other = match site.kind {
        Kind::Hugo | Kind::Jekyll => OTHER.contains(&ending.as_str()),
        _ => site.kind == Kind::Plain && is_mdx(name),
    };
    if !(MARKDOWN.contains(&ending.as_str()) || (is_html && site.kind == Kind::Jekyll) || is_other) {
        return None;
    }
    let folder = site.folders.iter().find(|folder| is_below(path, &folder.path))?;
    let inner = folders.get(folder.path.len()..).unwrap_or_default().trim_start_matches('/');
    let mut parts: Vec<&str> = inner.split('/').filter(|part| !part.is_empty()).collect();
    let mut language = folder.language.clone();
    let is_language = |tag: &str| is_known_language(site, configured, tag);

    let mut stem = stem;
    if let Some((shorter, tag)) = stem.rsplit_once('.').filter(|(_, tag)| is_language(tag)) {
        language = Some(tag.to_owned());
        stem = shorter;
    }
    let mut role = role(site.kind, &parts, stem);
    let mut is_draft = parts.iter().any(|part| part.eq_ignore_ascii_case("_drafts"));
    if site.kind == Kind::Plain && parts.iter().any(|part| part.eq_ignore_ascii_case("drafts")) {
        is_draft = true;
    }
    parts.retain(|part| !matches!(*part, "_posts" | "_drafts" | "_i18n") || site.kind != Kind::Jekyll);
    if language.is_none()
        && let Some(at) =
            language_folder(site.kind, &parts).find(|at| parts.get(*at).is_some_and(|part| is_language(part)))
    {
        language = Some(parts.remove(at).to_owned());
    }
    let is_bundle =
        stem.eq_ignore_ascii_case("index") || stem == "_index" || (stem == "README" && role == Role::Section);
    if is_bundle && site.kind == Kind::Plain && parts.is_empty() {
        role = Role::Section;
    }
    let (mut day, mut slug) = (None, if is_bundle { parts.last().copied().unwrap_or_default() } else { stem });
    if site.kind != Kind::Hugo || is_bundle || path::from_file_name(slug).is_some() {
        (day, slug) = path::from_file_name(slug).map_or((None, slug), |(day, rest)| (Some(day), rest));
    }
    let left_out = is_other.then(|| format!("it is written in {ending}, not in Markdown"));
    let mut unpublished = None;
    if site.kind == Kind::Jekyll && role == Role::Post && !is_draft && day.is_none() {
        unpublished = Some("its name does not begin with a day, so that the generator passes over it".to_owned());
    }
    let mut translation_key = parts.join("/");
    if !is_bundle {
        translation_key =
            if translation_key.is_empty() { stem.to_owned() } else { format!("{translation_key}/{stem}") };
    }
    let slug = slug.to_owned();
    let folder = folder.path.clone();
    Some(SourceFile {
        path: path.to_owned(),
        role,
        language,
        folder,
        translation_key,
        slug,
        day,
        is_bundle,
        is_draft,
        unpublished,
        left_out,
    })
}

fn role(kind: Kind, parts: &[&str], stem: &str) -> Role {
    let is_upper = matches!(stem, "README" | "LICENSE" | "CONTRIBUTING" | "CHANGELOG" | "CODE_OF_CONDUCT" | "SECURITY");
    match kind {
        Kind::Hugo | Kind::Zola if stem == "_index" => Role::Section,
        Kind::Hugo | Kind::Zola if stem == "index" && parts.is_empty() => Role::Section,
        Kind::Jekyll if parts.iter().any(|part| matches!(*part, "_posts" | "_drafts")) => Role::Post,
        Kind::Jekyll => Role::Page,
        Kind::Plain if is_upper || stem == "_index" => Role::Section,
        _ => Role::Post,
    }
}

/// The path segments that can be a language.
fn language_folder(kind: Kind, parts: &[&str]) -> std::ops::Range<usize> {
    match kind {
        Kind::Jekyll | Kind::Plain => 0..parts.len(),
        _ => 0..parts.len().min(1),
    }
}

/// Whether a file is MDX, which is code and not Markdown.
pub fn is_mdx(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".mdx")
}

/// Whether a path is in a folder, at any depth.
pub fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the site or the configuration has a language.
pub fn is_known_language(site: &Site, configured: &[String], tag: &str) -> bool {
    let same = |other: &String| other.replace('_', "-").eq_ignore_ascii_case(&tag.replace('_', "-"));
    site.languages.iter().any(same) || site.default_language.iter().any(same) || configured.iter().any(same)
}

#[cfg(test)]
mod tests {
    use super::super::site::Folder;
    use super::*;

    fn site(kind: Kind) -> Site {
        let folder = |path: &str, language: Option<&str>| Folder {
            path: path.to_owned(),
            language: language.map(str::to_owned),
        };
        let folders = match kind {
            Kind::Hugo | Kind::Zola => vec![folder("content", None)],
            _ => vec![folder("", None)],
        };
        Site { kind, folders, ..Site::default() }
    }

    #[test]
    fn paths_give_language_key_and_day() {
        for (kind, path, expected) in [
            (Kind::Hugo, "content/ja/blog/a.md", "Post ja blog/a a -"),
            (Kind::Hugo, "content/blog/a/index.pl.md", "Post pl blog/a a -"),
            (Kind::Hugo, "content/blog/a/index.md", "Post - blog/a a -"),
            (Kind::Hugo, "content/blog/release-1.2.md", "Post - blog/release-1.2 release-1.2 -"),
            (Kind::Hugo, "content/blog/post.v2.md", "Post - blog/post.v2 post.v2 -"),
            (Kind::Hugo, "content/blog/_index.md", "Section - blog blog -"),
            (Kind::Hugo, "content/blog/dir /index.md", "Post - blog/dir  dir  -"),
            (Kind::Jekyll, "_posts/2024/2024-1-3-a-b.md", "Post - 2024/2024-1-3-a-b a-b 2024-01-03"),
            (Kind::Jekyll, "news/_posts/pl/2024-01-03-a.html", "Post pl news/2024-01-03-a a 2024-01-03"),
            (Kind::Jekyll, "about.md", "Page - about about -"),
            (Kind::Zola, "content/2024-01-31-name.pl.md", "Post pl 2024-01-31-name name 2024-01-31"),
            (Kind::Zola, "content/x@0.md", "Post - x@0 x@0 -"),
            (Kind::Plain, "pl/a.md", "Post pl a a -"),
        ] {
            let file = read(&site(kind), &["pl".to_owned(), "ja".to_owned()], path);
            let shown = file.map(|file| {
                let day = file.day.map_or("-".to_owned(), |day| day.to_string());
                let language = file.language.as_deref().unwrap_or("-").to_owned();
                format!("{:?} {language} {} {} {day}", file.role, file.translation_key, file.slug)
            });
            assert_eq!(shown.as_deref(), Some(expected), "{path}");
        }
        assert_eq!(read(&site(Kind::Hugo), &[], "content/a.html"), None);
        assert_eq!(read(&site(Kind::Hugo), &[], "docs/a.md"), None);
    }
}
