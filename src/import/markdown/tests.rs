use std::fs;

use proptest::prelude::*;

use super::code::{CodeScope, CodeSpans, is_too_deep};
use super::tree::Tree;
use crate::import::entry::{Body, EntryDate, ParsedDate, ParsedEntry};

const HOME: &str = "https://home.example/";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// A tree made of files.
fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Tree) {
    let folder = folder(files);
    let tree = Tree::open(
        folder.path(),
        &["en".to_owned(), "pl".to_owned(), "ja".to_owned()],
        &HOME.parse().expect("an address"),
        None,
    )
    .expect("a tree");
    (folder, tree)
}

fn read(files: &[(&str, &str)], path: &str) -> ParsedEntry {
    let (_folder, tree) = tree(files);
    let file = tree.files().iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is no post"));
    tree.read(file)
}

fn terms(entry: &ParsedEntry) -> Vec<&str> {
    entry.categories.iter().map(|category| category.term.as_str()).collect()
}

fn markdown(entry: &ParsedEntry) -> &str {
    match &entry.body {
        Some(Body::Markdown(text) | Body::Html(text) | Body::Text(text)) => text,
        None => "",
    }
}

const HUGO: (&str, &str) = (
    "hugo.toml",
    "baseURL = 'https://x.org/'\ndefaultContentLanguage = 'en'\n[languages.en]\n[languages.pl]\n[params]\nchat = 'https://chat'\n",
);

fn hugo(body: &str) -> ParsedEntry {
    let front = "---\ntitle: T\ndate: 2024-05-03\nCanonical_url: https://c.org/a\n---\n";
    let post = format!("{front}{body}");
    let other = "---\ntitle: O\ndate: 2024-01-01\nslug: other-slug\n---\n";
    let files = [
        HUGO,
        ("content/blog/a/index.md", &post),
        ("content/blog/other.md", other),
        ("content/blog/a/x.png", ""),
        ("content/blog/a/y.pdf", ""),
    ];
    read(&files, "content/blog/a/index.md")
}

#[test]
fn hugo_bodies() {
    for (body, expected) in [
        ("[h]({{% param canonical_url %}})", "[h](https://c.org/a)"),
        ("[here]: <{{% param Canonical_URL %}}>", "[here]: <https://c.org/a>"),
        ("{{< param chat >}}", "https://chat"),
        ("[o]({{< ref \"blog/other.md\" >}}#f)", "[o](https://x.org/blog/other-slug/#f)"),
        ("[o]({{< relref path=\"other\" lang=\"en\" >}})", "[o](https://x.org/blog/other-slug/)"),
        ("[o](../other.md)", "[o](https://x.org/blog/other-slug/)"),
        ("![](x.png) ![](./x.png)", "![](https://x.org/blog/a/x.png) ![](https://x.org/blog/a/x.png)"),
        ("[r](/docs/x) [s](//h/p)", "[r](https://x.org/docs/x) [s](https://h/p)"),
        ("<img src=x.png>", "<img src=https://x.org/blog/a/x.png>"),
        ("[a]: /docs/x\n[^1]: /foot", "[a]: https://x.org/docs/x\n[^1]: /foot"),
        ("{{% alert title=\"Mind\" %}}\nkept\n{{% /alert %}}", "**Mind**\n\n\nkept"),
        ("a{{% comment %}}gone{{% /comment %}}b", "ab"),
        (
            "{{< figure src=\"x.png\" attrlink=`https://x/?a=b` attr=\"A\" caption=\"C\" >}} `code`",
            "![C](<https://x.org/blog/a/x.png>)<br>C [A](<https://x/?a=b>) `code`",
        ),
        ("{{< youtube abc_1 >}}", "<https://www.youtube.com/watch?v=abc_1>"),
        ("`{{< x >}}` and ```{{% y %}}```", "`{{< x >}}` and ```{{% y %}}```"),
        ("```\n{{</* x */>}}\n```", "```\n{{< x >}}\n```"),
        ("{{</* x */>}}", "&#123;&#123;&lt; x &gt;}}"),
        ("{{< unknown\n  a=\"b\"\n>}}inner{{< /unknown >}}", "inner"),
        ("{{< highlight go >}}\na ``` b\n{{< /highlight >}}", "````go\na ``` b\n````"),
        ("## H {#id}\n\np\n{.c}\n\n<!--more-->", "## H\n\np"),
        ("> [!NOTE]\n> a", "> **Note**\n>\n> a"),
        ("a {{ .Site }} b", "a &#123;&#123; .Site }} b"),
        ("{{< broken \"a", "&#123;&#123;< broken \"a"),
    ] {
        assert_eq!(markdown(&hugo(body)), expected, "{body}");
    }
}

#[test]
fn hugo_posts() {
    let entry = hugo("![](x.png)");
    assert_eq!(entry.link.as_deref(), Some("https://x.org/blog/a/"));
    assert_eq!(entry.unreferenced_files, ["content/blog/a/y.pdf"]);
    assert_eq!(entry.translation_key.as_deref(), Some("blog/a"));

    let files = [
        HUGO,
        ("content/blog/a.md", "---\ntitle: T\ndate: 2024-05-03\n---\n"),
        ("content/blog/a.pl.md", "---\nTitle: T2\nDATE: 2024-05-03\n---\n"),
        ("content/about.md", "---\ntitle: A\n---\n"),
    ];
    let entry = read(&files, "content/blog/a.pl.md");
    assert_eq!((entry.language.as_deref(), entry.translation_key.as_deref()), (Some("pl"), Some("blog/a")));
    assert_eq!(entry.link.as_deref(), Some("https://x.org/pl/blog/a/"));
    assert_eq!(entry.title.as_deref(), Some("T2"));
    assert_eq!(read(&files, "content/about.md").published, None);
}

fn jekyll(front: &str, body: &str) -> ParsedEntry {
    let config = (
        "_config.yml",
        "url: https://x.org\nbaseurl: /b\npermalink: pretty\ndefaults:\n  - scope: {path: '', type: posts}\n    values: {author: D}\n",
    );
    let post = format!("---\ntitle: T\nimage: /i.png\n{front}---\n{body}");
    let files = [
        config,
        ("_posts/2024-05-03-A-b.md", post.as_str()),
        ("_posts/2024-05-04-c.md", "---\ntitle: C\n---\n"),
        ("_drafts/d.md", "---\ntitle: D\n---\n"),
        ("_posts/06-06-x.md", "---\n---\n"),
    ];
    let (_folder, tree) = tree(&files);
    let named = |name: &str| {
        tree.files().iter().find(|file| file.path.ends_with(name)).map(|file| tree.read(file)).expect("a post")
    };
    assert!(named("d.md").is_draft && named("06-06-x.md").unpublished_reason.is_some());
    named("A-b.md")
}

#[test]
fn jekyll_bodies() {
    for (body, expected) in [
        ("[x]({{ site.baseurl }}/y)", "[x](https://x.org/b/y)"),
        ("[x]({{ '/y' | relative_url }})", "[x](https://x.org/b/y)"),
        ("[x]({{site.url}}{{site.baseurl}}/y)", "[x](https://x.org/b/y)"),
        ("<img src=\"{{ page.image }}\">", "<img src=\"https://x.org/i.png\">"),
        ("[c]({% post_url 2024-05-04-c %})", "[c](https://x.org/b/2024/05/04/c/)"),
        ("[c]({% link _posts/2024-05-04-c.md %})", "[c](https://x.org/b/2024/05/04/c/)"),
        ("`{% raw %}{{.State}}{% endraw %}`", "`{{.State}}`"),
        ("{% raw %}\n```\n{{ a }}\n```\n{% endraw %}", "```\n{{ a }}\n```"),
        ("{% raw %}{{ a }}{% endraw %}", "&#123;&#123; a }}"),
        ("{% highlight ruby linenos %}\nputs {{ 1 }}\n{% endhighlight %}", "```ruby\nputs {{ 1 }}\n```"),
        ("a{% comment %} b {% endcomment %}c", "ac"),
        ("{% include figure.html src=\"/x.png\" alt=\"A\" %}", "![A](<https://x.org/x.png>)"),
        ("{% if a %}kept{% endif %}", "kept"),
        ("{% t key %}{{ site.time | date: '%s' }}", ""),
        ("strftime `%a{ \"%b\"{`", "strftime `%a{ \"%b\"{`"),
        ("[a](b){:target=\"_blank\"}\n{:.c}", "[a](https://x.org/b/2024/05/03/A-b/b)"),
    ] {
        assert_eq!(markdown(&jekyll("", body)), expected, "{body}");
    }
}

#[test]
fn jekyll_fields() {
    let entry = jekyll("date: 2020-03-01 09:15-:00+09:15\ntags: a b\ncategory: One Name\n", "");
    assert!(matches!(entry.published, Some(ParsedDate::Exact(EntryDate::Local(_)))));
    assert_eq!(entry.remarks.len(), 1, "{:?}", entry.remarks);
    assert_eq!(terms(&entry), ["One Name", "a", "b"]);
    assert_eq!(entry.authors.first().map(|author| author.name.as_str()), Some("D"));
    assert_eq!(entry.image.and_then(|image| image.url).as_deref(), Some("https://x.org/i.png"));
    let entry = jekyll("published: false\ndate: soon\n", "");
    assert!(entry.is_draft);
    assert_eq!(entry.published, chrono::NaiveDate::from_ymd_opt(2024, 5, 3).map(|day| EntryDate::Day(day).into()));
    assert_eq!(entry.link.as_deref(), Some("https://x.org/b/2024/05/03/A-b/"));
}

#[test]
fn zola_posts() {
    let config = ("config.toml", "base_url = 'https://x.org'\n[languages.pl]\n");
    let post = "+++\ntitle = 'T'\npath = '2024/01/31/t'\nauthors = ['A']\n[taxonomies]\ntags = ['x']\n[extra]\nimage = '/i.png'\n+++\n[b](@/blog/2024-02-01-B_b.md) {{ youtube(id=\"y\") }} {% quote(author=\"a\") %}q{% end %}\n";
    let files = [
        config,
        ("content/blog/a.md", post),
        ("content/blog/2024-02-01-B_b.md", "+++\ntitle = 'B'\n+++\n"),
        ("content/blog/_index.md", "+++\n+++\n"),
        ("content/blog/b/index.md", "no front matter"),
    ];
    let entry = read(&files, "content/blog/a.md");
    assert_eq!(entry.link.as_deref(), Some("https://x.org/2024/01/31/t/"));
    assert_eq!(entry.published, chrono::NaiveDate::from_ymd_opt(2024, 1, 31).map(|day| EntryDate::Day(day).into()));
    assert_eq!(terms(&entry), ["x"]);
    assert_eq!(markdown(&entry), "[b](https://x.org/blog/b-b/) <https://www.youtube.com/watch?v=y> q");
    assert!(read(&files, "content/blog/b/index.md").unpublished_reason.is_some());
}

#[test]
fn docusaurus_and_mdx_are_refused() {
    let post = "---\ntitle: T\n---\n";
    for files in [&[("docusaurus.config.js", ""), ("blog/a.md", post)][..], &[("a.mdx", post), ("b/c.MDX", post)]] {
        let folder = folder(files);
        let error = Tree::open(folder.path(), &[], &HOME.parse().expect("an address"), None).expect_err("an error");
        assert!(["Hugo", "Jekyll", "Zola"].iter().all(|name| error.message.contains(name)), "{error:?}");
    }
    let mixed = [("a.mdx", post), ("b.md", post)];
    assert!(read(&mixed, "a.mdx").skip_reason.is_some() && read(&mixed, "b.md").skip_reason.is_none());
}

#[test]
fn plain_folders() {
    let files = [
        ("pl/a.md", "---\ntitle: A\n---\n[x](b.md) ![](p.png)\n"),
        ("en/a.md", "# E\n"),
        ("README.md", "r"),
        ("node_modules/x.md", "n"),
        (".h/x.md", "h"),
    ];
    let (_folder, tree) = tree(&files);
    assert_eq!(tree.files().iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["en/a.md", "pl/a.md"]);
    let entry = tree.read(&tree.files()[1]);
    assert_eq!((entry.language.as_deref(), entry.translation_key.as_deref()), (Some("pl"), Some("a")));
    assert_eq!(markdown(&entry), "[x](https://home.example/a/b.md) ![](https://home.example/a/p.png)");
}

/// The signs of templates in a text, outside its code.
fn left(text: &str) -> Option<&'static str> {
    let code = CodeSpans::find(text, CodeScope::All);
    ["{{", "{%"]
        .into_iter()
        .find(|sign| text.match_indices(sign).any(|(at, _)| !code.contains(at)) && !is_too_deep(text))
}

fn trees() -> Vec<(tempfile::TempDir, Tree)> {
    let post = "---\ntitle: T\ndate: 2024-05-03\n---\n";
    vec![
        tree(&[HUGO, ("content/a.md", post)]),
        tree(&[("_config.yml", "url: https://x.org\n"), ("_posts/2024-01-01-a.md", post)]),
        tree(&[("config.toml", "base_url = 'https://x.org'"), ("content/a.md", post)]),
        tree(&[("a.md", post)]),
    ]
}

/// Pieces of which odd texts are made.
fn odd() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{{<", "{{%", ">}}", "%}}", "{{", "}}", "{%", "%}", "{", "}", "`", "```", "\n", "\n\n", "    ", "\t", " ",
        "~~~\n", "x", "raw", "endraw", "highlight", "/highlight", "comment", "/*", "*/", "\"", "'", "figure src=",
        "a.png", "](", "[", "]", ")", "<", ">", "<a href=", "<!--", "-->", ":::", ":::note", "> ", "> [!NOTE]",
        "[a]: ", "//h", "/r", ".md", "@/", "é", "ノ", "\u{c}", "---\n", "+++\n", "title: ", "date: ", "- ", "[", ": ",
        "&a ", "*a", "end", "youtube(id=\"a\")", "<Tabs", "={", "import x from 'y'", "#", "{:", "{.c}", "|", "param",
        "ref", "include", "\r\n", "\u{feff}", "author: ", "tags: ",
    ]);
    prop::collection::vec(prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => any::<String>()], 0..60)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_post_parses(front in odd(), body in odd()) {
        thread_local!(static TREES: Vec<(tempfile::TempDir, Tree)> = trees());
        TREES.with(|trees| {
            for (folder, tree) in trees {
                let file = &tree.files()[0];
                for text in [format!("---\n{front}\n---\n{body}"), format!("+++\n{front}\n+++\n{body}"), front.clone() + &body] {
                    fs::write(folder.path().join(&file.path), &text).expect("a file");
                    let entry = tree.read(file);
                    prop_assert_eq!(left(markdown(&entry)), None, "{:?} gave {:?}", &text, &entry.body);
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn parsing_takes_linear_time() {
    let trees = trees();
    let pieces = [
        "{{< ", "{{% a ", "{% ", "{{ ", "{{<a \"", "{% raw %}", "{% highlight %}", "{{< comment >}}", "](", "[a](",
        "<a href=\"", "{.a}x", "{: ", ":::a\n", ":::\n", "<!-- ", "`a ``", "<Tabs a='", "[a]: b ", "> [!N]",
        "import a '\n", "a: &a [*a]\n", "- ", "[", "{a={", "*a", "é](é", "{{< ref a >}}", "{% comment %}", "<x y={",
    ];
    for piece in pieces {
        let body = piece.repeat(200_000 / piece.len());
        for (folder, tree) in &trees {
            let file = &tree.files()[0];
            for text in [format!("---\ntitle: T\ndate: 2024-01-01\n---\n{body}"), format!("---\n{body}\n---\n")] {
                fs::write(folder.path().join(&file.path), text).expect("a file");
                let start = std::time::Instant::now();
                let _found = tree.read(file);
                let taken = start.elapsed();
                assert!(taken < std::time::Duration::from_secs(8), "{piece:?} in {:?} took {taken:?}", tree.site.kind);
                if taken.as_millis() > 700 {
                    eprintln!("{piece:?} in {:?} took {taken:?}", tree.site.kind);
                }
            }
        }
    }
}
