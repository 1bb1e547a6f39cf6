//! timbra
pub mod config;
pub mod decode;
pub mod domain;
pub mod render;
