//! The examples below the help of each command.

pub const INIT: &str = "\
Examples:
  tidings init news
  tidings init --templates news";

pub const IMPORT: &str = "\
With --review, pairs of entries that are only likely to be one story are listed
in that file. Write `same = true` or `same = false` for each, and run the same
command again.

Examples:
  tidings import https://news.example.org/feed.xml --into stories/news
  tidings import export.xml --into stories/blog --review review.toml";

pub const REVIEW: &str = "\
Sources of the configuration with `status = \"draft\"` wait here: new stories, and
corrections of stories that were approved.

Examples:
  tidings review
  tidings review --approve 2026/rain 2026/snow --reject 2026/spam";

pub const CHECK: &str = "\
Examples:
  tidings check --strict --format github
  tidings check --feeds public";

pub const BUILD: &str = "\
Examples:
  tidings build --output public --base-url https://preview.example.org/feeds/
  tidings build --check";

pub const SERVE: &str = "\
`admin` in the table [server] of the configuration is a second address, with
/healthz, /readyz, /status and /metrics. SIGHUP reads the configuration and the
store again; SIGTERM and SIGINT finish the requests in progress, then end it.

Examples:
  tidings serve
  tidings serve --listen :8080 --from /srv/www/feeds";

pub const PING: &str = "\
Examples:
  tidings build --format json | tidings ping
  tidings ping https://news.example.org/feeds/en/all.atom.xml";

pub const NEW: &str = "\
Examples:
  tidings new \"Clean water for the valley\"
  tidings new \"Clean water for the valley\" --language en --language fr --topic health";

pub const LIST: &str = "\
Examples:
  tidings list
  tidings list --format csv";

pub const COVERAGE: &str = "\
Examples:
  tidings coverage --language fr --since 2026-01-01
  tidings coverage --format html";

pub const SCHEMA: &str = "\
Examples:
  tidings schema story
  tidings schema config";

pub const COMPLETIONS: &str = "\
Examples:
  tidings completions bash
  tidings completions zsh";

pub const MAN: &str = "\
Examples:
  tidings man > tidings.1
  tidings man build > tidings-build.1";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::cli::args::Arguments;

    /// The words of a command line; only double quotes are known.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    }

    #[test]
    fn each_command_has_two_examples_that_are_right() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().filter(|line| line.starts_with("  tidings ")).collect();
            assert_eq!(examples.len(), 2, "{}", command.get_name());
            assert!(examples.iter().any(|line| line.contains(command.get_name())));
            for line in examples.iter().flat_map(|line| line.split('|')) {
                let line = line.split('>').next().unwrap_or_default();
                Arguments::try_parse_from(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        }
    }
}
