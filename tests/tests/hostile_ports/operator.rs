//! The port that operators and enrolling sites connect to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use trunklab_protocol::{Epoch, Family};
use trunklab_tests::hostile::{Class, Hostile};

use crate::PATIENCE;
use crate::tls::{tls, until_closed};

/// Octets without sense, requests without a token or with a wrong one, and bodies that are far too long.
pub async fn operators(operator: SocketAddr, ca: String, seed: u64, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, seed);
    for number in 0..count {
        let noise = hostile.frame(Class::Random, Epoch::new(1).unwrap(), 0);
        let request: Vec<u8> = match number % 4 {
            0 => {
                let mut stream = TcpStream::connect(operator).await.unwrap();
                stream.write_all(&noise).await.ok();
                stream.shutdown().await.ok();
                until_closed(&mut stream).await;
                continue;
            }
            1 => noise.to_vec(),
            2 => b"GET /v1/snapshot HTTP/1.1\r\nHost: controller\r\nConnection: close\r\nAuthorization: Bearer wrong\r\n\r\n".to_vec(),
            _ => {
                let mut request = b"POST /enrol HTTP/1.1\r\nHost: controller\r\nConnection: close\r\n\
                    Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
                    .to_vec();
                request.resize(request.len() + 1_000_000, b'x');
                request
            }
        };
        let mut stream = tls(operator, &ca, None).await.unwrap();
        // It may be closed before everything is out.
        stream.write_all(&request).await.ok();
        if number % 4 == 1 {
            // Otherwise the port would wait for the rest of what may be a request.
            stream.shutdown().await.ok();
        }
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the port answers or closes").ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        if number % 4 == 2 {
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        }
    }
}
