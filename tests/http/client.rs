//! A client that writes and reads HTTP/1.1 as it stands.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::server::LIMIT;

/// A response, its fields in the order in which they came, with names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a field that occurs at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(values.next().is_none(), "{name} twice: {:?}", self.fields);
        value
    }

    pub fn tag(&self) -> &str {
        self.field("etag").unwrap_or_else(|| panic!("no tag: {:?}", self.fields))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The status and all fields, a line each, sorted. The values of `date`, `last-modified` and `etag` are checked
    /// for their form, and left out.
    pub fn head(&self) -> String {
        let line = |(name, value): &(String, String)| match name.as_str() {
            "date" | "last-modified" => {
                assert!(httpdate::parse_http_date(value).is_ok() && value.ends_with(" GMT"), "{name}: {value}");
                format!("{name}\n")
            }
            "etag" => {
                assert!(value.len() > 2 && value.starts_with('"') && value.ends_with('"'), "{value}");
                format!("{name}\n")
            }
            _ => format!("{name}: {value}\n"),
        };
        let mut lines: Vec<String> = self.fields.iter().map(line).collect();
        lines.sort();
        format!("{}\n{}", self.status, lines.concat())
    }

    /// The first response in some bytes, and how many of them it has; `None` where it is not complete.
    ///
    /// Every response of this server has a length, and none is chunked.
    fn read(bytes: &[u8], is_to_head: bool) -> Option<(Response, usize)> {
        let end = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
        let head: String = bytes[..end].iter().map(|byte| char::from(*byte)).collect();
        let mut lines = head.split("\r\n");
        let start = lines.next()?;
        let status = start.strip_prefix("HTTP/1.1 ").or(start.strip_prefix("HTTP/1.0 ")).and_then(|rest| rest.get(..3));
        let status: u16 = status.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no status: {start:?}"));
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no field: {line:?}"));
            (name.to_lowercase(), value.trim().to_owned())
        });
        let mut response = Response { status, fields: fields.collect(), body: Vec::new() };
        let has_body = !is_to_head && status >= 200 && status != 204 && status != 304;
        let length = match response.field("content-length") {
            Some(length) if has_body => length.parse().unwrap(),
            None if has_body => panic!("a body without a length: {head}"),
            _ => 0,
        };
        response.body = bytes.get(end + 4..end + 4 + length)?.to_vec();
        Some((response, end + 4 + length))
    }
}

/// A connection, and what has come and is not read yet.
pub struct Connection {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Connection {
        Connection::new(TcpStream::connect(address).unwrap())
    }

    /// A connection of a client with an address of its own.
    pub fn open_from(client: Ipv4Addr, address: SocketAddr) -> Connection {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((client, 0)).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Connection::new(socket.into())
    }

    pub fn new(stream: TcpStream) -> Connection {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        Connection { stream, received: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request, and returns its response. The address is its host, unless the fields name one.
    pub fn request(&mut self, method: &str, path: &str, fields: &str) -> Response {
        let host = match fields.to_lowercase().starts_with("host:") {
            true => String::new(),
            false => format!("host: {}\r\n", self.stream.peer_addr().unwrap()),
        };
        self.send(format!("{method} {path} HTTP/1.1\r\n{host}{fields}\r\n"));
        self.receive(method == "HEAD").unwrap_or_else(|| panic!("{method} {path}: closed without a response"))
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.request("GET", path, "")
    }

    /// The next response; `None` where the connection ends before one is complete.
    pub fn receive(&mut self, is_to_head: bool) -> Option<Response> {
        loop {
            while let Some((response, size)) = Response::read(&self.received, is_to_head) {
                self.received.drain(..size);
                if response.status >= 200 {
                    return Some(response);
                }
            }
            if !self.read_more() {
                return None;
            }
        }
    }

    /// Reads what is there, and waits for it. Returns whether the connection goes on.
    fn read_more(&mut self) -> bool {
        let mut buffer = [0; 65_536];
        match self.stream.read(&mut buffer) {
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("neither more nor the end in {LIMIT:?}: {error}; so far {:?}", self.received_text()),
        }
    }

    fn received_text(&self) -> String {
        String::from_utf8_lossy(&self.received[..self.received.len().min(500)]).into_owned()
    }

    /// Whether the server has closed the connection, or has sent something.
    pub fn is_closed(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let result = self.stream.peek(&mut [0; 1]);
        self.stream.set_nonblocking(false).unwrap();
        !matches!(result, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Ends the sending side, and returns all that still comes.
    pub fn finish(mut self) -> Vec<u8> {
        // The server may have closed the connection already.
        let _ = self.stream.shutdown(Shutdown::Write);
        while self.read_more() {}
        self.received
    }
}

/// Writes to a connection of its own, piece by piece, and returns all responses and what is left over. The first response has
/// to come while the connection is open; then the sending side is closed. `is_to_head`: all requests are HEAD.
pub fn exchange<'p>(
    address: SocketAddr,
    pieces: impl IntoIterator<Item = &'p [u8]>,
    is_to_head: bool,
) -> (Vec<Response>, Vec<u8>) {
    let mut connection = Connection::open(address);
    for piece in pieces {
        if connection.stream.write_all(piece).is_err() {
            // The server did not want the rest, and may have responded.
            break;
        }
    }
    let Some(first) = connection.receive(is_to_head) else { return (Vec::new(), connection.received) };
    let (mut responses, mut rest) = (vec![first], connection.finish());
    while let Some((response, size)) = Response::read(&rest, is_to_head) {
        rest.drain(..size);
        responses.push(response);
    }
    (responses, rest)
}
