//! The configuration as it is written. Unknown keys are errors; values are not validated.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::source::Ordered;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    pub site: Option<RawSite>,
    pub languages: Ordered<String, RawLanguage>,
    pub topics: Ordered<String, RawTopic>,
    pub feeds: RawFeeds,
    pub check: RawCheck,
    pub server: RawServer,
    pub publish: RawPublish,
    pub redirects: BTreeMap<String, String>,
    #[serde(rename = "import")]
    pub imports: Ordered<String, RawImport>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawSite {
    pub base_url: Option<String>,
    pub authority: Option<String>,
    pub title: Option<String>,
    pub timezone: Option<String>,
    pub stories: Option<String>,
    pub output: Option<String>,
    pub home_page: Option<String>,
    pub authors: Vec<RawAuthor>,
    pub rights: Option<String>,
    pub icon: Option<String>,
    pub logo: Option<String>,
    pub pages: Option<bool>,
    pub story_pages: Option<String>,
    pub page_size: Option<usize>,
    pub accent: Option<String>,
    pub font: Option<String>,
    pub templates: Option<String>,
    pub style: Option<String>,
    pub follow_links: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawAuthor {
    pub name: Option<String>,
    pub url: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLanguage {
    pub title: Option<String>,
    pub description: Option<String>,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub fallback: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawTopic {
    pub title: BTreeMap<String, String>,
    pub description: BTreeMap<String, String>,
    #[serde(rename = "match")]
    pub words: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawFeeds {
    pub formats: Option<Vec<String>>,
    pub limit: Option<i64>,
    pub content: Option<String>,
    pub archives: Option<String>,
    pub hub: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCheck {
    pub allow: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawServer {
    pub listen: Option<String>,
    pub max_age: Option<u64>,
    pub stale_while_revalidate: Option<u64>,
    pub admin: Option<String>,
    pub admin_hosts: Vec<String>,
    pub rate_limit: Option<RawRateLimit>,
    pub trusted_proxies: Vec<String>,
    pub client_ip_header: Option<String>,
    pub max_connections: Option<u64>,
    pub max_connections_per_client: Option<u64>,
    pub access_log: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPublish {
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub state: Option<String>,
    pub purge: Option<RawPurge>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPurge {
    pub varnish: Vec<String>,
    pub cloudfront: Option<String>,
    pub cloudflare: Option<String>,
    pub fastly: Option<String>,
    pub command: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRateLimit {
    pub per_second: Option<u64>,
    pub burst: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawImport {
    pub source: Option<String>,
    pub from: Option<String>,
    pub into: Option<String>,
    pub language: Option<String>,
    pub topics: Vec<String>,
    pub every: Option<String>,
    pub status: Option<String>,
    pub on_gone: Option<String>,
    pub items: Option<String>,
    /// Paths, or tables with more.
    pub map: BTreeMap<String, serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::keys::{keys, schema_keys};

    /// The keys that the schema has at these JSON pointers.
    fn described(pointers: &[&str]) -> Vec<String> {
        schema_keys(include_str!("../cli/schema/config.json"), pointers)
    }

    #[test]
    fn the_schema_has_every_key() {
        assert_eq!(keys::<RawConfig>(), described(&[""]));
        assert_eq!(keys::<RawSite>(), described(&["/properties/site"]));
        assert_eq!(keys::<RawAuthor>(), described(&["/definitions/person"]));
        assert_eq!(keys::<RawLanguage>(), described(&["/properties/languages/additionalProperties"]));
        assert_eq!(keys::<RawTopic>(), described(&["/properties/topics/additionalProperties"]));
        assert_eq!(keys::<RawFeeds>(), described(&["/properties/feeds"]));
        assert_eq!(keys::<RawCheck>(), described(&["/properties/check"]));
        assert_eq!(keys::<RawServer>(), described(&["/properties/server"]));
        assert_eq!(keys::<RawPublish>(), described(&["/properties/publish"]));
        assert_eq!(keys::<RawPurge>(), described(&["/properties/publish/properties/purge"]));
        assert_eq!(keys::<RawImport>(), described(&["/properties/import/additionalProperties"]));
        assert_eq!(keys::<RawRateLimit>(), described(&["/properties/server/properties/rate_limit"]));
    }
}
