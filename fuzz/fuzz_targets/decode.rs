//! Reading a file with any bytes must end, and must give no more than the bytes can hold.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use soundalike::audio::Decoder;

fuzz_target!(
    // The program catches a decoder's panic and turns it into a failure of that file. A panic that is not caught ends
    // the run.
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
