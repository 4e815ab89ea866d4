//! Enrolment with a token.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trunklab_basestation::{Credentials, EnrolError, Station, enrol};
use trunklab_protocol::enrolment::{EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest, EnrolmentToken};
use trunklab_protocol::{Cause, SiteId};

use crate::controller::{Controller, nowhere, options};
use crate::zone::Zone;

fn token(zone: &Zone) -> String {
    EnrolmentToken { site: SiteId::new(3).unwrap(), secret: [5; 16], authority: zone.fingerprint() }
        .to_string()
}

/// Answers one request over HTTPS with what `answer` makes of it.
async fn desk(
    config: Arc<ServerConfig>,
    answer: impl FnOnce(EnrolmentRequest) -> (u16, String) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await else { return };
        let mut octets = Vec::new();
        let request = loop {
            stream.read_buf(&mut octets).await.unwrap();
            let text = String::from_utf8(octets.clone()).unwrap();
            assert!(text.starts_with("POST /enrol HTTP/1.1\r\n"), "{text}");
            if let Some((_, body)) = text.split_once("\r\n\r\n")
                && let Ok(request) = serde_json::from_str(body)
            {
                break request;
            }
        };
        let (status, body) = answer(request);
        let head =
            format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream.shutdown().await.ok();
    });
    address
}

#[tokio::test]
async fn a_token_becomes_credentials_that_work() {
    let zone = Arc::new(Zone::new());
    let (text, expected) = (token(&zone), token(&zone));
    let signs = Arc::clone(&zone);
    let address = desk(zone.server("controller", false), move |request| {
        assert_eq!(request.token, expected);
        let certificate_pem = signs.sign(&request.csr_pem);
        let answer = EnrolmentAnswer { certificate_pem, ca_pem: signs.ca_pem.clone() };
        (200, serde_json::to_string(&answer).unwrap())
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("site-3");
    assert_eq!(enrol(&address, &text, &place).await.unwrap(), SiteId::new(3).unwrap());

    let controller = Controller::open(&zone, "controller").await;
    let mut options = options(&zone, vec![controller.address()]);
    options.credentials = Credentials::read(&place).unwrap();
    let _station = Station::start(options).await.unwrap();
    controller.answer().await.unwrap().greet(nowhere()).await;

    let again = enrol(&address, &text, &place).await.unwrap_err().to_string();
    assert!(again.contains("exists already"), "{again}");
}

#[tokio::test]
async fn a_desk_of_another_authority_learns_nothing() {
    let zone = Zone::new();
    let directory = tempfile::tempdir().unwrap();
    for server in [Zone::new().server("controller", false), zone.server("site-9", false)] {
        let shown = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&shown);
        let address = desk(server, move |_| {
            seen.store(true, Ordering::SeqCst);
            (500, String::new())
        })
        .await;
        let error = enrol(&address, &token(&zone), directory.path()).await.unwrap_err();
        assert!(matches!(error, EnrolError::NotTheZone { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains(&address) && said.contains("controller ca token"), "{said}");
        assert!(!shown.load(Ordering::SeqCst), "the token was shown");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_controllers_words_and_nothing_is_written() {
    let zone = Zone::new();
    let refusal = EnrolmentRefusal { cause: Cause::EnrolmentRefused, detail: "ask for a new token".into() };
    let body = serde_json::to_string(&refusal).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (status, body, says) in [
        (403, body, "ask for a new token"),
        (500, String::new(), "HTTP status 500"),
        (200, "{}".into(), "not usable"),
        (200, "x".repeat(100_000), "longer than"),
    ] {
        let address = desk(zone.server("controller", false), move |_| (status, body)).await;
        let error = enrol(&address, &token(&zone), directory.path()).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let error = enrol("127.0.0.1:1", "nonsense", directory.path()).await.unwrap_err();
    assert!(matches!(error, EnrolError::NotAToken(_)));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
