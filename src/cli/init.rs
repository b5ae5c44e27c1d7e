//! `tidings init`.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::args::InitOptions;
use super::report::Report;
use super::{configuration_path_below, editor, schema};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics, Location, escape};
use crate::files;
use crate::render::pages::BUILT_IN;

/// The sample: a whole newsroom.
const SAMPLE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));

/// Where the starter site and the sample are served.
const LISTEN: &str = "127.0.0.1:8080";

/// The workflow, with `@ACTION@` where the action stands that installs tidings.
const WORKFLOW: &str = include_str!("starter/github.yml");

/// The starter site.
const STARTER: [(&str, &str); 5] = [
    ("tidings.toml", include_str!("starter/tidings.toml")),
    ("stories/2026/welcome.toml", include_str!("starter/welcome.toml")),
    ("stories/2026/second.toml", include_str!("starter/second.toml")),
    (schema::STORY_FILE, schema::STORY),
    ("schema/config.json", schema::CONFIG),
];

/// The path of a file to write, and its bytes.
pub type NewFile = (PathBuf, Cow<'static, [u8]>);

/// Files to write, and what is said when they are.
struct Plan {
    files: Vec<NewFile>,
    result: String,
    /// What helps if one of the files is there.
    help: &'static str,
}

const EMPTY_DIRECTORY: &str = "choose an empty directory: `tidings init DIR`";

/// Writes the starter site, or what is asked for instead; nothing if one of the files exists.
pub fn run(config: Option<&Path>, options: &InitOptions, report: &mut Report) -> u8 {
    if let Some(cdn) = options.instead.cdn {
        let config = configuration_path_below(&options.dir, config).map_err(Diagnostics::from).and_then(Config::load);
        match config {
            Ok(config) => report.result(&cdn.rules(&config)),
            Err(diagnostics) => report.diagnostics(&diagnostics, false),
        }
        return report.status();
    }
    let plan = match options.instead.editor {
        true => Plan::of_editor(config, &options.dir),
        false => Ok(Plan::new(options)),
    };
    match plan.and_then(|plan| plan.write().map(|()| plan.result).map_err(Diagnostics::from)) {
        Ok(result) => report.result(&result),
        Err(diagnostics) => report.diagnostics(&diagnostics, false),
    }
    report.status()
}

impl Plan {
    fn new(options: &InitOptions) -> Plan {
        let (folder, shown) = (&options.dir, escape(&options.dir.display().to_string()).into_owned());
        let text = |name: &str, text: &'static str| (folder.join(name), Cow::Borrowed(text.as_bytes()));
        if options.instead.templates {
            let templates = BUILT_IN.iter().map(|(name, source)| text(&format!("templates/{name}"), source));
            let result = format!(
                "wrote the built-in templates to {}\n\
                 next: delete those that you do not change, and set `templates = \"templates\"` below [site]\n",
                folder.join("templates").display()
            );
            return Plan { files: templates.collect(), result, help: EMPTY_DIRECTORY };
        }
        if options.instead.github {
            let path = folder.join(".github/workflows/tidings.yml");
            let result = format!(
                "wrote {}\n\
                 next: set `base_url` in tidings.toml to the address where the pages will be, commit both to the branch `main`,\n\
                 and choose \"GitHub Actions\" under Settings, Pages in the repository\n",
                path.display()
            );
            return Plan { files: vec![(path, Cow::Owned(workflow().into_bytes()))], result, help: EMPTY_DIRECTORY };
        }
        if options.instead.sample {
            let files = SAMPLE.iter().map(|(name, bytes)| (folder.join(name), Cow::Borrowed(*bytes)));
            let result = format!("wrote the sample, a newsroom in six languages, to {shown}\n{}", next_steps(folder));
            return Plan { files: files.collect(), result, help: EMPTY_DIRECTORY };
        }
        let result = format!("made a small site in {shown}\n{}", next_steps(folder));
        Plan { files: STARTER.iter().map(|(name, source)| text(name, source)).collect(), result, help: EMPTY_DIRECTORY }
    }

    /// An editor for the stories of the configuration, which is the named one or that of the folder.
    fn of_editor(config: Option<&Path>, folder: &Path) -> Result<Plan, Diagnostics> {
        let config = Config::load(configuration_path_below(folder, config)?)?;
        let result = format!(
            "wrote an editor for the browser to {}\n\
             next: write the name of your repository on GitHub to config.yml there, after `repo:`;\n\
             docs/editors-cms.md of tidings says how editors sign in, and how to try it on your own machine\n",
            escape(&folder.join("admin").display().to_string())
        );
        let help = "delete it, or move it away, and run this again";
        Ok(Plan { files: editor::files(folder, &config)?, result, help })
    }

    fn write(&self) -> Result<(), Diagnostic> {
        if let Some((path, _)) = self.files.iter().find(|(path, _)| path.exists()) {
            return Err(self.already_there(path));
        }
        for (path, bytes) in &self.files {
            // Nor is a file overwritten that was created since the check.
            files::create(path, bytes).map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => self.already_there(path),
                _ => Diagnostic::machine(path, "write this file", &error),
            })?;
        }
        Ok(())
    }

    fn already_there(&self, path: &Path) -> Diagnostic {
        let location = Location::file(path.display().to_string());
        Diagnostic::error(location, "this file is already there, so nothing was written").help(self.help)
    }
}

/// What to do with a new site.
fn next_steps(folder: &Path) -> String {
    let enter = match folder == Path::new(".") {
        true => String::new(),
        false => format!("  cd {}\n", escape(&folder.display().to_string())),
    };
    format!(
        "next:\n{enter}\
         \x20 tidings serve         shows it at http://{LISTEN}/ and follows your changes\n\
         \x20 tidings new \"Title\"   writes a new story, as a draft\n\
         \x20 tidings build         writes the feeds and pages into the folder `public`\n"
    )
}

/// The workflow, with the action of this version.
fn workflow() -> String {
    let action = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    WORKFLOW.replace("@ACTION@", &format!("{action}@v{}", env!("CARGO_PKG_VERSION")))
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_address_is_that_of_the_sites() {
        let sample = SAMPLE.iter().find(|(name, _)| *name == "tidings.toml").map(|(_, bytes)| *bytes).unwrap();
        for text in [std::str::from_utf8(sample).unwrap(), STARTER[0].1] {
            assert_eq!(Config::parse(text, ".").unwrap().server.listen.to_string(), LISTEN);
        }
    }
}
