//! The encrypted stream: lettre's rustls, with the authorities of this machine or of a PEM file.

use std::error::Error;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use chrono::{DateTime, Utc};
#[expect(deprecated, reason = "lettre's only stream that can be had without its dialogue")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};

use super::certificate;
use crate::domain::delivery::FailureClass;

/// A connection, encrypted or not.
#[derive(Debug)]
#[expect(deprecated, reason = "see above")]
pub(super) enum Stream {
    /// As it came.
    Plain(TcpStream),
    /// Under TLS.
    Encrypted(Box<Compat<AsyncNetworkStream>>),
}

impl Stream {
    /// The first end within the chain of certificates that the server showed.
    pub(super) fn certificate_end(&self) -> Option<DateTime<Utc>> {
        let Self::Encrypted(stream) = self else { return None };
        let chain = stream.get_ref().certificate_chain().ok()?;
        chain.iter().filter_map(|der| certificate::end(der)).min()
    }
}

/// What to trust, for one host, and the first end among the authorities of the file.
pub(super) fn parameters(
    host: &str,
    ca_file: Option<&Path>,
) -> Result<(TlsParameters, Option<DateTime<Utc>>), String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    let mut end = None;
    if let Some(path) = ca_file {
        let shown = path.display();
        let pem = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let certificate = Certificate::from_pem(&pem)
            .map_err(|error| format!("{shown} holds no certificates in PEM: {}", innermost(&error)))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        end = certificate::first_end(&pem);
    }
    Ok((builder.build().map_err(|error| innermost(&error))?, end))
}

/// The handshake. It fails as `Tls` when the other side cannot be trusted or does not speak TLS, and
/// as `Transient` when the connection broke.
pub(super) async fn encrypt(
    connection: TcpStream,
    parameters: TlsParameters,
) -> Result<Stream, (FailureClass, String)> {
    #[expect(deprecated, reason = "see above")]
    let mut stream = AsyncNetworkStream::use_existing_tokio1(Box::new(connection));
    match stream.upgrade_tls(parameters).await {
        Ok(()) => Ok(Stream::Encrypted(Box::new(stream.compat()))),
        Err(error) => Err((class(&error), innermost(&error))),
    }
}

/// tokio-rustls wraps each of rustls' own verdicts in an `InvalidData`; what the network did keeps
/// its kind. Without an I/O error below, the host's name was no name for a certificate.
fn class(error: &(dyn Error + 'static)) -> FailureClass {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            let verdict = io.kind() == io::ErrorKind::InvalidData;
            return if verdict { FailureClass::Tls } else { FailureClass::Transient };
        }
        cause = current.source();
    }
    FailureClass::Tls
}

/// The reason at the bottom: the layers above only repeat it.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut bottom = error;
    while let Some(source) = bottom.source() {
        bottom = source;
    }
    bottom.to_string()
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Encrypted(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
