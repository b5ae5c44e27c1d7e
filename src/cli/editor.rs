//! `tidings init --editor`: the form of a story for Decap CMS, an editor in the browser without a server of its own.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use super::init::NewFile;
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::files;

/// The page of the editor.
pub const PAGE: &str = include_str!("starter/editor.html");

/// What comes before the fields, with `@NAME@` where something of the configuration stands.
const HEAD: &str = include_str!("starter/editor.yml");

/// The folder of the editor, below that of the repository.
const FOLDER: &str = "admin";

/// The folder of the pictures that are uploaded in the editor, below that of the repository.
const MEDIA: &str = "media";

/// The indentation of the fields of a story.
const DEPTH: usize = 6;

/// The files of the editor.
pub fn files(folder: &Path, config: &Config) -> Result<Vec<NewFile>, Diagnostic> {
    let (root, stories) = (files::lexical(folder), files::lexical(&config.site.stories));
    let misplaced = |message: &str, help: &str| {
        let location = Location::file(config.site.stories.display().to_string());
        Err(Diagnostic::error(location, message).help(help))
    };
    let Ok(below) = stories.strip_prefix(&root) else {
        return misplaced(
            "the stories are outside the folder of the editor, which edits one repository",
            "name the folder of the repository: `tidings init --editor DIR`",
        );
    };
    if below.as_os_str().is_empty() {
        return misplaced(
            "the files of the editor would be among the stories",
            "move the stories into a folder of their own, and name it in `stories` below [site]",
        );
    }
    let form = form(&below.display().to_string(), config);
    let folder = folder.join(FOLDER);
    Ok(vec![
        (folder.join("index.html"), Cow::Borrowed(PAGE.as_bytes())),
        (folder.join("config.yml"), Cow::Owned(form.into_bytes())),
    ])
}

/// The configuration of the editor.
fn form(stories: &str, config: &Config) -> String {
    let media_path = config.site.base_url.join(MEDIA).map_or_else(|_| format!("/{MEDIA}"), |url| url.path().to_owned());
    let mut out = HEAD
        .replace("@STORIES@", &quoted(stories))
        .replace("@MEDIA@", &quoted(MEDIA))
        .replace("@MEDIA_ROOT@", &quoted(&format!("/{MEDIA}")))
        .replace("@MEDIA_PATH@", &quoted(&media_path))
        .replace("@SITE@", &quoted(config.site.base_url.as_str()))
        .replace("@SUMMARY@", &quoted(&summary(config)));
    if !config.topics.is_empty() {
        out += &field(DEPTH, "topics", "Topics", "select", &[("multiple", "true"), ("required", "false")]);
        let _ = writeln!(out, "{:DEPTH$}  options:", "");
        for topic in &config.topics {
            let title = topic.titles.first().map_or_else(|| topic.id.clone(), ToString::to_string);
            let (label, value) = (quoted(&title), quoted(&topic.id));
            let _ = writeln!(out, "{:DEPTH$}    - {{label: {label}, value: {value}}}", "");
        }
    }
    let hint = quoted("Its page, if it has one elsewhere; {language} stands for the language.");
    out += &field(DEPTH, "link", "Link", "string", &[("required", "false"), ("hint", &hint)]);
    out += &object(DEPTH, "image", "Picture", true);
    out += &field(DEPTH + 4, "url", "Picture", "image", &[("required", "false")]);
    let hint = quoted("What it shows, for people who do not see it.");
    out += &field(DEPTH + 4, "alt", "Description", "string", &[("required", "false"), ("hint", &hint)]);
    out += &field(DEPTH + 4, "credit", "Credit", "string", &[("required", "false")]);
    out += &object(DEPTH, "translations", "Languages", false);
    for (index, edition) in config.languages.iter().enumerate() {
        let depth = DEPTH + 4;
        out += &object(depth, edition.language.as_str(), &edition.name.to_string(), index > 0);
        out += &field(depth + 4, "title", "Title", "string", &[("required", "false")]);
        out += &field(depth + 4, "summary", "Summary", "text", &[("required", "false")]);
        let modes = [("required", "false"), ("modes", "[rich_text, raw]")];
        out += &field(depth + 4, "content_markdown", "Text", "markdown", &modes);
    }
    out
}

/// The titles of a story in the list, in all languages: any of them may be missing, and a search looks here.
fn summary(config: &Config) -> String {
    let titles = config.languages.iter().enumerate().map(|(index, edition)| {
        let title = format!("translations.{}.title", edition.language.as_str());
        let separator = if index > 0 { format!("{{{{{title} | ternary(' / ', '')}}}}") } else { String::new() };
        format!("{separator}{{{{{title}}}}}")
    });
    titles.collect()
}

/// A field of the form.
fn field(depth: usize, name: &str, label: &str, widget: &str, more: &[(&str, &str)]) -> String {
    let mut out = format!("{:depth$}- name: {}\n", "", quoted(name));
    let label = quoted(label);
    for (key, value) in [("label", &*label), ("widget", widget)].iter().chain(more) {
        let _ = writeln!(out, "{:depth$}  {key}: {value}", "");
    }
    out
}

/// A field with fields, which follow.
fn object(depth: usize, name: &str, label: &str, is_collapsed: bool) -> String {
    let collapsed = is_collapsed.to_string();
    field(depth, name, label, "object", &[("required", "false"), ("collapsed", &collapsed)])
        + &format!("{:depth$}  fields:\n", "")
}

/// A text in YAML, which reads JSON's; what YAML does not allow as it stands is escaped.
fn quoted(text: &str) -> String {
    let is_hidden = |letter: char| matches!(letter, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let mut out = String::new();
    for letter in serde_json::Value::from(text).to_string().chars() {
        if is_hidden(letter) {
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_for_yaml() {
        assert_eq!(quoted("a: \"b\" # c\n\u{85}\u{2028}日"), r#""a: \"b\" # c\n\u0085\u2028日""#);
    }

    #[test]
    fn the_list_shows_the_title_of_every_language() {
        let text = "[site]\nbase_url = 'https://a.example/'\nauthority = 'a.example,2026'\n\
            [languages.en]\ntitle = 'N'\n[languages.zh-Hans]\ntitle = 'N'\n";
        let summary = summary(&Config::parse(text, ".").unwrap());
        assert_eq!(
            summary,
            "{{translations.en.title}}{{translations.zh-Hans.title | ternary(' / ', '')}}{{translations.zh-Hans.title}}"
        );
    }
}
