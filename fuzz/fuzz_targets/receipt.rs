//! Mail that means harm: reading it never panics, and judging it in a file gives no effect without a
//! valid signature. Start from the samples: `cargo +nightly fuzz run receipt ../fixtures/pec`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use timbra::mail::receipt::{Kind, Place, Verdict, read};

fuzz_target!(|raw: &[u8]| {
    let receipt = read(raw, None);
    let judged = receipt.judge(Place::File);
    let signed = receipt.signature.verdict == Verdict::Valid;
    assert!(judged.effect.is_none() || signed || receipt.kind == Kind::Dsn);
    receipt.judge(Place::Mailbox);
});
