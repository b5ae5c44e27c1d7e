//! `tidings init --cdn`: what a content delivery network has to do itself, because no object can have it as an attribute: CORS,
//! `Link`, `nosniff`, and hiding the files of builds.

use clap::ValueEnum;
use url::Position;

use crate::config::Config;

/// A content delivery network or a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cdn {
    Cloudfront,
    Cloudflare,
    Fastly,
    Varnish,
    Nginx,
}

impl Cdn {
    fn template(self) -> &'static str {
        match self {
            Cdn::Cloudfront => include_str!("cdn/cloudfront.js"),
            Cdn::Cloudflare => include_str!("cdn/cloudflare.js"),
            Cdn::Fastly => include_str!("cdn/fastly.vcl"),
            Cdn::Varnish => include_str!("cdn/varnish.vcl"),
            Cdn::Nginx => include_str!("cdn/nginx.conf"),
        }
    }

    /// Its rules for a site.
    pub fn rules(self, config: &Config) -> String {
        let (base, server) = (&config.site.base_url, &config.server);
        let hub = config.feeds.hub.as_ref().map(|hub| format!(", <{hub}>; rel=\"hub\"")).unwrap_or_default();
        let pattern: String = base
            .path()
            .chars()
            .flat_map(|sign| ".+*?()[]{}|^$\\".contains(sign).then_some('\\').into_iter().chain([sign]))
            .collect();
        let values = [
            ("@BASE_URL@", base.to_string()),
            ("@BASE_PATH_PATTERN@", pattern),
            ("@BASE_PATH@", base.path().to_owned()),
            ("@ORIGIN@", base[..Position::BeforePath].to_owned()),
            ("@HUB@", hub),
            ("@LISTEN_HOST@", server.listen.ip().to_string()),
            ("@LISTEN_PORT@", server.listen.port().to_string()),
            ("@MAX_AGE@", server.max_age.to_string()),
            ("@STALE@", server.stale_while_revalidate.to_string()),
        ];
        values.into_iter().fold(self.template().to_owned(), |text, (name, value)| {
            // Of the signs that end a text in these languages, an address can have this one.
            text.replace(name, &value.replace('\'', "%27"))
        })
    }
}
