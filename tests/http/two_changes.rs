//! A document changes twice within one second. Clients of every kind see both changes, and no validator lies.

use std::time::SystemTime;

use crate::client::{Connection, Response};
use crate::clocked::Served;
use crate::server::{FEED, put_story, site, wait_until};

/// A version of the feed: its body, its tags, and its date once that was said.
#[derive(Debug)]
struct Version {
    body: String,
    tags: Vec<String>,
    date: Option<String>,
}

/// The feed, and what every response must hold to, in the order in which they came.
struct Feed {
    served: Served,
    versions: Vec<Version>,
}

impl Feed {
    fn ask(&mut self, fields: &str) -> Response {
        let response = Connection::open(self.served.address).request("GET", FEED, fields);
        self.judge(&response);
        response
    }

    fn judge(&mut self, response: &Response) {
        let shown = || format!("{:?}", (response.status, &response.fields));
        for name in ["etag", "cache-control", "vary", "date"] {
            assert!(response.field(name).is_some(), "no {name}: {}", shown());
        }
        let tag = response.tag().to_owned();
        let said = response.field("last-modified").map(str::to_owned);
        if response.status == 304 {
            let of_a_body =
                ["content-type", "content-encoding", "content-length", "transfer-encoding", "last-modified"];
            assert!(
                of_a_body.iter().all(|name| response.field(name).is_none()),
                "a 304 with fields of a body: {}",
                shown()
            );
            let newest = self.versions.last().unwrap();
            assert!(newest.tags.contains(&tag), "a 304 that does not name the newest version: {}", shown());
            return;
        }
        assert_eq!(response.status, 200, "{}", shown());
        let body = match response.field("content-encoding") {
            Some("gzip") => std::io::read_to_string(flate2::read::GzDecoder::new(&response.body[..])).unwrap(),
            _ => response.text(),
        };
        if self.versions.last().is_none_or(|newest| newest.body != body) {
            assert!(self.versions.iter().all(|version| version.body != body), "an older version: {}", shown());
            self.versions.push(Version { body, tags: Vec::new(), date: None });
        }
        let (newest, earlier) = self.versions.split_last_mut().unwrap();
        assert!(earlier.iter().all(|version| !version.tags.contains(&tag)), "the tag of an older version: {}", shown());
        if !newest.tags.contains(&tag) {
            newest.tags.push(tag);
        }
        let Some(said) = said else {
            assert_eq!(newest.date, None, "the date was said of this version, and is left out now: {}", shown());
            return;
        };
        assert!(moment(&said) <= moment(response.field("date").unwrap()), "changed later than now: {}", shown());
        assert!(newest.date.as_ref().is_none_or(|date| *date == said), "another date before: {}", shown());
        let dates = earlier.iter().filter_map(|version| version.date.as_deref());
        assert!(
            dates.into_iter().all(|date| moment(&said) > moment(date)),
            "no later than an earlier version: {}",
            shown()
        );
        newest.date = Some(said);
    }

    fn change(&self, text: &str) {
        put_story(&self.served.site, "story", text, &["en"]);
        let expected = format!(">{text}<");
        wait_until(&format!("{text} is served"), || {
            Connection::open(self.served.address).get(FEED).text().contains(&expected)
        });
    }
}

fn moment(date: &str) -> SystemTime {
    httpdate::parse_http_date(date).unwrap()
}

/// Clients that send one validator alone.
#[derive(Default)]
struct Clients {
    /// The last date, of a client that throws away what is not later, as libcurl does.
    date: Option<String>,
    body_by_date: String,
    /// The last tag, of a client of each coding.
    tags: [Option<String>; 2],
    bodies_by_tag: [String; 2],
}

const CODINGS: [&str; 2] = ["identity", "gzip"];

impl Clients {
    /// Each asks once. Returns the statuses.
    fn ask(&mut self, feed: &mut Feed) -> [u16; 3] {
        let fields = self.date.as_ref().map(|date| format!("if-modified-since: {date}\r\n")).unwrap_or_default();
        let by_date = feed.ask(&fields);
        let said = by_date.field("last-modified").map(str::to_owned);
        let is_later = said.as_ref().zip(self.date.as_ref()).is_none_or(|(said, date)| moment(said) > moment(date));
        if by_date.status == 200 && is_later {
            self.body_by_date = by_date.text();
        }
        self.date = said.or(self.date.take());
        let mut statuses = [by_date.status; 3];
        for (index, coding) in CODINGS.into_iter().enumerate() {
            let tag = self.tags[index].as_ref().map(|tag| format!("if-none-match: {tag}\r\n")).unwrap_or_default();
            let response = feed.ask(&format!("accept-encoding: {coding}\r\n{tag}"));
            if response.status == 200 {
                self.bodies_by_tag[index].clone_from(&feed.versions.last().unwrap().body);
            }
            self.tags[index] = Some(response.tag().to_owned());
            statuses[index + 1] = response.status;
        }
        statuses
    }

    fn assert_see(&mut self, feed: &mut Feed, text: &str) {
        self.ask(feed);
        let expected = format!(">{text}<");
        assert!(self.body_by_date.contains(&expected), "by date {text} is not seen: {:?}", feed.versions);
        for (coding, body) in CODINGS.iter().zip(&self.bodies_by_tag) {
            assert!(body.contains(&expected), "by tag, {coding}, {text} is not seen: {:?}", feed.versions);
        }
    }
}

#[test]
fn clients_with_one_validator_see_both_changes_of_a_second() {
    let site = site("", "");
    put_story(&site, "story", "As it was", &["en"]);
    let mut feed = Feed { served: Served::new(site), versions: Vec::new() };
    let mut clients = Clients::default();
    clients.assert_see(&mut feed, "As it was");
    for number in 0..3 {
        feed.served.advance(2);
        clients.ask(&mut feed);
        assert_eq!(clients.ask(&mut feed), [304; 3], "nothing changed");
        let (first, second) = (format!("Changed once, {number}"), format!("Changed twice, {number}"));
        feed.change(&first);
        clients.assert_see(&mut feed, &first);
        feed.change(&second);
        clients.assert_see(&mut feed, &second);
        // A date that this second has too says nothing about which of the two a client has.
        let response = feed.ask("");
        assert_eq!(response.field("last-modified"), None);
        let date = response.field("date").unwrap().to_owned();
        assert_eq!(feed.ask(&format!("if-modified-since: {date}\r\n")).status, 200);
        feed.served.advance(2);
        clients.assert_see(&mut feed, &second);
        assert!(feed.ask("").field("last-modified").is_some(), "two seconds after a change there is no date");
        assert_eq!(clients.ask(&mut feed), [304; 3], "nothing changed");
    }
    // Many changes, all within one second.
    for number in 0..8 {
        let text = format!("Changed again, {number}");
        feed.change(&text);
        clients.assert_see(&mut feed, &text);
    }
}
