//! Readers of libosdp in a process of their own, on the far end of a pseudo-terminal.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::office::skipped;

/// The readers of one bus.
pub(super) struct Readers {
    process: Child,
    orders: ChildStdin,
    told: Receiver<Value>,
    /// The port of the panel.
    pub(super) port: PathBuf,
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Readers {
    /// Starts readers. `None`, and a line that says so, where libosdp is not installed.
    pub(super) fn start(settings: &[Value]) -> Option<Self> {
        let python = std::env::var_os("TIMBRA_PYTHON").unwrap_or_else(|| "python3".into());
        let known = Command::new(&python).args(["-c", "import osdp_sys"]).stderr(Stdio::null()).status();
        if !known.is_ok_and(|status| status.success()) {
            skipped("python3 has no libosdp (pip install libosdp)");
            return None;
        }
        let mut process = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/osdp/readers.py"))
            .arg(Value::from(settings).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if tell.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let orders = process.stdin.take().unwrap();
        let first: Value = told.recv().unwrap();
        let port = first["port"].as_str().unwrap().into();
        Some(Self { process, orders, told, port })
    }

    /// Gives an order to the readers.
    pub(super) fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").unwrap();
    }

    /// Waits for what they are told next.
    pub(super) fn until_told(&self) -> Value {
        self.told.recv_timeout(Duration::from_secs(20)).expect("the readers are told nothing")
    }

    /// What they were told since the last call, one at a time.
    pub(super) fn told(&self) -> Option<Value> {
        self.told.try_recv().ok()
    }
}
