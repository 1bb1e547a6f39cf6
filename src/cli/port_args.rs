//! The options of `timbra decode` for the port of a reader: the keys of `[[serial]]`.

use clap::value_parser;

use crate::source::{DataBits, FlowControl, Parity, PortSettings, StopBits};

/// How a port is set. What is not said is as configured, or else 9600 8N1.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The port")]
pub(super) struct PortArgs {
    /// Its speed in bits a second [usual: 9600]
    #[arg(long, value_name = "BITS", value_parser = value_parser!(u32).range(50..=4_000_000))]
    baud: Option<u32>,
    /// 7 or 8 [usual: 8]
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(7..=8))]
    data_bits: Option<u8>,
    /// none, even or odd [usual: none]
    #[arg(long, value_name = "P", value_parser = ["none", "even", "odd"])]
    parity: Option<String>,
    /// 1 or 2 [usual: 1]
    #[arg(long, value_name = "N", value_parser = value_parser!(u8).range(1..=2))]
    stop_bits: Option<u8>,
    /// none, hardware or software [usual: none]
    #[arg(long, value_name = "F", value_parser = ["none", "hardware", "software"])]
    flow: Option<String>,
    /// The driver switches the transmitter of an RS-485 line, where it can
    #[arg(long)]
    rs485: bool,
    /// Listen for so many seconds; without it until a card is recognised, or Ctrl-C
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(super) seconds: Option<u32>,
}

impl PortArgs {
    /// True when anything was said.
    pub(super) fn is_used(&self) -> bool {
        let words = [&self.parity, &self.flow].into_iter().any(Option::is_some);
        let bits = [self.data_bits, self.stop_bits].iter().any(Option::is_some);
        words || bits || self.rs485 || self.baud.is_some() || self.seconds.is_some()
    }

    /// The settings with what was said in the place of what was known.
    pub(super) fn settings(&self, known: PortSettings) -> PortSettings {
        PortSettings {
            baud: self.baud.unwrap_or(known.baud),
            data_bits: match self.data_bits {
                Some(7) => DataBits::Seven,
                Some(_) => DataBits::Eight,
                None => known.data_bits,
            },
            parity: match self.parity.as_deref() {
                Some("even") => Parity::Even,
                Some("odd") => Parity::Odd,
                Some(_) => Parity::None,
                None => known.parity,
            },
            stop_bits: match self.stop_bits {
                Some(2) => StopBits::Two,
                Some(_) => StopBits::One,
                None => known.stop_bits,
            },
            flow: match self.flow.as_deref() {
                Some("hardware") => FlowControl::Hardware,
                Some("software") => FlowControl::Software,
                Some(_) => FlowControl::None,
                None => known.flow,
            },
            rs485: self.rs485 || known.rs485,
            ..known
        }
    }
}

/// The keys and values, as TOML, of what is not usual.
pub(super) fn written(port: &PortSettings) -> Vec<(&'static str, &'static str)> {
    let data_bits = (port.data_bits == DataBits::Seven).then_some(("data_bits", "7"));
    let parity = match port.parity {
        Parity::None => None,
        Parity::Even => Some(("parity", "\"even\"")),
        Parity::Odd => Some(("parity", "\"odd\"")),
    };
    let stop_bits = (port.stop_bits == StopBits::Two).then_some(("stop_bits", "2"));
    let flow = match port.flow {
        FlowControl::None => None,
        FlowControl::Hardware => Some(("flow", "\"hardware\"")),
        FlowControl::Software => Some(("flow", "\"software\"")),
    };
    let rs485 = port.rs485.then_some(("rs485", "true"));
    [data_bits, parity, stop_bits, flow, rs485].into_iter().flatten().collect()
}

/// As people say it: `9600 8N1`.
pub(super) fn shown(port: &PortSettings) -> String {
    let bits = if port.data_bits == DataBits::Seven { 7 } else { 8 };
    let parity = match port.parity {
        Parity::None => 'N',
        Parity::Even => 'E',
        Parity::Odd => 'O',
    };
    let stop = if port.stop_bits == StopBits::Two { 2 } else { 1 };
    format!("{} {bits}{parity}{stop}", port.baud)
}
