//! One request after another, each made from the description, and each answer held against it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use trunklab_tests::example::{Seeded, Source};

use crate::draw::{body, encoded, example, fitting, one_of, plain, word};
use crate::schema::Schemas;
use crate::{PATIENCE, TOKEN};

/// What begins a WebSocket.
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Where the controller is, and whom to trust.
#[derive(Clone)]
pub struct Door {
    pub address: SocketAddr,
    pub tls: TlsConnector,
}

impl Door {
    pub fn new(address: SocketAddr, config: rustls::ClientConfig) -> Self {
        Self { address, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// One request over a connection of its own, from an address of the loopback.
    pub async fn exchange(&self, from: Ipv4Addr, request: &[u8]) -> Answer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = socket.connect(self.address).await.unwrap();
        let name = ServerName::try_from("controller").unwrap();
        let mut stream = self.tls.connect(name, stream).await.unwrap();
        // What is too long is refused before all of it is out.
        stream.write_all(request).await.ok();
        let mut said = Vec::new();
        let mut some = vec![0; 64 * 1_024];
        let whole = async {
            // A connection that could have become a WebSocket stays open for the next request: nobody waits for its end.
            while !Answer::is_whole(&said) {
                match stream.read(&mut some).await {
                    Ok(read) if read > 0 => said.extend_from_slice(&some[..read]),
                    Ok(_) | Err(_) => break,
                }
            }
        };
        timeout(PATIENCE, whole).await.expect("the port answers");
        Answer::read(&said)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: Option<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether everything is there that a head and its length announce; what has no length ends with the connection.
    fn is_whole(said: &[u8]) -> bool {
        let Some(end) = said.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        let head = std::str::from_utf8(&said[..end]).unwrap();
        let length = header(head, "content-length").map(|length| length.parse::<usize>().unwrap());
        // Of a WebSocket the head is all that is wanted.
        head.starts_with("HTTP/1.1 101") || length.is_some_and(|length| said.len() >= end + 4 + length)
    }

    fn read(said: &[u8]) -> Self {
        let end = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| {
            panic!("no answer: {}", String::from_utf8_lossy(&said[..said.len().min(200)]))
        });
        let head = std::str::from_utf8(&said[..end]).unwrap();
        let kind = header(head, "content-type").map(str::to_owned);
        let body = said[end + 4..].to_vec();
        Self { status: head.split(' ').nth(1).unwrap().parse().unwrap(), kind, body }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
}

/// A way into an endpoint: method, path, what the description says of it.
pub struct Operation<'a> {
    pub method: String,
    pub path: &'a str,
    pub says: &'a Value,
}

pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, says) in methods.as_object().unwrap() {
            operations.push(Operation { method: method.to_uppercase(), path, says });
        }
    }
    operations
}

/// A request, in words that a failure shows, and its octets.
type Request = (String, Vec<u8>);

fn request(head: &str, sent: Vec<u8>) -> Request {
    let shown = format!("{head}{}", String::from_utf8_lossy(&sent[..sent.len().min(300)]));
    let mut octets = format!("{head}Content-Length: {}\r\n\r\n", sent.len()).into_bytes();
    octets.extend(sent);
    (shown, octets)
}

impl<'a> Operation<'a> {
    /// The request that the description itself gives, made by whoever may everything: without what may be left out, and with
    /// the examples.
    pub fn good(&self, schemas: &Schemas<'a>) -> Request {
        let mut path = self.path.to_owned();
        let parameters = self.says["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "path") {
            let value = parameter.get("example").cloned();
            let value = value.unwrap_or_else(|| plain(schemas, &parameter["schema"]));
            path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &encoded(&value));
        }
        let way = if self.says["responses"]["101"].is_object() { UPGRADE } else { "Connection: close\r\n" };
        let mut head = format!(
            "{} {path} HTTP/1.1\r\nHost: controller\r\n{way}Authorization: Bearer {TOKEN}\r\n",
            self.method
        );
        let contents = self.says["requestBody"]["content"].as_object().into_iter().flatten();
        let mut sent = Vec::new();
        if let Some((kind, content)) = contents.max_by_key(|(_, content)| content.get("example").is_some()) {
            let value = content.get("example").cloned();
            sent = match value.unwrap_or_else(|| plain(schemas, &content["schema"])) {
                Value::String(text) if kind != "application/json" => text.into_bytes(),
                value => value.to_string().into_bytes(),
            };
            head += &format!("Content-Type: {kind}\r\n");
        }
        request(&head, sent)
    }

    /// Any request.
    pub fn draw(&self, schemas: &Schemas<'a>, tokens: &[String], chance: &mut Seeded) -> Request {
        let (mut path, mut query) = (self.path.to_owned(), Vec::new());
        for parameter in self.says["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let value = match example(parameter, chance) {
                Some(example) => example.to_string(),
                None => word(schemas, schema, chance),
            };
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    path = path.replace(&format!("{{{name}}}"), if value.is_empty() { "1" } else { &value })
                }
                "query" if chance.draw(2) == 0 => query.push(format!("{name}={value}")),
                "query" => {}
                place => panic!("{path}: a parameter in the {place}"),
            }
        }
        if chance.draw(12) == 0 {
            query.push("colour=red".to_owned());
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let (kind, sent) = self.content(schemas, chance);
        let token = match chance.draw(12) {
            0 => None,
            1 => Some("wrong".to_owned()),
            2 => Some("eyJhbGciOiJub25lIn0.e30.".to_owned()),
            3..7 => Some(one_of(tokens, chance).clone()),
            _ => Some(TOKEN.to_owned()),
        };
        let mut head = format!("{} {path} HTTP/1.1\r\nHost: controller\r\n", self.method);
        if self.says["responses"]["101"].is_object() && chance.draw(2) == 0 {
            head += UPGRADE;
        } else {
            head += "Connection: close\r\n";
        }
        if let Some(token) = &token {
            head += &format!("Authorization: Bearer {token}\r\n");
        }
        if let Some(kind) = kind {
            head += &format!("Content-Type: {kind}\r\n");
        }
        request(&head, sent)
    }

    fn content(&self, schemas: &Schemas<'a>, chance: &mut Seeded) -> (Option<String>, Vec<u8>) {
        let Some(contents) = self.says["requestBody"]["content"].as_object() else {
            return (None, Vec::new());
        };
        let kinds: Vec<_> = contents.keys().cloned().collect();
        let kind = one_of(&kinds, chance);
        let value = example(&contents[kind], chance)
            .unwrap_or_else(|| fitting(schemas, &contents[kind]["schema"], chance, 0));
        let octets = match value {
            Value::String(text) if kind != "application/json" => text.into_bytes(),
            value => body(value, chance),
        };
        match chance.draw(16) {
            0 => (None, octets),
            1 => (Some("text/plain".to_owned()), octets),
            2 => (Some("application/json; charset=utf-16".to_owned()), octets),
            _ => (Some(kind.clone()), octets),
        }
    }

    /// What of an answer the description does not say.
    pub fn judge(&self, schemas: &Schemas<'a>, answer: &Answer) -> Result<(), String> {
        let Answer { status, kind, body } = answer;
        if *status >= 500 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(body)));
        }
        let described = &self.says["responses"][status.to_string()];
        if !described.is_object() {
            return Err(format!("{status} is not described: {}", String::from_utf8_lossy(body)));
        }
        // What comes over a WebSocket is no body.
        if *status == 101 {
            return Ok(());
        }
        let Some(contents) = described["content"].as_object() else {
            return if body.is_empty() {
                Ok(())
            } else {
                Err(format!("{status} has a body, and none is described"))
            };
        };
        let kind = kind.as_deref().unwrap_or("none");
        let content =
            contents.get(kind).ok_or_else(|| format!("{status} comes as {kind}, and not as described"))?;
        let value = if kind.contains("json") {
            serde_json::from_slice(body).map_err(|error| format!("{status}: no JSON: {error}"))?
        } else {
            json!(std::str::from_utf8(body).map_err(|error| format!("{status}: no text: {error}"))?)
        };
        schemas.check(&value, &content["schema"], &format!("the body of {status}"))
    }
}
