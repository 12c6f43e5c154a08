//! Any bytes as a file of the format: an error or a model, never a panic or memory beyond the limit.

#![no_main]

use gatewise::format::{FileFormat, Load, from_bytes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = from_bytes(bytes, FileFormat::Safetensors, &Load::default());
});
