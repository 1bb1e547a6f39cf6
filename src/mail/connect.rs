//! The connection to a mail server, in clear and under TLS.

use std::time::Duration;

use lettre::transport::smtp::client::TlsParameters;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::dialogue::Break;
use super::tls::{self, Stream};
use crate::domain::delivery::FailureClass;

/// Connects to the first address that answers, within `limit` over all of them.
pub(super) async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, String> {
    let any = async {
        let unknown = |error| format!("cannot resolve {host}: {error}");
        let addresses = lookup_host((host, port)).await.map_err(unknown)?;
        let mut last = format!("{host} has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        Err(last)
    };
    let connection = timeout(limit, any).await.unwrap_or_else(|_| Err(Break::Silence(limit).to_string()))?;
    // a dialogue of short lines waits 40 ms per line otherwise
    connection.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok(connection)
}

/// The handshake, within `limit`.
pub(super) async fn encrypt(
    connection: TcpStream,
    parameters: TlsParameters,
    limit: Duration,
) -> Result<Stream, (FailureClass, String)> {
    let silence = |_| Err((FailureClass::Transient, Break::Silence(limit).to_string()));
    timeout(limit, tls::encrypt(connection, parameters)).await.unwrap_or_else(silence)
}
