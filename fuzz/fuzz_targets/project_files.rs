//! Opening a model, an index or a map with any bytes must give its content or a reason.
#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use soundalike::index::IndexFile;
use soundalike::map::file::MapFile;
use soundalike::model::Model;

fuzz_target!(
    // As in `decode`.
    init: std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))),
    |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        _ = Model::load(file.path());
        _ = MapFile::read(file.path());
        if let Ok(index) = IndexFile::open(file.path()) {
            _ = index.codes().map(|codes| codes.len());
        }
    }
);
