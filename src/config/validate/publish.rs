//! `[publish]`, and where the publication goes.

use std::path::Path;

use super::{Invalid, Validator, http_url, keys};
use crate::config::raw::{RawConfig, RawSite};
use crate::config::{Config, Destination, Publish, StoreAddress};

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
        (self.errors.len() == before).then(|| Publish { endpoint, region: publish.region.clone(), state })
    }

    fn refuse(&mut self, path: &[&str], Invalid { why, help }: Invalid) {
        let key = path.last().copied().unwrap_or_default();
        self.error_at(&keys(path), format!("`{key}` {why}"), help);
    }
}

fn is_region(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
