//! `[publish]`, and where the publication goes.

use std::path::Path;

use super::{Invalid, Validator, http_url, keys};
use crate::config::raw::{RawConfig, RawPurge, RawSite};
use crate::config::{Config, Destination, Publish, Purge, StoreAddress};

impl Validator<'_> {
    /// `output` of `[site]`.
    pub(super) fn output(&mut self, path: &Path, raw: &RawSite) -> Option<Destination> {
        let written = raw.output.as_deref().unwrap_or("public");
        let parsed = Destination::parse(written, |folder| Config::resolve_path(path, folder));
        parsed.map_err(|(why, help)| self.refuse(&["site", "output"], Invalid::with_help(&why, help))).ok()
    }

    pub(super) fn publish(&mut self, raw: &RawConfig) -> Option<Publish> {
        let publish = &raw.publish;
        let before = self.errors.len();
        let endpoint = publish
            .endpoint
            .as_deref()
            .and_then(|text| http_url(text).map_err(|invalid| self.refuse(&["publish", "endpoint"], invalid)).ok());
        if publish.region.as_deref().is_some_and(|region| !is_region(region)) {
            let help = "write it as in `eu-central-1`; many stores other than Amazon's want `auto` or `us-east-1`";
            self.refuse(&["publish", "region"], Invalid::with_help("is not the name of a region", help));
        }
        let state = publish.state.as_deref().and_then(|text| {
            let parsed = StoreAddress::parse(text);
            parsed.map_err(|(why, help)| self.refuse(&["publish", "state"], Invalid::with_help(&why, help))).ok()
        });
        let purge = publish.purge.as_ref().map(|purge| self.purge(purge));
        (self.errors.len() == before).then(|| Publish { endpoint, region: publish.region.clone(), state, purge })
    }

    fn purge(&mut self, raw: &RawPurge) -> Purge {
        const KEY: [&str; 2] = ["publish", "purge"];
        if cfg!(not(feature = "serve")) {
            let help = "use a program that has it, or remove this";
            self.error_at(
                &keys(&KEY),
                "`purge` needs the feature `serve`, without which this program was built",
                Some(help.to_owned()),
            );
        }
        let mut varnish = Vec::new();
        for written in &raw.varnish {
            match http_url(written) {
                Ok(url) => varnish.push(url),
                Err(Invalid { why, help }) => self.error_at(&keys(&KEY), format!("`varnish`: `{written}` {why}"), help),
            }
        }
        // They are parts of addresses.
        let services = [("cloudfront", &raw.cloudfront), ("cloudflare", &raw.cloudflare), ("fastly", &raw.fastly)];
        for (key, id) in services.into_iter().filter_map(|(key, id)| Some((key, id.as_ref()?))) {
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let help = "write it as the service shows it, in letters and digits";
                self.error_at(&keys(&KEY), format!("`{key}` is not an id"), Some(help.to_owned()));
            }
        }
        if raw.command.first().is_some_and(|program| program.trim().is_empty()) {
            let help = "write a program and its arguments, such as `[\"/usr/local/bin/purge\", \"news\"]`";
            self.error_at(&keys(&KEY), "`command` names no program", Some(help.to_owned()));
        }
        let RawPurge { cloudfront, cloudflare, fastly, command, .. } = raw;
        let purge = Purge {
            varnish,
            cloudfront: cloudfront.clone(),
            cloudflare: cloudflare.clone(),
            fastly: fastly.clone(),
            command: command.clone(),
        };
        if purge == Purge::default() && raw.varnish.is_empty() {
            let help = "write one of `varnish`, `cloudfront`, `cloudflare`, `fastly` and `command`";
            self.error_at(&keys(&KEY), "`purge` names no cache", Some(help.to_owned()));
        }
        purge
    }

    fn refuse(&mut self, path: &[&str], Invalid { why, help }: Invalid) {
        let key = path.last().copied().unwrap_or_default();
        self.error_at(&keys(path), format!("`{key}` {why}"), help);
    }
}

fn is_region(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
