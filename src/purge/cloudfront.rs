//! CloudFront: an invalidation by tags, in a request that is signed (AWS Signature Version 4).

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use ureq::http::Request;
use xxhash_rust::xxh3::xxh3_64;

use super::request::{Agent, PurgeError, invalid};
use super::{AwsCredentials, Credentials, Job};
use crate::text::xml_element;

/// Tags of one invalidation.
const MAX_TAGS: usize = 1_000;
/// How often, and how many times, it is asked whether an invalidation is complete.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
const MAX_LOOKS: usize = 60;
const REGION: &str = "us-east-1";
const SERVICE: &str = "cloudfront";

pub fn purge(agent: &Agent, credentials: &Credentials, distribution: &str, job: &Job<'_>) -> Result<(), PurgeError> {
    let aws = credentials.aws.as_ref();
    let aws =
        aws.ok_or_else(|| PurgeError::lasting("the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))?;
    let base = credentials.cloudfront_url.as_ref();
    let base = base.map_or("https://cloudfront.amazonaws.com", |url| url.as_str().trim_end_matches('/'));
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let path = format!("/2020-05-31/distribution/{distribution}/invalidation");
    let send = |method: &str, path: &str, body: String| {
        let mut request =
            Request::builder().method(method).uri(format!("{base}{path}")).header("content-type", "application/xml");
        for (name, value) in signature(aws, host, (method, path), &body, job) {
            request = request.header(name, value);
        }
        agent.send(request.body(body.into_bytes()).map_err(invalid)?)
    };
    let mut begun = Vec::new();
    for tags in job.tags.chunks(MAX_TAGS) {
        let answer = send("POST", &path, invalidation(tags, job.now.timestamp_millis()))?;
        // The id goes into the path of a request.
        let id = xml_element(&answer, "Id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        begun.extend(id.filter(|_| !is_complete(&answer)).map(str::to_owned));
    }
    for id in begun {
        let path = format!("{path}/{id}");
        // It is accepted, so that one which takes longer is complete later.
        for _ in 0..MAX_LOOKS {
            std::thread::sleep(LOOK_INTERVAL);
            if is_complete(&send("GET", &path, String::new())?) {
                break;
            }
        }
    }
    Ok(())
}

fn is_complete(answer: &str) -> bool {
    xml_element(answer, "Status") == Some("Completed")
}

/// The body of the request. A repeated request of one build names the same reference, and is done once.
fn invalidation(tags: &[String], now: i64) -> String {
    let mut items = String::new();
    for tag in tags {
        let _ = write!(items, "<Path>#{tag}</Path>");
    }
    let reference = format!("tidings-{now}-{:016x}", xxh3_64(items.as_bytes()));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <Paths><Quantity>{}</Quantity><Items>{items}</Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>",
        tags.len()
    )
}

/// The fields that sign a request.
fn signature(
    aws: &AwsCredentials,
    host: &str,
    (method, path): (&str, &str),
    body: &str,
    job: &Job<'_>,
) -> Vec<(&'static str, String)> {
    let (time, day) = (job.now.format("%Y%m%dT%H%M%SZ").to_string(), job.now.format("%Y%m%d").to_string());
    let mut fields = vec![("host", host.to_owned()), ("x-amz-date", time.clone())];
    fields.extend(aws.session_token.iter().map(|token| ("x-amz-security-token", token.clone())));
    let names = fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = fields.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
    let scope = format!("{day}/{REGION}/{SERVICE}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let first = format!("AWS4{}", aws.secret).into_bytes();
    let key = [&*day, REGION, SERVICE, "aws4_request"].into_iter().fold(first, |key, part| hmac(&key, part));
    let signature = hex(&hmac(&key, &text));
    let credential = format!("{}/{scope}", aws.key_id);
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
    fields.push(("authorization", authorization));
    fields
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // A key may have any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
