//! The access log: a line for each request, without secrets, and without a byte that acts on a terminal.

use serde_json::Value;

use crate::admin::metrics;
use crate::client::Connection;
use crate::server::{FEED, Served, site_with_story, wait_until};

const SECRET: &str = "hunter2-is-my-password";
const FORMS: [&str; 2] = ["common", "json"];

/// A line of the log: method, path, status and bytes.
type Line = (String, String, u16, usize);

fn served(form: &str) -> Served {
    Served::new(site_with_story(&format!("access_log = \"{form}\"\n")))
}

/// Reads a line of the common log format, or of JSON; nothing may stand in it beside the fields of its format.
fn parse(form: &str, line: &str) -> Line {
    if form == "json" {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        let names: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(names, ["agent", "bytes", "client", "method", "path", "status", "time", "version"], "{line}");
        assert_eq!(value["client"], "127.0.0.1", "{line}");
        assert!(chrono::DateTime::parse_from_rfc3339(value["time"].as_str().unwrap()).is_ok(), "{line}");
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        let number = |name: &str| value[name].as_u64().unwrap() as usize;
        return (text("method"), text("path"), number("status") as u16, number("bytes"));
    }
    let rest = line.strip_prefix("127.0.0.1 - - [").unwrap_or_else(|| panic!("{line}"));
    let (time, rest) = rest.split_once("] \"").unwrap();
    assert!(chrono::DateTime::parse_from_str(time, "%d/%b/%Y:%H:%M:%S %z").is_ok(), "{line}");
    let (request, rest) = rest.split_once("\" ").unwrap();
    let (status, bytes) = rest.split_once(' ').unwrap();
    let (method, path) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["-"] => ("-", "-"),
        [method, path, "HTTP/1.1"] => (method, path),
        _ => panic!("{line}"),
    };
    (method.to_owned(), path.to_owned(), status.parse().unwrap(), bytes.parse().unwrap())
}

#[test]
fn every_request_has_a_line_and_no_secret_is_in_it() {
    for form in FORMS {
        let served = served(form);
        let secrets = format!(
            "authorization: Bearer {SECRET}\r\ncookie: session={SECRET}\r\nx-api-key: {SECRET}\r\n\
             proxy-authorization: {SECRET}\r\nreferer: https://{SECRET}.example/\r\n"
        );
        let mut expected: Vec<Line> = Vec::new();
        let mut ask = |method: &str, path: &str, fields: &str| {
            let response = served.request(method, path, fields);
            let path = path.split('?').next().unwrap().replace('"', "\\x22").replace("b\\%", "b\\x5C%");
            let path = if form == "json" { path.replace("\\x22", "\"").replace("\\x5C", "\\") } else { path };
            expected.push((method.to_owned(), path, response.status, response.body.len()));
            response
        };
        let full = ask("GET", FEED, &secrets);
        ask("GET", &format!("{FEED}?token={SECRET}"), &secrets);
        ask("HEAD", FEED, &secrets);
        ask("GET", "/nothing", &secrets);
        ask("POST", FEED, &secrets);
        ask("GET", "/a\"b\\%22%0a%1b[31m", &secrets);
        ask("GET", &format!("/?{SECRET}"), &secrets);
        ask("GET", FEED, &format!("if-none-match: {}\r\n", full.tag()));
        // The lines are written in order, so nothing follows the last one.
        wait_until("all requests are logged", || served.access_log().len() >= expected.len());
        let lines: Vec<Line> = served.access_log().iter().map(|line| parse(form, line)).collect();
        assert_eq!(lines, expected);
        assert!(
            !served.site.read("out").contains(SECRET) && !served.log().contains(SECRET),
            "{}",
            served.site.read("out")
        );
    }
}

/// What the parser refuses before a request is complete is counted too, and logged as far as it is known.
#[test]
fn what_the_parser_refuses_is_counted_and_logged() {
    let many: String = (0..1000).map(|number| format!("X-{number}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    let refused: [(&[u8], u16); 6] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"G\x1b[31mET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (many.as_bytes(), 431),
    ];
    for form in FORMS {
        let served = served(form);
        for (number, (request, status)) in refused.iter().enumerate() {
            let shown = String::from_utf8_lossy(&request[..request.len().min(40)]);
            let counted = || metrics(&served).sum("tidings_requests_total", &[("status", &status.to_string())]);
            let before = counted();
            let mut connection = Connection::open(served.address);
            connection.send(request);
            assert_eq!(connection.receive(false).unwrap().status, *status, "{shown}");
            drop(connection);
            wait_until(&format!("{shown} is counted"), || counted() == before + 1.0);
            wait_until(&format!("{shown} is logged"), || served.access_log().len() == number + 1);
            let (_, _, logged, _) = parse(form, &served.access_log()[number]);
            assert_eq!(logged, *status, "{shown}");
        }
    }
}

#[test]
fn no_byte_of_the_log_acts_on_a_terminal() {
    for form in FORMS {
        let served = served(form);
        let paths = ["/\u{9b}31m", "/\u{202e}", "/a\"b\\", "/%0a%1b"];
        for path in paths {
            Connection::open(served.address).request("GET", path, "user-agent: a\u{9b}\t\u{202e}\r\n");
        }
        wait_until("all requests are logged", || served.access_log().len() == paths.len());
        let text = served.site.read("out");
        assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{text:?}");
        if form == "common" {
            // As nginx writes them.
            assert!(text.contains(r" /\xC2\x9B31m ") && text.contains(r" /a\x22b\x5C "), "{text}");
        }
    }
}
