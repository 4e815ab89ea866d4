//! TLS as a client speaks it, with whatever certificate it has.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab_controller::zone::{Credentials, client_config};

use crate::PATIENCE;

pub async fn tls(
    address: SocketAddr,
    ca: &str,
    shows: Option<&Credentials>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = client_config(ca, shows).unwrap();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("controller").unwrap(), stream).await
}

/// Reads until the other side closes.
pub async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut sink = vec![0; 4_096];
    let closed = async { while matches!(stream.read(&mut sink).await, Ok(length) if length > 0) {} };
    timeout(PATIENCE, closed).await.expect("the port closes the connection");
}
