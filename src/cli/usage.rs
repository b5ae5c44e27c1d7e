//! What to write instead of arguments that clap refuses.

use std::ffi::OsString;

use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Arguments;

/// Commands by the names that other programs give them.
const COMMANDS: [(&str, &str); 14] = [
    ("publish", "build"),
    ("generate", "build"),
    ("make", "build"),
    ("server", "serve"),
    ("preview", "serve"),
    ("run", "serve"),
    ("dev", "serve"),
    ("watch", "serve"),
    ("lint", "check"),
    ("validate", "check"),
    ("test", "check"),
    ("add", "new"),
    ("create", "new"),
    ("ls", "list"),
];

/// Options by the names that other programs give them.
const OPTIONS: [(&str, &str); 9] = [
    ("--port", "`tidings serve --listen 8080`"),
    ("--host", "`tidings serve --listen 127.0.0.1:8080`"),
    ("--bind", "`tidings serve --listen 127.0.0.1:8080`"),
    ("--watch", "`tidings serve`, which follows the stories"),
    ("--destination", "`tidings build --output DIR`"),
    ("-o", "`tidings build --output DIR`"),
    ("-d", "`tidings build --output DIR`"),
    ("-c", "`--config PATH`"),
    ("--lang", "`--language TAG`"),
];

/// Parses the command line.
pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let line: Vec<OsString> = line.into_iter().collect();
    let command = line.iter().skip(1).find(|word| !word.to_string_lossy().starts_with('-')).cloned();
    Arguments::try_parse_from(line).map_err(|mut error| {
        let command = command.map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(tip) = tip(&error, &command) {
            error.remove(ContextKind::SuggestedArg);
            error.remove(ContextKind::SuggestedSubcommand);
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
        }
        error
    })
}

fn tip(error: &clap::Error, command: &str) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let named = |table: &[(&'static str, &'static str)], name: &str| {
        table.iter().find(|(other, _)| *other == name).map(|(_, right)| *right)
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let right = named(&COMMANDS, context(ContextKind::InvalidSubcommand)?)?;
            Some(format!("the command is `tidings {right}`"))
        }
        ErrorKind::UnknownArgument => {
            let written = context(ContextKind::InvalidArg)?;
            match written.starts_with('-') {
                true => Some(format!("write {}", named(&OPTIONS, written)?)),
                false => positional(command, written),
            }
        }
        ErrorKind::MissingRequiredArgument if command == "check" => Some(
            "`tidings check` reads the whole store, and takes no file; to check feeds, write `tidings check --feeds FILE`"
                .to_owned(),
        ),
        ErrorKind::MissingRequiredArgument if command == "new" => {
            Some("write the title in quotes: `tidings new \"Clean water\"`".to_owned())
        }
        ErrorKind::MissingRequiredArgument if command == "import" => {
            Some("write `tidings import SOURCE --into stories/old`, with a folder below the stories".to_owned())
        }
        _ => None,
    }
}

/// What was meant by a word that no option names.
fn positional(command: &str, word: &str) -> Option<String> {
    if word.ends_with(".toml") {
        return Some(format!("name the configuration with `--config {word}`"));
    }
    let right = match command {
        "build" => format!("to write into another folder: `tidings build --output {word}`"),
        "serve" if word.contains(|sign: char| sign.is_ascii_digit()) => {
            format!("write `tidings serve --listen {word}`")
        }
        "serve" => format!("to serve the site of another folder: `tidings serve --config {word}/tidings.toml`"),
        "list" | "coverage" => format!("of one language: `tidings {command} --language {word}`"),
        "new" => "write the title in quotes: `tidings new \"Clean water\"`".to_owned(),
        "init" => "name one folder; quotes keep a name with spaces together".to_owned(),
        _ => return None,
    };
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_does_not_take_has_the_right_form() {
        for (line, expected) in [
            ("tidings build public", "tip: to write into another folder: `tidings build --output public`"),
            ("tidings build --drafts news.toml", "tip: name the configuration with `--config news.toml`"),
            ("tidings serve 8080", "tip: write `tidings serve --listen 8080`"),
            (
                "tidings serve news",
                "tip: to serve the site of another folder: `tidings serve --config news/tidings.toml`",
            ),
            ("tidings serve --port 80", "tip: write `tidings serve --listen 8080`"),
            ("tidings list ru", "tip: of one language: `tidings list --language ru`"),
            ("tidings check stories", "tip: `tidings check` reads the whole store"),
            ("tidings new Clean water", "tip: write the title in quotes"),
            ("tidings new", "tip: write the title in quotes"),
            ("tidings import", "tip: write `tidings import SOURCE --into stories/old`"),
            ("tidings init a b", "tip: name one folder"),
            ("tidings publish", "tip: the command is `tidings build`"),
            ("tidings build --outptu x", "tip: a similar argument exists: '--output'"),
        ] {
            let error = parse(line.split(' ').map(OsString::from)).unwrap_err();
            let text = error.render().to_string();
            assert!(error.exit_code() == 2 && text.contains(expected), "{line}: {text}");
            assert_eq!(text.matches("tip:").count(), 1, "{line}: {text}");
        }
        // What each right form says is understood.
        for line in ["tidings build --output public", "tidings serve --listen 8080", "tidings list --language ru"] {
            assert!(parse(line.split(' ').map(OsString::from)).is_ok(), "{line}");
        }
    }
}
