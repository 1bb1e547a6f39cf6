//! OSDP buses: the panel that asks their readers, on its port.

mod bus;

pub use bus::{Bus, BusEvent};
