//! The provider's side of the SMTP dialogue.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::outcome::Fault;
use super::{Shared, Taken, USER};

/// How a port is protected.
#[derive(Clone)]
pub(super) enum Protection {
    None,
    Implicit(Arc<ServerConfig>),
    StartTls(Arc<ServerConfig>),
}

/// Largest message, as large providers have it.
const SIZE: usize = 100_000_000;

/// Serves one connection to its end.
pub(super) fn converse(
    shared: &Shared,
    receipts: &Path,
    client: TcpStream,
    protection: &Protection,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut conversation = Conversation { shared, receipts, private: true, login: true };
    match protection {
        Protection::None => {
            conversation.login = false;
            conversation.run(&mut BufReader::new(client), true, false).map(drop)
        }
        Protection::Implicit(tls) => conversation.encrypted(client, tls, true),
        Protection::StartTls(tls) => {
            conversation.private = false;
            let mut plain = BufReader::new(client);
            if conversation.run(&mut plain, true, true)? {
                conversation.private = true;
                conversation.encrypted(plain.into_inner(), tls, false)?;
            }
            Ok(())
        }
    }
}

/// One client.
struct Conversation<'a> {
    shared: &'a Shared,
    receipts: &'a Path,
    /// True when a password may be said.
    private: bool,
    /// True when a login is required.
    login: bool,
}

impl Conversation<'_> {
    fn encrypted(&mut self, client: TcpStream, tls: &Arc<ServerConfig>, greet: bool) -> io::Result<()> {
        let connection = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
        let stream = StreamOwned::new(connection, client);
        self.run(&mut BufReader::new(stream), greet, false).map(drop)
    }

    /// Talks until the client goes, or asks for encryption: then true.
    fn run<S: Read + Write>(
        &mut self,
        stream: &mut BufReader<S>,
        greet: bool,
        encryption: bool,
    ) -> io::Result<bool> {
        let closed = || io::Error::from(io::ErrorKind::UnexpectedEof);
        if greet {
            say(stream, "220 pec.test ESMTP")?;
        }
        let mut known = !self.login;
        let (mut from, mut to, mut carried) = (None, Vec::new(), 0);
        loop {
            let line = line(stream)?.ok_or_else(closed)?;
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" | "HELO" => {
                    let mut words = format!("250-pec.test\r\n250-PIPELINING\r\n250-SIZE {SIZE}\r\n");
                    if encryption {
                        words += "250-STARTTLS\r\n";
                    }
                    if self.private {
                        words += "250-AUTH PLAIN LOGIN\r\n";
                    }
                    say(stream, &(words + "250 8BITMIME"))?;
                }
                "STARTTLS" if encryption => {
                    say(stream, "220 2.0.0 go ahead")?;
                    return Ok(true);
                }
                "AUTH" => {
                    known = self.login(stream, &line)?;
                    let reply = if known { "235 2.7.0 welcome" } else { "535 5.7.8 wrong" };
                    say(stream, reply)?;
                }
                "MAIL" if carried >= self.shared.at_most.load(Ordering::Relaxed) => {
                    say(stream, "421 4.7.0 enough for one connection")?;
                    return Ok(false);
                }
                "MAIL" | "RCPT" if !known => say(stream, "530 5.7.0 authentication required")?,
                "MAIL" => {
                    from = Some(address(&line));
                    to.clear();
                    say(stream, "250 2.1.0 ok")?;
                }
                "RCPT" => {
                    let address = address(&line);
                    if let Some(Fault::Recipient(reply)) = Fault::of(self.shared, &address) {
                        say(stream, reply)?;
                    } else {
                        to.push(address);
                        say(stream, "250 2.1.5 ok")?;
                    }
                }
                "DATA" if to.is_empty() => say(stream, "554 5.5.1 no valid recipients")?,
                "DATA" => {
                    say(stream, "354 go ahead")?;
                    let text = text(stream)?.ok_or_else(closed)?;
                    self.take(stream, &from.take().unwrap_or_default(), &to, &text)?;
                    to.clear();
                    carried += 1;
                }
                "RSET" => {
                    (from, to) = (None, Vec::new());
                    say(stream, "250 2.0.0 ok")?;
                }
                "NOOP" => say(stream, "250 2.0.0 ok")?,
                "QUIT" => {
                    say(stream, "221 2.0.0 bye")?;
                    return Ok(false);
                }
                _ => say(stream, "502 5.5.2 what?")?,
            }
        }
    }

    /// The dialogue of AUTH PLAIN or LOGIN. True when the password is right.
    fn login<S: Read + Write>(&self, stream: &mut BufReader<S>, first: &str) -> io::Result<bool> {
        let given = if first.eq_ignore_ascii_case("AUTH LOGIN") {
            let mut words = Vec::new();
            for prompt in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                say(stream, prompt)?;
                words.push(decode(&line(stream)?.unwrap_or_default()));
            }
            words
        } else {
            let word = first.split(' ').nth(2).unwrap_or_default();
            decode(word).split('\0').skip(1).map(str::to_owned).collect()
        };
        let right = given == [USER.to_owned(), self.shared.password.lock().unwrap().clone()];
        if !right {
            self.shared.refused_logins.fetch_add(1, Ordering::Relaxed);
        }
        Ok(right)
    }

    /// Answers the final dot of a text, and writes what follows from it.
    fn take<S: Read + Write>(
        &self,
        stream: &mut BufReader<S>,
        from: &str,
        to: &[String],
        text: &str,
    ) -> io::Result<()> {
        let fault = Fault::of(self.shared, &to[0]);
        let kept = !matches!(fault, Some(Fault::Lost | Fault::Text(_)));
        let copy = |to: &String| Taken { from: from.to_owned(), to: to.clone(), text: text.to_owned(), kept };
        let number = {
            let mut all = self.shared.taken.lock().unwrap();
            all.extend(to.iter().map(copy));
            all.len()
        };
        if kept {
            // what the sender hears and what is written are two things: the first may be lost
            for to in to {
                self.shared.answer(self.receipts, &copy(to));
            }
        }
        match fault {
            Some(Fault::Lost | Fault::Kept) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Fault::Silent) => {
                // until the client goes away
                io::copy(stream, &mut io::sink())?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Some(Fault::Bare) => say(stream, "250"),
            Some(Fault::Text(reply)) => say(stream, reply),
            Some(Fault::Recipient(_)) | None => say(stream, &format!("250 2.0.0 queued as {number}")),
        }
    }
}

fn say<S: Read + Write>(stream: &mut BufReader<S>, words: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{words}\r\n").as_bytes())?;
    stream.get_mut().flush()
}

/// A line without its end; none when the client is gone.
fn line<S: Read>(stream: &mut BufReader<S>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
}

/// The text up to its final dot; none when the client is gone before.
fn text<S: Read>(stream: &mut BufReader<S>) -> io::Result<Option<String>> {
    let mut text = Vec::new();
    loop {
        let start = text.len();
        if stream.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        match &text[start..] {
            b".\r\n" => {
                text.truncate(start);
                return Ok(Some(String::from_utf8_lossy(&text).into_owned()));
            }
            [b'.', ..] => drop(text.remove(start)),
            _ => (),
        }
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// base64, for passwords.
fn decode(text: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = text
        .chars()
        .filter_map(|c| alphabet.find(c))
        .flat_map(|value| (0..6).rev().map(move |bit| u8::from(value >> bit & 1 == 1)))
        .collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    String::from_utf8(bytes).unwrap_or_default()
}
