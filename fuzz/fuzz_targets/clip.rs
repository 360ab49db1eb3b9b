//! Cutting a stretch out of a file with any bytes must give a clip that is no larger than the bytes can hold, or a
//! reason.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use soundalike::audio::clip::clip_bytes;

fuzz_target!(
    // As in `decode`.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |input: (u8, u8, &[u8])| {
        let (from, length, bytes) = input;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        let (from, length) = (f64::from(from) / 100.0, f64::from(length) / 100.0);
        let Ok(clip) = clip_bytes(file.path(), from, Some(from + length)) else { return };
        assert!(clip.len() <= 1024 + 80_000 * bytes.len());
    }
);
