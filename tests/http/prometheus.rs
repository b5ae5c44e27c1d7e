//! Prometheus' text format 0.0.4: a reader that refuses what the format does not allow.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a sample.
pub type Labels = BTreeMap<String, String>;

/// The samples of a text, by name and labels.
#[derive(Debug, Default)]
pub struct Samples(pub BTreeMap<(String, Labels), f64>);

impl Samples {
    /// The sum of a metric's samples whose labels include some.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |found: &Labels| labels.iter().all(|(name, value)| found.get(*name).is_some_and(|own| own == value));
        self.0.iter().filter(|((own, found), _)| own == name && has(found)).map(|(_, value)| value).sum()
    }
}

/// Reads a text.
pub fn read(text: &str) -> Result<Samples, String> {
    if !text.ends_with('\n') {
        return Err("the last line has no end".to_owned());
    }
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line).map_err(|why| format!("{why}: {line}"))?;
    }
    Ok(reader.samples)
}

#[derive(Default)]
struct Reader {
    kinds: BTreeMap<String, String>,
    helped: BTreeSet<String>,
    /// The families in the order of their samples.
    families: Vec<String>,
    samples: Samples,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or("HELP without a text")?;
            if !is_name(name) || unescape(help, "\\n").is_none() {
                return Err("a HELP that is none");
            }
            return if self.helped.insert(name.to_owned()) { Ok(()) } else { Err("a second HELP") };
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or("TYPE without a kind")?;
            let is_kind = ["counter", "gauge", "histogram", "summary", "untyped"].contains(&kind);
            let is_late = self.samples.0.keys().any(|(own, _)| own == name);
            if !is_name(name) || !is_kind || is_late || self.kinds.insert(name.to_owned(), kind.to_owned()).is_some() {
                return Err("a second, late or unknown TYPE");
            }
            return Ok(());
        }
        if line.is_empty() || line.starts_with("# ") {
            return Ok(());
        }
        self.sample(line)
    }

    fn sample(&mut self, line: &str) -> Result<(), &'static str> {
        let (named, value) = line.rsplit_once(' ').ok_or("a line that is none")?;
        let value: f64 = value.parse().map_err(|_| "a value that is none")?;
        let (name, labels) = match named.split_once('{') {
            Some((name, rest)) => (name, read_labels(rest.strip_suffix('}').ok_or("labels without an end")?)?),
            None => (named, Labels::new()),
        };
        if !is_name(name) {
            return Err("a name that is none");
        }
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let family = if self.kinds.contains_key(name) { name } else { stem };
        let kind = self.kinds.get(family).ok_or("a sample without TYPE before it")?;
        if !self.helped.contains(family) {
            return Err("a sample without HELP before it");
        }
        if kind == "counter" && (!name.ends_with("_total") || value < 0.0) {
            return Err("a counter that is none");
        }
        if self.families.last().is_none_or(|last| last != family) {
            if self.families.iter().any(|own| own == family) {
                return Err("a family in two places");
            }
            self.families.push(family.to_owned());
        }
        match self.samples.0.insert((name.to_owned(), labels), value) {
            Some(_) => Err("a sample twice"),
            None => Ok(()),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn read_labels(mut rest: &str) -> Result<Labels, &'static str> {
    let mut labels = Labels::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        let mut is_escaped = false;
        let is_end = |c: char| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        };
        let end = after.find(is_end).ok_or("a value without an end")?;
        let value = unescape(&after[..end], "\\n\"").ok_or("an escape that is none")?;
        if !is_name(name) || name.contains(':') || name.starts_with("__") {
            return Err("a label's name that is none");
        }
        if labels.insert(name.to_owned(), value).is_some() {
            return Err("a label twice");
        }
        rest = &after[end + 1..];
        rest = match rest.strip_prefix(',') {
            Some(rest) => rest,
            None if rest.is_empty() => rest,
            None => return Err("no comma between labels"),
        };
    }
    Ok(labels)
}

/// Resolves a backslash before any of some characters; `None` where another follows it.
fn unescape(text: &str, escaped: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let c = chars.next().filter(|c| escaped.contains(*c))?;
        out.push(if c == 'n' { '\n' } else { c });
    }
    Some(out)
}

#[test]
fn what_the_format_does_not_allow_is_refused() {
    let head = "# HELP a_total A\\n\\\\ text.\n# TYPE a_total counter\n";
    let good = read(&format!("{head}a_total{{x=\"1\\\"}}\\n\",y=\"\"}} 2\na_total 1\n")).unwrap();
    assert_eq!((good.sum("a_total", &[("x", "1\"}\n")]), good.sum("a_total", &[])), (2.0, 3.0));
    for (lines, why) in [
        ("a_total 1", "the last line has no end"),
        ("a_total{x=\"1} 1\n", "a value without an end"),
        ("a_total{x=\"\\t\"} 1\n", "an escape that is none"),
        ("a_total{x=\"1\",x=\"2\"} 1\n", "a label twice"),
        ("a_total{x=\"1\"y=\"2\"} 1\n", "no comma"),
        ("a_total -1\n", "a counter that is none"),
        ("a_total one\n", "a value that is none"),
        ("a_total 1\na_total 1\n", "a sample twice"),
        ("b 1\n", "without TYPE"),
        ("# TYPE a_total gauge\n", "a second, late"),
        ("# HELP a_total Again.\n", "a second HELP"),
        ("# TYPE b gauge\nb 1\n", "without HELP"),
        ("# HELP b B.\n# TYPE b gauge\na_total 1\nb 1\na_total{x=\"\"} 1\n", "a family in two places"),
        ("nonsense\n", "a line that is none"),
    ] {
        let refused = read(&format!("{head}{lines}")).unwrap_err();
        assert!(refused.contains(why), "{lines}: {refused}");
    }
}
