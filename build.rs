//! Hashes everything that decides published bytes, so that a build renders again what another revision rendered otherwise.
//!
//! Rust is hashed by its tokens, without comments and test items: those change no document. Templates, stylesheets, locales
//! and the lock file are hashed byte for byte. What cannot be parsed is hashed byte for byte as well: when in doubt, the hash
//! changes.
//!
//! Lists the files of the sample too, for `tidings init --sample`.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Modules that read or serve documents, or make story files, but decide nothing that a document says.
const NOT_PUBLISHING: [&str; 6] = ["cli", "fetch", "import", "lint", "pairing", "serve"];

fn main() -> io::Result<()> {
    for path in ["build.rs", "config", "src", "Cargo.lock", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={path}");
    }
    println!("cargo:rustc-env=TIDINGS_REVISION={:016x}", revision(Path::new("."))?);
    // A test runs this program on trees of its own, without a sample.
    if let Some(folder) = env::var_os("OUT_DIR").filter(|_| Path::new("config").exists()) {
        fs::write(Path::new(&folder).join("sample.rs"), sample(Path::new("config"))?)?;
    }
    println!("cargo:rustc-env=TIDINGS_BUILD_SCRIPT={}", env::current_exe()?.display());
    Ok(())
}

/// The files below a folder as an array in Rust: their paths there, and their bytes.
fn sample(folder: &Path) -> io::Result<String> {
    let mut paths = Vec::new();
    list(folder.to_owned(), &mut paths)?;
    let mut out = "&[".to_owned();
    for path in paths {
        let below = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        // What a build of the sample wrote is none of it, and its media stand on another host.
        if !below.starts_with("public") && !below.starts_with("media") {
            out += &format!("({below:?}, include_bytes!({:?}) as &[u8]),", path.canonicalize()?);
        }
    }
    Ok(out + "]")
}

/// The hash of a source tree.
fn revision(root: &Path) -> io::Result<u64> {
    let mut paths = Vec::new();
    for module in sorted_entries(&root.join("src"))? {
        let is_publishing = module.file_stem().is_none_or(|stem| NOT_PUBLISHING.iter().all(|name| stem != *name));
        if is_publishing {
            list(module, &mut paths)?;
        }
    }
    // Versions and features of dependencies.
    paths.extend(["Cargo.lock", "Cargo.toml"].map(|name| root.join(name)).into_iter().filter(|path| path.exists()));
    let mut hashes = Vec::new();
    let mut test_modules = BTreeSet::new();
    for path in paths {
        let bytes = fs::read(&path)?;
        let mut hasher = DefaultHasher::new();
        hasher.write(path.strip_prefix(root).unwrap_or(&path).as_os_str().as_encoded_bytes());
        match tokens(&path, &bytes) {
            Some(tokens) => hash_tokens(tokens, &child_folder(&path), &mut hasher, &mut test_modules),
            None => hasher.write(&bytes),
        }
        hashes.push((path, hasher.finish()));
    }
    let mut hasher = DefaultHasher::new();
    for (_, hash) in hashes.iter().filter(|(path, _)| !test_modules.contains(path)) {
        hasher.write_u64(*hash);
    }
    Ok(hasher.finish())
}

fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn list(path: PathBuf, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path);
        return Ok(());
    }
    sorted_entries(&path)?.into_iter().try_for_each(|path| list(path, files))
}

/// The tokens of a file of Rust. Comments are not among them.
fn tokens(path: &Path, bytes: &[u8]) -> Option<TokenStream> {
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    std::str::from_utf8(bytes).ok().filter(|_| is_rust)?.parse().ok()
}

/// The folder where the modules that a file declares are.
fn child_folder(path: &Path) -> PathBuf {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("lib" | "main" | "mod") => path.parent().unwrap_or(path).to_owned(),
        _ => path.with_extension(""),
    }
}

/// Hashes tokens without doc comments and test items. Adds the files of test modules to `test_modules`.
fn hash_tokens(tokens: TokenStream, folder: &Path, hasher: &mut DefaultHasher, test_modules: &mut BTreeSet<PathBuf>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if let Some((length, is_test)) = attribute(&tokens[index..]) {
            if is_test && let Some(item) = item_length(&tokens[index + length..]) {
                let item = &tokens[index + length..index + length + item];
                if let [.., TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Punct(_)] = item
                    && keyword == "mod"
                {
                    test_modules.insert(folder.join(format!("{name}.rs")));
                }
                index += length + item.len();
                continue;
            }
            if is_doc(&tokens[index..index + length]) {
                index += length;
                continue;
            }
        }
        match token {
            TokenTree::Group(group) => {
                hasher.write(match group.delimiter() {
                    Delimiter::Parenthesis => b"(",
                    Delimiter::Brace => b"{",
                    Delimiter::Bracket => b"[",
                    Delimiter::None => b" ",
                });
                hash_tokens(group.stream(), folder, hasher, test_modules);
                hasher.write(b"end of group");
            }
            token => {
                hasher.write(token.to_string().as_bytes());
                hasher.write_u8(0xff);
            }
        }
        index += 1;
    }
}

/// The length of the attribute at the start, if there is one, and whether it is `#[cfg(test)]`.
fn attribute(tokens: &[TokenTree]) -> Option<(usize, bool)> {
    let length = match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(_), ..] if hash.as_char() == '#' => 2,
        [TokenTree::Punct(hash), TokenTree::Punct(inner), TokenTree::Group(_), ..]
            if hash.as_char() == '#' && inner.as_char() == '!' =>
        {
            3
        }
        _ => return None,
    };
    let TokenTree::Group(group) = &tokens[length - 1] else { return None };
    let text = group.to_string().replace(' ', "");
    (group.delimiter() == Delimiter::Bracket).then_some((length, length == 2 && text == "[cfg(test)]"))
}

/// Whether an attribute is a doc comment.
fn is_doc(attribute: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(group)) = attribute.last() else { return false };
    matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

/// The length of the item at the start: its attributes, and what follows up to `;` or its body. `None` if it is no item, but a
/// field, an expression or the like, whose end cannot be told as easily.
fn item_length(tokens: &[TokenTree]) -> Option<usize> {
    let mut start = 0;
    while let Some((length, _)) = attribute(&tokens[start..]) {
        start += length;
    }
    const KEYWORDS: [&str; 13] =
        ["async", "const", "enum", "extern", "fn", "impl", "mod", "static", "struct", "trait", "type", "unsafe", "use"];
    let keyword = match &tokens[start..] {
        [TokenTree::Ident(visibility), TokenTree::Group(_), keyword, ..] if visibility == "pub" => keyword,
        [TokenTree::Ident(visibility), keyword, ..] if visibility == "pub" => keyword,
        [keyword, ..] => keyword,
        [] => return None,
    };
    let is_item = matches!(keyword, TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword));
    let is_end = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let end = tokens[start..].iter().position(is_end).filter(|_| is_item)?;
    Some(start + end + 1)
}
