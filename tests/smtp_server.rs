//! A mail server that fails on purpose, at a chosen step. One connection, one thread, no TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What it does instead of its usual answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Says exactly this.
    Say(&'static str),
    /// Says this and closes.
    Last(&'static str),
    /// Says nothing until the client goes away.
    Hang,
    /// Says this after so many seconds.
    Late(u64, &'static str),
    /// Reads nothing for a second and closes.
    Stall,
    /// Closes.
    Close,
}

/// A step, `banner`, `text` (64 KiB of it), `dot` or the first word of a command, and what is done
/// there.
pub(crate) type Script = &'static [(&'static str, Act)];

/// A server that is waiting for its one client.
pub(crate) struct FaultServer {
    pub(crate) port: u16,
    thread: JoinHandle<Heard>,
}

/// What the client said.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) commands: Vec<String>,
    /// The text as it came, with its dots doubled and without the final one.
    pub(crate) text: Option<Vec<u8>>,
}

impl FaultServer {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut heard = Heard::default();
            // a client that breaks off ends the conversation, not the test
            drop(converse(&listener.accept().unwrap().0, script, &mut heard));
            heard
        });
        Self { port, thread }
    }

    pub(crate) fn heard(self) -> Heard {
        self.thread.join().unwrap()
    }
}

/// A server for one conversation after the other: the n-th follows the n-th script, the last script
/// goes on for ever.
pub(crate) struct Exchange {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
    accepted: Arc<AtomicUsize>,
}

impl Exchange {
    pub(crate) fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let accepted = Arc::new(AtomicUsize::new(0));
        let (all, count) = (Arc::clone(&heard), Arc::clone(&accepted));
        // ends with the test program
        std::thread::spawn(move || {
            for number in 0.. {
                let Ok((client, _)) = listener.accept() else { return };
                count.fetch_add(1, Ordering::Relaxed);
                let mut one = Heard::default();
                let script = scripts.get(number).or(scripts.last()).copied().unwrap_or(&[]);
                drop(converse(&client, script, &mut one));
                all.lock().unwrap().push(one);
            }
        });
        Self { port, heard, accepted }
    }

    /// How many conversations have begun.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The texts that came whole, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let texts = heard.iter().filter_map(|one| one.text.clone());
        texts.map(|text| String::from_utf8(text).unwrap().replace("\r\n..", "\r\n.")).collect()
    }

    /// How many conversations have ended.
    pub(crate) fn conversations(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

const HELLO: &str = "250-fault.test\r\n250-SIZE 20000000\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n";

fn converse(mut out: &TcpStream, script: Script, heard: &mut Heard) -> std::io::Result<()> {
    let closed = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let mut input = BufReader::new(out.try_clone()?);
    let mut answer = |input: &mut BufReader<TcpStream>, step: &str, usual: &str| {
        let found = script.iter().find(|(name, _)| *name == step).map(|(_, act)| *act);
        match found {
            None => out.write_all(usual.as_bytes()),
            Some(Act::Say(text)) => out.write_all(text.as_bytes()),
            Some(Act::Last(text)) => out.write_all(text.as_bytes()).and(Err(closed())),
            Some(Act::Late(seconds, text)) => {
                std::thread::sleep(std::time::Duration::from_secs(seconds));
                out.write_all(text.as_bytes())
            }
            Some(Act::Hang) => std::io::copy(input, &mut std::io::sink()).and(Err(closed())),
            Some(Act::Stall) => {
                std::thread::sleep(std::time::Duration::from_secs(1));
                Err(closed())
            }
            Some(Act::Close) => Err(closed()),
        }
    };
    answer(&mut input, "banner", "220 fault.test\r\n")?;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        heard.commands.push(line.clone());
        let verb = line.split(' ').next().unwrap().to_owned();
        let usual = match verb.as_str() {
            "EHLO" => HELLO,
            "AUTH" if line == "AUTH LOGIN" => "334 VXNlcm5hbWU6\r\n",
            "YUBiLmV4YW1wbGU=" => "334 UGFzc3dvcmQ6\r\n",
            "AUTH" | "c2VncmV0YQ==" => "235 2.7.0 welcome\r\n",
            "DATA" => "354 go\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        answer(&mut input, &verb, usual)?;
        if verb == "DATA" && !script.iter().any(|(step, _)| *step == "DATA") {
            heard.text = text(&mut input, script, &mut answer)?;
            answer(&mut input, "dot", "250 2.0.0 queued as 1\r\n")?;
        }
    }
}

fn text(
    input: &mut BufReader<TcpStream>,
    script: Script,
    answer: &mut impl FnMut(&mut BufReader<TcpStream>, &str, &str) -> std::io::Result<()>,
) -> std::io::Result<Option<Vec<u8>>> {
    if script.iter().any(|(step, _)| *step == "text") {
        input.read_exact(&mut vec![0; 64 * 1024])?;
        answer(input, "text", "")?;
    }
    let mut text = Vec::new();
    loop {
        let start = text.len();
        if input.read_until(b'\n', &mut text)? == 0 {
            return Ok(None);
        }
        if &text[start..] == b".\r\n" {
            text.truncate(start);
            return Ok(Some(text));
        }
    }
}
