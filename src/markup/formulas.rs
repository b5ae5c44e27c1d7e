//! Formulas (MathML) and drawings (SVG), which feed readers do not show: the text that says the same.

use ego_tree::NodeRef;
use scraper::{ElementRef, Node};

use super::losses::Loss;
use super::tree::Tree;

/// Replaces formulas and drawings by their text.
pub fn replace(tree: &mut Tree, losses: &mut Vec<Loss>) {
    tree.for_each(|tree, id, name| {
        let Some(element) = tree.element(id) else { return };
        match name {
            "math" => {
                let text = formula(element);
                tree.replace_by_text(id, &text);
            }
            "svg" => {
                let text = drawing(element);
                let is_decoration = tree.attribute(id, "aria-hidden") == Some("true")
                    || tree.attribute(id, "role") == Some("presentation")
                    || tree.ancestors(id).any(|name| matches!(name, "a" | "button"));
                if text.is_empty() && !is_decoration {
                    losses.push(Loss::Drawing(name.to_owned()));
                }
                tree.replace_by_text(id, &text);
            }
            "canvas" => tree.unwrap(id),
            _ => {}
        }
    });
}

/// `alttext`, else the TeX annotation, else the formula on one line.
fn formula(math: ElementRef<'_>) -> String {
    let alternative = math.value().attr("alttext").map(str::trim).filter(|text| !text.is_empty());
    let tex = || {
        let annotations = math.descendants().filter_map(ElementRef::wrap);
        let mut tex = annotations.filter(|element| {
            let encoding = element.value().attr("encoding").unwrap_or_default().to_ascii_lowercase();
            element.value().name() == "annotation" && (encoding.contains("tex"))
        });
        tex.next().map(|element| element.text().collect::<String>()).filter(|text| !text.trim().is_empty())
    };
    let text = alternative.map(str::to_owned).or_else(tex).unwrap_or_else(|| linear(*math, 0));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How deep a formula is followed; bodies are not nested deeper.
const MAX_DEPTH: usize = super::MAX_DEPTH + 1;

/// A formula on one line: `1/3`, `x^2`, `√2`.
fn linear(node: NodeRef<'_, Node>, depth: usize) -> String {
    if let Node::Text(text) = node.value() {
        return text.trim().to_owned();
    }
    let Some(element) = node.value().as_element().filter(|_| depth < MAX_DEPTH) else { return String::new() };
    let parts: Vec<String> =
        node.children().map(|child| linear(child, depth + 1)).filter(|part| !part.is_empty()).collect();
    let part = |index: usize| group(parts.get(index).map_or("", String::as_str));
    match element.name() {
        "annotation" | "annotation-xml" => String::new(),
        "mfrac" => format!("{}/{}", part(0), part(1)),
        "msqrt" => format!("√{}", group(&parts.concat())),
        "mroot" => format!("{}√{}", superscript(&part(1)), part(0)),
        "msup" | "mover" => format!("{}^{}", part(0), part(1)),
        "msub" | "munder" => format!("{}_{}", part(0), part(1)),
        "msubsup" | "munderover" => format!("{}_{}^{}", part(0), part(1), part(2)),
        "mfenced" => format!("({})", parts.join(", ")),
        "mtable" => format!("[{}]", parts.join("; ")),
        "mtr" | "mlabeledtr" => parts.join(", "),
        "mtext" | "ms" => format!(" {} ", parts.concat()),
        _ => parts.concat(),
    }
}

/// Puts brackets around more than one term.
fn group(text: &str) -> String {
    let is_one = text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | ',' | '′' | '∞'));
    if is_one || (text.starts_with('(') && text.ends_with(')')) { text.to_owned() } else { format!("({text})") }
}

fn superscript(text: &str) -> String {
    let digit = |letter: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(letter.to_digit(10)? as usize);
    text.chars().map(digit).collect::<Option<String>>().unwrap_or_else(|| format!("{text} "))
}

/// The title, description and texts of a drawing, each once.
fn drawing(svg: ElementRef<'_>) -> String {
    let mut texts: Vec<String> = svg.value().attr("aria-label").map(str::to_owned).into_iter().collect();
    for element in svg.descendants().filter_map(ElementRef::wrap) {
        let is_text = matches!(element.value().name(), "title" | "desc" | "text" | "foreignObject");
        if is_text && !element.ancestors().filter_map(ElementRef::wrap).any(|other| other.value().name() == "defs") {
            texts.push(element.text().collect::<Vec<_>>().join(" "));
        }
    }
    let mut seen: Vec<String> = Vec::new();
    for text in texts {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen.join(" ")
}
