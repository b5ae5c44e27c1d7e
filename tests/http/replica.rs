//! A replica serves what another process publishes, byte for byte and field for field as a server of the store would.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::client::Response;
use crate::common::Site;
use crate::server::{FEED, Served, put, put_story, put_story_on, run, serve_command, site, wait_until};

/// A command that serves the output of a site, from a folder of its own with the same configuration.
fn replica_of(site: &Site, own: &Site) -> Command {
    let mut command = serve_command(own);
    command.arg("--from").arg(site.path("public"));
    command.env("CACHE_DIRECTORY", own.path("cache"));
    command
}

/// A replica of a site in a folder of its own.
fn replicate(site: &Site) -> Served {
    let own = configured_as(site);
    let command = replica_of(site, &own);
    Served::by(own, command)
}

/// A folder with the configuration of a site and no store.
fn configured_as(site: &Site) -> Site {
    let own = Site::empty();
    own.write("tidings.toml", site.read("tidings.toml"));
    own
}

fn build(site: &Site, more: &[&str]) {
    let (status, _, stderr) = run(site, "build", more, "");
    assert_eq!(status, 0, "{stderr}");
}

/// A site with every kind of document.
fn varied() -> Site {
    let site = site("hub = \"https://hub.example.org/\"\narchives = \"month\"", "[redirects]\n\"old.html\" = \"en/\"");
    let config = site.read("tidings.toml").replace("limit = 50", "limit = 2");
    let config = config.replace("home_page = ", "page_size = 2\nhome_page = ");
    site.write("tidings.toml", config);
    for (number, month) in ["01", "02", "02", "02", "03", "04"].iter().enumerate() {
        put_story(&site, &format!("2020/{number}"), &format!("Story {number}"), &["en", "fr"]);
        let story = site.read(&format!("stories/2020/{number}.toml"));
        put(&site, &format!("stories/2020/{number}.toml"), &story.replace("2020-01-01", &format!("2020-{month}-01")));
    }
    put_story_on(&site, "children", "gone", "Gone", &["en"]);
    let story = site.read("stories/gone.toml").replace("topics", "withdrawn = { on = 2020-02-01 }\ntopics");
    put(&site, "stories/gone.toml", &story);
    site
}

/// Writes a story that every feed shows first.
fn put_newest(site: &Site, id: &str, title: &str) {
    put_story(site, id, title, &["en"]);
    let story = site.read(&format!("stories/{id}.toml")).replace("2020-01-01", &format!("{id}-01-01"));
    put(site, &format!("stories/{id}.toml"), &story);
}

/// The paths of the documents in an output, without those that static hosts alone need.
fn documents(site: &Site) -> BTreeSet<String> {
    let files = site.files("public").into_iter();
    files
        .filter(|path| {
            path != ".tidings"
                && path != "old.html"
                && !path.ends_with(".gz")
                && !path.ends_with(".br")
                && !path.ends_with(".zst")
        })
        .collect()
}

/// What two servers have in common: all but the dates. Tags are compared by their values.
fn comparable(response: &Response) -> (String, Option<&str>, &[u8]) {
    let head: String =
        response.head().lines().filter(|line| *line != "last-modified").map(|line| format!("{line}\n")).collect();
    (head, response.field("etag"), &response.body)
}

#[test]
fn it_answers_as_a_server_of_the_store_does() {
    let site = varied();
    build(&site, &["--compress"]);
    let replica = replicate(&site);
    let documents = documents(&site);
    assert!(documents.len() > 80, "{documents:?}");
    let server = Served::new(site);
    let requests = documents.iter().map(|path| format!("/{path}"));
    let others =
        ["/", "/en", "/en/", "/old.html", "/en/stories/", "/none", "/fr/none", "/favicon.ico", "/en/all.json.gz"];
    for path in requests.chain(others.map(str::to_owned)) {
        for fields in ["", "accept-encoding: br\r\n", "accept-encoding: gzip\r\n"] {
            let [mine, theirs] = [&replica, &server].map(|served| served.request("GET", &path, fields));
            assert_eq!(comparable(&mine), comparable(&theirs), "{path} {fields}");
        }
        let tag = server.get(&path).field("etag").map(str::to_owned);
        if let Some(tag) = tag {
            let fields = format!("if-none-match: {tag}\r\n");
            let [mine, theirs] = [&replica, &server].map(|served| served.request("GET", &path, &fields));
            assert_eq!(comparable(&mine), comparable(&theirs), "{path} {fields}");
        }
    }
    assert_eq!(replica.get("/en/stories/gone/").status, 410);
    for hidden in ["/.tidings", "/.tidings-pending", "/.tidings-unfinished/announced"] {
        assert_eq!(replica.get(hidden).status, 404, "{hidden}");
    }
    let status = replica.ask_admin("/status").text();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["stories"], &status["translations"]), (&6.into(), &12.into()), "{status}");
    assert!(status["is_current"] == true && status["source"]["age_seconds"].is_i64(), "{status}");
}

#[test]
fn it_follows_what_is_built() {
    let site = varied();
    build(&site, &[]);
    let replica = replicate(&site);
    let page = "/en/stories/2020/1/";
    assert!(replica.get(page).text().contains("Story 1"));
    put_story(&site, "2020/1", "Changed", &["en"]);
    build(&site, &[]);
    wait_until("the change is served", || {
        replica.get("/en/all.json").text().contains("Changed") || replica.get("/en/2020-01/").text().contains("Changed")
    });
    assert!(replica.get(page).text().contains("Changed"));
    assert_eq!(replica.get("/fr/stories/2020/1/").status, 404);
    // A new configuration is read on demand, and with it the fields of all responses.
    let config = replica.site.read("tidings.toml").replace("[server]", "[server]\nmax_age = 7");
    put(&replica.site, "tidings.toml", &config);
    rustix::process::kill_process(rustix::process::Pid::from_raw(replica.id() as i32).unwrap(), Signal::HUP).unwrap();
    let age = |path: &str| replica.get(path).field("cache-control").unwrap_or_default().contains("max-age=7,");
    wait_until("the configuration is read", || age(FEED));
    assert!(age(page));
}

/// A replica says when a document was written, and does so only once no second version can have the same date.
#[test]
fn it_has_the_dates_of_the_files_and_no_deltas() {
    let site = varied();
    build(&site, &[]);
    let file = site.path("public/en/all.atom.xml");
    let written = SystemTime::now() - Duration::from_secs(1000);
    fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
    let replica = replicate(&site);
    let date = httpdate::fmt_http_date(written);
    let first = replica.get(FEED);
    assert_eq!(first.field("last-modified"), Some(&*date));
    let since = format!("if-modified-since: {date}\r\n");
    assert_eq!(replica.request("GET", FEED, &since).status, 304);
    let asked = replica.request("GET", FEED, "a-im: feed\r\n");
    assert_eq!((asked.status, asked.field("etag"), &asked.body), (200, first.field("etag"), &first.body));
    // The next version has the same date.
    put_newest(&site, "2021", "Fresh");
    build(&site, &[]);
    fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
    wait_until("the change is served", || replica.shows("Fresh"));
    let second = replica.get(FEED);
    if second.field("last-modified").is_some_and(|modified| modified == date) {
        panic!("two versions have one date");
    }
    // A file that was just written has none at first. The poll that finds it comes within a second.
    put_newest(&site, "2022", "Newest");
    build(&site, &[]);
    wait_until("the change is served", || replica.shows("Newest"));
    let modified = httpdate::fmt_http_date(fs::metadata(&file).unwrap().modified().unwrap());
    assert!(replica.request("GET", FEED, &format!("if-modified-since: {modified}\r\n")).status == 200);
    wait_until("its date is known", || replica.get(FEED).field("last-modified") == Some(&modified));
    assert_eq!(replica.request("GET", FEED, &format!("if-modified-since: {modified}\r\n")).status, 304);
}

#[test]
fn it_is_not_ready_before_there_is_a_whole_publication() {
    let site = varied();
    let replica = replicate(&site);
    let is_unready = |reason: &str| {
        let ready = replica.ask_admin("/readyz");
        ready.status == 503 && ready.text().contains(reason)
    };
    assert!(is_unready("no manifest"), "{}", replica.ask_admin("/readyz").text());
    let response = replica.get(FEED);
    assert_eq!((response.status, response.field("retry-after")), (503, Some("1")));
    assert_eq!(replica.ask_admin("/healthz").status, 200);
    // A document of the next publication is there already.
    build(&site, &["--output", &site.path("made").display().to_string()]);
    let feed = site.read("made/en/all.atom.xml");
    site.write("made/en/all.atom.xml", feed.replace("Story", "Next story"));
    fs::rename(site.path("made"), site.path("public")).unwrap();
    wait_until("it sees a mixture", || is_unready("being replaced"));
    assert_eq!(replica.get(FEED).status, 503);
    site.write("public/en/all.atom.xml", feed);
    wait_until("it is ready", || replica.ask_admin("/readyz").status == 200);
    assert!(replica.shows("Story") && !replica.shows("Next story"));
    assert!(replica.ask_admin("/readyz").text().starts_with("ready, with what the source had "));
}

/// Makes an output that is not whole: its manifest is the new one, a feed is of yet another publication.
fn tear(output: &Path) {
    let feed = output.join("en/all.atom.xml");
    let text = fs::read_to_string(&feed).unwrap();
    fs::write(feed, text + "<!-- later -->").unwrap();
}

#[test]
fn the_last_whole_publication_stays() {
    let site = varied();
    build(&site, &[]);
    let replica = replicate(&site);
    let (feed, listing) = (replica.get(FEED), replica.get("/en/"));
    let unread = "/en/stories/2020/3/";
    put_newest(&site, "2022", "Fresh");
    let made = site.path("made").display().to_string();
    build(&site, &["--output", &made]);
    tear(&site.path("made"));
    fs::rename(site.path("public"), site.path("before")).unwrap();
    fs::rename(site.path("made"), site.path("public")).unwrap();
    wait_until("it sees a mixture", || replica.ask_admin("/readyz").text().contains("being replaced"));
    assert_eq!(replica.ask_admin("/readyz").status, 200);
    assert!(replica.ask_admin("/status").text().contains("being replaced"));
    assert_eq!((replica.get(FEED).body, replica.get("/en/").body), (feed.body.clone(), listing.body));
    // A page that is as the manifest says is served also while others are replaced.
    assert_eq!(replica.get(unread).status, 200);
    // Then the source is away.
    fs::rename(site.path("public"), site.path("torn")).unwrap();
    wait_until("it sees nothing", || replica.ask_admin("/readyz").text().contains("no manifest"));
    assert_eq!(replica.get(FEED).body, feed.body);
    let absent = replica.get("/en/stories/2020/4/");
    assert_eq!((absent.status, absent.field("retry-after")), (503, Some("1")));
    fs::rename(site.path("before"), site.path("public")).unwrap();
    wait_until("it is current", || replica.ask_admin("/status").text().contains("\"is_current\": true"));
    assert_eq!(replica.get("/en/stories/2020/4/").status, 200);
    assert!(!replica.ask_admin("/status").text().contains("no manifest"));
}

#[test]
fn it_starts_from_its_copy_while_the_source_is_away() {
    let site = varied();
    build(&site, &[]);
    let mut first = replicate(&site);
    let (tag, body) = (first.get(FEED).tag().to_owned(), first.get("/en/").body);
    first.stop(Signal::TERM);
    fs::rename(site.path("public"), site.path("away")).unwrap();
    let own = configured_as(&site);
    fs::create_dir(own.path("cache")).unwrap();
    for entry in fs::read_dir(first.site.path("cache")).unwrap().map(Result::unwrap) {
        fs::rename(entry.path(), own.path("cache").join(entry.file_name())).unwrap();
    }
    let command = replica_of(&site, &own);
    let second = Served::by(own, command);
    assert_eq!((second.get(FEED).tag(), second.get("/en/").body), (tag.as_str(), body));
    let ready = second.ask_admin("/readyz");
    assert!(ready.status == 200 && ready.text().contains("no manifest"), "{}", ready.text());
    assert!(second.ask_admin("/status").text().contains("\"is_current\": false"));
    // It is back, with something new.
    put_newest(&site, "2022", "Fresh");
    build(&site, &["--output", &site.path("away").display().to_string()]);
    fs::rename(site.path("away"), site.path("public")).unwrap();
    wait_until("the new publication is served", || second.shows("Fresh"));
    wait_until("it is current", || second.ask_admin("/status").text().contains("\"is_current\": true"));
}

#[test]
fn what_the_configuration_does_not_name_is_told() {
    let site = varied();
    build(&site, &[]);
    let own = configured_as(&site);
    let config = own.read("tidings.toml").replace("[topics.children]", "");
    own.write("tidings.toml", config);
    let command = replica_of(&site, &own);
    let replica = Served::by(own, command);
    assert_eq!((replica.get("/en/children.json").status, replica.get("/en/research.json").status), (404, 200));
    let log = replica.log();
    assert!(log.contains("`en/children.atom.xml`") && log.contains("more belong to no language, topic"), "{log}");
}

#[test]
fn another_scheme_is_wrong_usage() {
    let site = site("", "");
    let (status, _, stderr) = run(&site, "serve", &["--from", "https://news.example.org/feeds/"], "");
    assert!(status == 2 && stderr.contains("https://") && stderr.contains("help"), "{status}: {stderr}");
    let (status, _, stderr) = run(&site, "serve", &["--from", "public", "--preview"], "");
    assert_eq!(status, 2, "{stderr}");
}
