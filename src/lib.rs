//! timbra
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decode;
pub mod domain;
mod durable;
pub mod mail;
pub mod render;
pub mod source;
pub mod store;
