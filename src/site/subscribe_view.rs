//! Building the template context of the page that says how to follow the feeds.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::metadata::{card, collection, script_in_one_line, set_scripts};
use super::view::{ViewBuilder, newest, scope};
use crate::plan::FeedKey;
use crate::render::pages::view;

/// The addresses at which services add a feed. `{url}` is its address, encoded; `{bare}` is the address without its scheme.
const READERS: [(&str, &str); 5] = [
    ("Feedly", "https://feedly.com/i/subscription/feed%2F{url}"),
    ("Inoreader", "https://www.inoreader.com/?add_feed={url}"),
    ("NewsBlur", "https://www.newsblur.com/?url={url}"),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url={url}"),
    ("Feedbin", "https://feedbin.com/?subscribe={url}"),
];
const PODCASTS: [(&str, &str); 4] = [
    ("Apple Podcasts", "podcast://{bare}"),
    ("AntennaPod", "https://antennapod.org/deeplink/subscribe?url={url}"),
    ("Overcast", "overcast://x-callback-url/add?url={url}"),
    ("Pocket Casts", "pktc://subscribe/{bare}"),
];
const MAIL: [(&str, &str); 2] =
    [("Blogtrottr", "https://blogtrottr.com/?subscribe={url}"), ("Feedrabbit", "https://feedrabbit.com/?url={url}")];

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Shows the buttons that copy an address, where the browser lets a page do it.
const COPY: &str = include_str!("../render/pages/templates/copy.js");

impl ViewBuilder<'_> {
    pub(super) fn subscribe(&self) -> view::Subscribe {
        let config = &self.site.config;
        let all = FeedKey { language: Some(self.language), topic: None };
        let mut page = self.page(all, self.message("subscribe"), Some(self.message("feeds_what")));
        page.card = card("website", &page, None);
        page.json_ld = collection(config, &page);
        let script = script_in_one_line(COPY);
        set_scripts(&mut page, &[&script]);
        let topics = self.site.feeds_of(Some(self.language)).filter(|feed| feed.topic.is_some());
        view::Subscribe {
            page,
            interface_language: usize::from(self.language),
            all: self.subscription(all),
            topics: topics.map(|feed| self.subscription(feed)).collect(),
            everything: self.everything().map(|feed| self.feeds(feed)).unwrap_or_default(),
            script,
        }
    }

    fn subscription(&self, feed: FeedKey) -> view::Subscription {
        let config = &self.site.config;
        let feeds = self.feeds(feed);
        let url = feeds.first().map(|feed| feed.url.clone()).unwrap_or_default();
        let listing = newest(feed);
        let title = match feed.topic {
            Some(topic) => self.topic(feed, topic),
            None => self.link(listing, feed.title(config).to_string()),
        };
        let description = feed
            .topic
            .and_then(|topic| config.topics[usize::from(topic)].descriptions[usize::from(self.language)].as_ref());
        // Podcast apps read RSS.
        let rss = feeds.iter().find(|feed| feed.format == "RSS");
        let rss = rss.filter(|_| self.site.plan.has_audio(config, &self.site.catalog, feed));
        let podcasts = rss.map_or_else(Vec::new, |rss| at_services(&PODCASTS, &rss.url));
        view::Subscription {
            id: scope(config, feed).to_owned(),
            title: title.text,
            lang: title.lang,
            dir: title.dir,
            description: description.map(ToString::to_string),
            readers: at_services(&READERS, &url),
            podcasts,
            mail: at_services(&MAIL, &url),
            url,
            feeds,
        }
    }
}

/// Links to services, which add a feed at the address that each has for it.
fn at_services(services: &[(&str, &str)], url: &str) -> Vec<view::Link> {
    let encoded = utf8_percent_encode(url, COMPONENT).to_string();
    let bare = url.split_once("://").map_or(url, |(_, bare)| bare);
    let link = |(name, pattern): &(&str, &str)| view::Link {
        href: pattern.replace("{url}", &encoded).replace("{bare}", bare),
        text: (*name).to_owned(),
        ..view::Link::default()
    };
    services.iter().map(link).collect()
}
