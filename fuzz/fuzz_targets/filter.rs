//! Reading any text as a filter must end. Each part must admit files or be reported as not understood.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soundalike::dataset::Filter;

fuzz_target!(|text: &str| {
    let filter = Filter::read(text);
    assert_eq!(filter, Filter::read(text));
    assert!(!filter.is_empty() || !filter.not_understood().is_empty() || text.chars().all(|c| c.is_whitespace() || c == '"'));
});
