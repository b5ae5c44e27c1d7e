//! `tidings ping`: tells the hub of the feeds that a build changed, or of those that are named.

use std::collections::BTreeSet;

use crate::common::Site;
use crate::loopback_hub::{Hub, Mode};
use crate::server::{BASE, put_story, run, site};

const NAMED: [&str; 2] = ["https://feeds.example.org/en/all.atom.xml", "https://feeds.example.org/fr/research.json"];

fn site_with_hub(hub: &Hub) -> Site {
    let site = site(&format!("hub = \"{}\"", hub.url), "");
    for name in ["a", "b"] {
        put_story(&site, name, &format!("Story {name}"), &["en", "fr"]);
    }
    site
}

fn topics(urls: &[&str]) -> BTreeSet<String> {
    urls.iter().map(|url| (*url).to_owned()).collect()
}

/// Builds, and notifies the hub of what changed. Returns how many documents changed, and how many feeds the hub was told of.
fn build_and_ping(site: &Site, hub: &Hub) -> (usize, usize) {
    hub.forget();
    let (status, built, stderr) = run(site, "build", &["--format", "json"], "");
    assert_eq!(status, 0, "{stderr}");
    let (status, stdout, stderr) = run(site, "ping", &[""; 0], &built);
    assert_eq!(status, 0, "{stderr}");
    let built: serde_json::Value = serde_json::from_str(&built).unwrap();
    let urls: Vec<&str> = built["changed_urls"].as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    let is_feed = |url: &&&str| [".atom.xml", ".rss.xml", ".json"].iter().any(|end| url.ends_with(end));
    let feeds: BTreeSet<String> = urls.iter().filter(is_feed).map(|url| (*url).to_owned()).collect();
    hub.assert_pings(&feeds);
    assert!(stdout.contains(&format!("{} feed", feeds.len())), "{stdout}");
    (urls.len(), feeds.len())
}

#[test]
fn the_hub_is_told_of_the_feeds_that_a_build_changed() {
    let hub = Hub::new();
    let site = site_with_hub(&hub);
    let (documents, told) = build_and_ping(&site, &hub);
    assert!(told == 27 && documents > told, "{told} of {documents}");
    put_story(&site, "a", "Changed", &["fr"]);
    let (_, told) = build_and_ping(&site, &hub);
    assert!(0 < told && told < 27, "{told}");
    assert_eq!(build_and_ping(&site, &hub), (0, 0), "a build that changed nothing");
}

#[test]
fn the_hub_is_told_of_the_feeds_that_are_named() {
    let hub = Hub::new();
    let site = site_with_hub(&hub);
    let (status, stdout, stderr) = run(&site, "ping", &NAMED, "");
    assert_eq!((status, &*stdout), (0, "the hub was notified of 2 feeds\n"), "{stderr}");
    hub.assert_pings(&topics(&NAMED));
    // A feed that the hub refuses is named, and sent once; the others are sent.
    hub.forget();
    hub.state().rejected = topics(&NAMED[..1]);
    let (status, _, stderr) = run(&site, "ping", &NAMED, "");
    assert!(status == 1 && stderr.contains(NAMED[0]) && !stderr.contains(NAMED[1]), "exit {status}: {stderr}");
    hub.assert_pings(&topics(&NAMED[1..]));
    assert_eq!(hub.state().rejections, NAMED[..1]);
    // What is no feed of the site is not sent.
    hub.forget();
    let other = format!("{BASE}en/");
    let (status, _, stderr) = run(&site, "ping", &[&other], "");
    assert!(status == 2 && stderr.contains(&other), "exit {status}: {stderr}");
    hub.assert_pings(&BTreeSet::new());
}

#[test]
fn no_hub_is_a_failure() {
    let (status, _, stderr) = run(&site("", ""), "ping", &NAMED, "");
    assert!(status == 2 && stderr.contains("no hub is configured"), "exit {status}: {stderr}");
}

/// Both wait for the pauses between attempts, so they run at once.
#[test]
fn a_hub_that_is_gone_or_has_moved_is_tried_again_and_is_a_failure() {
    let (gone, moved) = (Hub::closed(), Hub::new());
    moved.set_mode(Mode::Moved);
    let (site_of_gone, site_of_moved) = (site_with_hub(&gone), site_with_hub(&moved));
    let (of_gone, of_moved) = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(&site_of_moved, "ping", &NAMED, ""));
        (run(&site_of_gone, "ping", &NAMED, ""), other.join().unwrap())
    });
    let (status, _, stderr) = of_gone;
    let expected = format!("the hub {} could not be notified of {}", gone.url, NAMED[0]);
    assert!(status == 3 && stderr.contains(&expected) && stderr.contains("(2 of 2 left)"), "exit {status}: {stderr}");
    let (status, _, stderr) = of_moved;
    let expected = format!("it has moved to {}elsewhere", moved.url);
    assert!(status == 3 && stderr.contains(&expected), "exit {status}: {stderr}");
    let attempts = moved.state().moved;
    // Three in all, not for each feed, and none at the new address.
    assert_eq!((attempts, moved.counts().len()), (3, 0));
}

/// A hub that turns the first attempt away is told by the next one.
#[test]
fn a_hub_that_is_back_soon_is_told() {
    let hub = Hub::new();
    hub.set_mode(Mode::TurningAway);
    let site = site_with_hub(&hub);
    let (status, _, stderr) = std::thread::scope(|scope| {
        let ping = scope.spawn(|| run(&site, "ping", &NAMED, ""));
        crate::server::wait_until("an attempt", || hub.state().turned_away > 0);
        hub.set_mode(Mode::Accepting);
        ping.join().unwrap()
    });
    assert_eq!(status, 0, "{stderr}");
    hub.assert_pings(&topics(&NAMED));
}
