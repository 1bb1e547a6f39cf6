//! `timbra decode` on bytes that were captured from a serial port.

use std::fs::File;
use std::io::Read;

use crate::decode::wire::Moment;
use crate::decode::wire::decoder::WireDecoder;
use crate::decode::wire::settings::WireSettings;

use super::decode_output::Site;
use super::decode_wire_output::ShownFrames;
use super::failure::{Ending, Failure};
use super::output::print;

/// Decodes a capture of which the start was read already.
pub(super) fn capture(
    settings: &WireSettings,
    site: Site,
    as_json: bool,
    start: &[u8],
    rest: &mut File,
) -> Ending {
    let mut shown = ShownFrames::new(as_json, settings, site);
    let mut decoder = WireDecoder::new(settings);
    decoder.push(start, Moment::default(), &mut |frame| shown.frame(&frame));
    let mut chunk = vec![0; 64 * 1024];
    loop {
        print(&shown.take())?;
        let read = rest
            .read(&mut chunk)
            .map_err(|error| Failure::new(format!("cannot read the capture: {error}")))?;
        if read == 0 {
            break;
        }
        let bytes = chunk.get(..read).unwrap_or_default();
        decoder.push(bytes, Moment::default(), &mut |frame| shown.frame(&frame));
    }
    decoder.finish(&mut |frame| shown.frame(&frame));
    let counts = shown.summary();
    print(&shown.take())?;
    Ok(counts.ending())
}
