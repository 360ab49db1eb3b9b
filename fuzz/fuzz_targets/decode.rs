//! Whatever bytes a file holds, reading it ends, and gives no more than they can hold.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use soundalike::audio::Decoder;

fuzz_target!(
    // A decoder that falls over is caught and becomes its file's failure; what is not caught still ends the run.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        let Ok(mut decoder) = Decoder::open(file.path()) else { return };
        let mut samples = 0;
        while let Ok(Some(block)) = decoder.next_block() {
            samples += block.len();
        }
        assert!(samples <= 20_000 * bytes.len());
        if decoder.seek(samples as u64 / 2).is_ok() {
            drop(decoder.next_block());
        }
    }
);
