//! Changes that break a store or a configuration, and what the admin address says of them; SIGHUP.

use rustix::process::Signal;

use crate::admin::metrics;
use crate::server::{FEED, Served, put, put_story, site_with_story, wait_until};

fn failures(served: &Served) -> f64 {
    metrics(served).sum("tidings_reloads_total", &[("outcome", "failed")])
}

fn status(served: &Served) -> String {
    let response = served.ask_admin("/status");
    assert_eq!((response.status, response.field("content-type")), (200, Some("application/json")));
    serde_json::from_slice::<serde_json::Value>(&response.body).unwrap();
    response.text()
}

#[test]
fn a_store_that_breaks_changes_nothing_and_is_reported() {
    let served = Served::new(site_with_story(""));
    let before = failures(&served);
    let broken = "published = 2020-01-01\ntopics = [\"resarch\"]\n[translations.en]\ntitle = \"Broken\"\n";
    put(&served.site, "stories/broken.toml", broken);
    wait_until("the problem is logged", || served.log().contains("unknown topic `resarch`"));
    assert!(served.log().contains("broken.toml:2:"), "{}", served.log());
    wait_until("the failure is counted", || failures(&served) > before);
    let counted = failures(&served);
    put_story(&served.site, "first", "Changed meanwhile", &["en"]);
    wait_until("the next change is read", || failures(&served) > counted);
    assert!(served.shows("First") && !served.shows("Changed meanwhile"));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(served.ask_admin(path).status, 200, "{path}");
    }
    let problems = status(&served);
    assert!(problems.contains("broken.toml") && problems.contains("unknown topic `resarch`"), "{problems}");
    assert!(problems.contains("\"is_current\": false"), "{problems}");
    assert_eq!(metrics(&served).sum("tidings_reload_ok", &[]), 0.0);
    put_story(&served.site, "broken", "Mended", &["en"]);
    served.wait_to_show("Mended");
    assert!(served.shows("Changed meanwhile"));
    wait_until("nothing is reported any more", || !status(&served).contains("broken.toml"));
    assert_eq!(metrics(&served).sum("tidings_reload_ok", &[]), 1.0);
}

#[test]
fn a_configuration_that_breaks_changes_nothing_and_stories_are_followed_on() {
    let served = Served::new(site_with_story(""));
    let good = served.site.read("tidings.toml");
    put(&served.site, "tidings.toml", &good.replace("title = \"News\"", "title ="));
    wait_until("the problem is logged", || served.log().contains("tidings.toml:"));
    assert!(served.shows("First"));
    assert_eq!(served.ask_admin("/readyz").status, 200);
    put_story(&served.site, "while", "While it is broken", &["en"]);
    served.wait_to_show("While it is broken");
    // The change of a story is no reason to forget the configuration.
    assert!(status(&served).contains("tidings.toml"), "{}", status(&served));
    put(&served.site, "tidings.toml", &good.replace("title = \"News\"", "title = \"Newest\""));
    served.wait_to_show("<title>Newest");
    wait_until("nothing is reported any more", || !status(&served).contains("tidings.toml"));
}

#[test]
fn everything_is_read_anew_at_sighup() {
    let mut served = Served::new(site_with_story(""));
    put(
        &served.site,
        "tidings.toml",
        &served.site.read("tidings.toml").replace("title = \"News\"", "title = \"Newer\""),
    );
    put_story(&served.site, "first", "Second", &["en"]);
    served.signal(Signal::HUP);
    wait_until("the change is served", || served.shows("<title>Newer") && served.shows("Second"));
    wait_until("the signal is logged", || served.log().contains("reloading configuration and store"));
    // However many there are, and whatever is asked meanwhile.
    for _ in 0..100 {
        served.signal(Signal::HUP);
        let response = served.get(FEED);
        assert!(response.status == 200 && response.text().contains("Second"), "{response:?}");
    }
    served.stop(Signal::INT);
}
