//! The figures over HTTP, at an address of this machine: `GET /metrics`, and nothing else. Answers come out
//! of memory; whoever asks slowly or too much has little time, and makes room when others come.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::render::metrics::{Dialect, Family, metrics_text};

/// The longest request, in bytes.
const LONGEST: usize = 8 * 1024;

/// How long a request and its answer may take together.
const LIMIT: Duration = Duration::from_secs(5);

/// So many are answered at a time; one more sends the oldest away.
const AT_ONCE: usize = 16;

/// Between two tries of an address that is taken.
const AGAIN: Duration = Duration::from_secs(30);

/// Answers until told to stop.
pub(super) async fn serve(
    address: SocketAddr,
    figures: watch::Receiver<Arc<[Family]>>,
    stop: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => (),
        () = listen(address, &figures, &stop) => (),
    }
}

async fn listen(address: SocketAddr, figures: &watch::Receiver<Arc<[Family]>>, stop: &CancellationToken) {
    let mut told = false;
    let listener = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(error) if !told => {
                error!(%address, %error, "the figures cannot be shown there; trying again");
                told = true;
            }
            Err(_told) => (),
        }
        sleep(AGAIN).await;
    };
    info!(%address, "the figures can be read");
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _from)) = listener.accept().await else {
            // too many files are open, or somebody was gone at once
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (figures, stop) = (figures.clone(), stop.clone());
        open.retain(|one| !one.is_finished());
        if open.len() >= AT_ONCE
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let answered = tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => (),
                _answered = timeout(LIMIT, answer(stream, &figures)) => (),
            }
        });
        open.push_back(answered.abort_handle());
    }
}

async fn answer(mut stream: TcpStream, figures: &watch::Receiver<Arc<[Family]>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    let text = loop {
        let read = stream.read(&mut piece).await?;
        request.extend_from_slice(piece.get(..read).unwrap_or_default());
        if request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            let known = figures.borrow().clone();
            break respond(&request, &known);
        }
        if request.len() >= LONGEST {
            break refusal("431 Request Header Fields Too Large", "");
        }
        if read == 0 {
            return Ok(());
        }
    };
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await?;
    // what is left unread would have the answer thrown away on its way
    let mut left = LONGEST;
    while left > 0 {
        match stream.read(&mut piece).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}

fn respond(request: &[u8], figures: &[Family]) -> String {
    let request = String::from_utf8_lossy(request);
    let mut lines = request.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return refusal("400 Bad Request", "");
    };
    if target.split('?').next() != Some("/metrics") {
        return refusal("404 Not Found", "");
    }
    if method != "GET" {
        return refusal("405 Method Not Allowed", "Allow: GET\r\n");
    }
    if figures.is_empty() {
        return refusal("503 Service Unavailable", "Retry-After: 5\r\n");
    }
    let is_open = lines.filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("accept") && value.contains("application/openmetrics-text")
    });
    let (dialect, media_type) = if is_open {
        (Dialect::OpenMetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    } else {
        (Dialect::Prometheus, "text/plain; version=0.0.4; charset=utf-8")
    };
    whole("200 OK", media_type, "", &metrics_text(figures, dialect))
}

fn refusal(status: &str, header: &str) -> String {
    whole(status, "text/plain; charset=utf-8", header, &format!("{status}\n"))
}

fn whole(status: &str, media_type: &str, header: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n{header}\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::metrics::Kind;

    #[test]
    fn only_one_thing_can_be_asked_for() {
        let figures = [Family::of("timbra_mail_up", Kind::Gauge, "Mail.", Some(1))];
        // the request, the status, what stands in the answer
        for (request, status, part) in [
            ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "version=0.0.4"),
            ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "200 OK", "\ntimbra_mail_up 1\n"),
            (
                "GET /metrics HTTP/1.1\r\naccept: application/openmetrics-text;version=1.0.0\r\n\r\n",
                "200 OK",
                "# EOF\n",
            ),
            ("GET / HTTP/1.1\r\n\r\n", "404 Not Found", ""),
            ("GET /metrics/../x HTTP/1.1\r\n\r\n", "404 Not Found", ""),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed", "Allow: GET"),
            ("GET /metrics\r\n\r\n", "400 Bad Request", ""),
            ("GET  /metrics HTTP/1.1\r\n\r\n", "400 Bad Request", ""),
            ("\u{0}\u{fffd}\r\n\r\n", "400 Bad Request", ""),
        ] {
            let answer = respond(request.as_bytes(), &figures);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}\r\n")) && answer.contains(part),
                "{request:?}: {answer}"
            );
        }
        assert!(respond(b"GET /metrics HTTP/1.1\r\n\r\n", &[]).starts_with("HTTP/1.1 503 "));
    }
}
