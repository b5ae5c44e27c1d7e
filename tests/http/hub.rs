//! The hub is told of each feed that changed and of no other, whatever state it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::admin::metrics;
use crate::client::Connection;
use crate::loopback_hub::{Hub, Mode};
use crate::server::{BASE, Served, SetOnDrop, put_story, put_story_on, site, wait_until};

const BOTH: &[&str] = &["en", "fr"];
const ENDS: [&str; 3] = [".atom.xml", ".rss.xml", ".json"];

/// A site whose server notifies a hub, and its hub.
struct Site {
    served: Served,
    hub: Hub,
}

impl Site {
    fn new(hub: Hub) -> Site {
        let site = site(&format!("hub = \"{}\"", hub.url), "");
        put_story(&site, "a", "As it was", BOTH);
        put_story_on(&site, "children", "b", "Always the same", BOTH);
        put_story(&site, "c", "French", &["fr"]);
        let served = Served::new(site);
        hub.read_from(served.address);
        Site { served, hub }
    }

    /// Every feed's body, by its topic.
    fn feeds(&self) -> BTreeMap<String, Vec<u8>> {
        let mut feeds = BTreeMap::new();
        for language in ["en", "fr", "mul"] {
            for scope in ["all", "research", "children"] {
                for end in ENDS {
                    let path = format!("{language}/{scope}{end}");
                    let response = self.served.get(&format!("/{path}"));
                    assert_eq!(response.status, 200, "{path}");
                    feeds.insert(format!("{BASE}{path}"), response.body);
                }
            }
        }
        feeds
    }

    /// Changes a story, and waits until the change is served.
    fn change(&self, name: &str, title: &str, languages: &[&str]) {
        put_story(&self.served.site, name, title, languages);
        wait_until(&format!("{title} is served"), || self.served.get("/mul/all.atom.xml").text().contains(title));
    }

    /// The feeds that differ from earlier ones, and all feeds.
    fn changed_since(&self, before: &BTreeMap<String, Vec<u8>>) -> (BTreeSet<String>, BTreeMap<String, Vec<u8>>) {
        let after = self.feeds();
        let topics: BTreeSet<String> =
            after.iter().filter(|(topic, body)| before[*topic] != **body).map(|(topic, _)| topic.clone()).collect();
        assert!(!topics.is_empty() && topics.len() < after.len(), "{} feeds changed", topics.len());
        (topics, after)
    }

    fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        metrics(&self.served).sum(name, labels)
    }

    /// Waits until the hub has been told of everything.
    fn wait_until_told(&self, topics: &BTreeSet<String>) {
        self.hub.wait_for(topics);
        wait_until("nothing waits for the hub", || self.metric("tidings_hub_pending", &[]) == 0.0);
    }
}

#[test]
fn it_is_told_once_of_each_changed_feed_and_of_no_other() {
    let site = Site::new(Hub::new());
    let before = site.feeds();
    // Whatever else is sent comes before this: nobody is told of anything at the start.
    site.change("a", "Changed", BOTH);
    let (topics, now) = site.changed_since(&before);
    site.wait_until_told(&topics);
    site.hub.assert_pings(&topics);
    site.hub.assert_served(&now);
    let told = topics.len();
    // A story that is written again as it was is no change. It is read at the latest with the next one, about other feeds.
    site.hub.forget();
    put_story(&site.served.site, "a", "Changed", BOTH);
    put_story_on(&site.served.site, "children", "d", "Another", &["fr"]);
    wait_until("the other is served", || site.served.get("/fr/all.json").text().contains("Another"));
    let (topics, now) = site.changed_since(&now);
    assert!(topics.iter().all(|topic| !topic.contains("research")), "{topics:?}");
    site.wait_until_told(&topics);
    site.hub.assert_pings(&topics);
    site.hub.assert_served(&now);
    let accepted = || site.metric("tidings_hub_pings_total", &[("outcome", "accepted")]);
    wait_until("each ping is counted", || accepted() == (told + topics.len()) as f64);
    assert_eq!(site.metric("tidings_hub_pings_total", &[("outcome", "failed")]), 0.0);
}

#[test]
fn a_hub_that_was_down_is_told_of_all_changes_when_it_is_back() {
    let site = Site::new(Hub::closed());
    let failed = || site.metric("tidings_hub_pings_total", &[("outcome", "failed")]);
    let before = site.feeds();
    site.change("a", "While closed", &["en"]);
    wait_until("the hub is missed", || failed() >= 1.0);
    site.hub.set_mode(Mode::TurningAway);
    site.hub.open();
    wait_until("the server tries again", || site.hub.state().turned_away > 0);
    // These are in French, so that the feeds in English are told of only if what failed is kept.
    site.change("c", "While turned away", &["fr"]);
    site.change("d", "While turned away again", &["fr"]);
    let (topics, now) = site.changed_since(&before);
    assert!(topics.iter().any(|topic| topic.contains("/en/")), "{topics:?}");
    assert!(site.served.log().contains("could not be notified"), "{}", site.served.log());
    site.hub.set_mode(Mode::Accepting);
    site.wait_until_told(&topics);
    site.hub.assert_pings(&topics);
    site.hub.assert_served(&now);
}

#[test]
fn what_a_server_could_not_tell_is_told_by_the_next() {
    const PENDING: &str = "public/.tidings-pending";
    let hub = Hub::closed();
    let site_with_output = || {
        let site = site(&format!("hub = \"{}\"", hub.url), "");
        put_story(&site, "a", "As it was", BOTH);
        put_story_on(&site, "children", "b", "Always the same", BOTH);
        fs::create_dir(site.path("public")).unwrap();
        site
    };
    let mut first = Served::new(site_with_output());
    put_story(&first.site, "a", "Told late", &["en"]);
    first.wait_to_show("Told late");
    let failed = || metrics(&first).sum("tidings_hub_pings_total", &[("outcome", "failed")]);
    wait_until("the hub is missed", || failed() >= 1.0);
    first.signal(Signal::TERM);
    first.assert_ends();
    let pending = first.site.read(PENDING);
    let topics: BTreeSet<String> =
        pending.lines().filter_map(|line| line.strip_prefix("topic\t")).map(str::to_owned).collect();
    assert!(topics.contains(&format!("{BASE}en/all.json")), "{pending}");
    assert!(!topics.iter().any(|topic| topic.contains("children")), "{pending}");
    let next = site_with_output();
    next.write(PENDING, pending);
    let next = Served::new(next);
    assert!(!next.log().contains("is forgotten when this server stops"), "{}", next.log());
    hub.open();
    hub.wait_for(&topics);
    wait_until("nothing is pending", || !next.site.path(PENDING).exists());
    assert_eq!(next.get("/.tidings-pending").status, 404);
    let told: BTreeSet<String> = hub.state().pings.iter().map(|(topic, _)| topic.clone()).collect();
    assert_eq!(told, topics);
    // Without a place for it, that is said.
    let without = site(&format!("hub = \"{}\"", hub.url), "");
    assert!(Served::new(without).log().contains("is forgotten when this server stops"));
}

#[test]
fn a_hub_that_refuses_a_feed_is_told_of_the_others() {
    let site = Site::new(Hub::new());
    let before = site.feeds();
    let refused = format!("{BASE}en/all.atom.xml");
    site.hub.state().rejected.insert(refused.clone());
    site.change("a", "Unwanted in part", BOTH);
    let (mut topics, now) = site.changed_since(&before);
    assert!(topics.remove(&refused), "{refused} did not change");
    site.wait_until_told(&topics);
    site.hub.assert_pings(&topics);
    site.hub.assert_served(&now);
    assert_eq!(site.hub.state().rejections, [refused]);
    wait_until("the refusal is counted", || site.metric("tidings_hub_pings_total", &[("outcome", "refused")]) == 1.0);
}

/// Asks for all feeds until it is stopped. Returns the longest time that one took.
fn ask_until(stop: &AtomicBool, address: std::net::SocketAddr, topics: &BTreeMap<String, Vec<u8>>) -> Duration {
    let mut longest = Duration::ZERO;
    for topic in topics.keys().cycle() {
        let start = Instant::now();
        let response = Connection::open(address).get(&topic[BASE.len() - 1..]);
        assert_eq!(response.status, 200, "{topic}");
        longest = longest.max(start.elapsed());
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    longest
}

#[test]
fn a_hub_that_hangs_keeps_nobody_waiting() {
    let mut site = Site::new(Hub::new());
    let before = site.feeds();
    site.hub.set_mode(Mode::Hanging);
    let stop = AtomicBool::new(false);
    let (address, shared) = (site.served.address, &site);
    let longest = std::thread::scope(|scope| {
        let end = SetOnDrop(&stop);
        let readers = scope.spawn(|| ask_until(&stop, address, &before));
        shared.change("a", "Before it hangs", &["en"]);
        wait_until("the server tells the hub", || shared.hub.state().hanging > 0);
        shared.change("a", "While it hangs", &["en"]);
        drop(end);
        readers.join().unwrap()
    });
    // The server waits for a hub for 10 s.
    assert!(longest < Duration::from_secs(8), "a reader waited for {longest:?}");
    let (topics, now) = site.changed_since(&before);
    site.hub.set_mode(Mode::Accepting);
    site.wait_until_told(&topics);
    assert_eq!(site.hub.counts().into_keys().collect::<BTreeSet<_>>(), topics);
    site.hub.assert_served(&now);
    site.hub.forget();
    site.hub.set_mode(Mode::Hanging);
    site.change("a", "Before the end", &["en"]);
    wait_until("the server tells the hub", || site.hub.state().hanging > 0);
    site.served.stop(Signal::TERM);
    site.hub.set_mode(Mode::Accepting);
}

/// The links of a feed: `self`, and the hub.
fn links(topic: &str, body: &str) -> (Option<String>, Option<String>) {
    if topic.ends_with(".json") {
        let feed: serde_json::Value = serde_json::from_str(body).unwrap();
        let hubs = feed["hubs"].as_array().unwrap();
        assert!(hubs.len() == 1 && hubs[0]["type"] == "WebSub", "{hubs:?}");
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        return (text(&feed["feed_url"]), text(&hubs[0]["url"]));
    }
    let document = roxmltree::Document::parse(body).unwrap();
    let link = |relation: &str| {
        let is_link = |node: &roxmltree::Node| {
            node.has_tag_name(("http://www.w3.org/2005/Atom", "link")) && node.attribute("rel") == Some(relation)
        };
        document.descendants().find(is_link)?.attribute("href").map(str::to_owned)
    };
    (link("self"), link("hub"))
}

#[test]
fn every_feed_names_it_and_itself() {
    let site = Site::new(Hub::new());
    for (topic, body) in site.feeds() {
        let response = site.served.get(&topic[BASE.len() - 1..]);
        let expected = format!("<{topic}>; rel=\"self\", <{}>; rel=\"hub\"", site.hub.url);
        assert_eq!(response.field("link"), Some(&*expected));
        let found = links(&topic, &String::from_utf8(body).unwrap());
        assert_eq!(found, (Some(topic), Some(site.hub.url.clone())));
    }
    let outlines = site.served.get("/feeds.opml").text();
    assert!(outlines.matches("xmlUrl=").count() >= 6, "{outlines}");
}
