//! Chunks and numbers of many formats.

/// A chunk of WAV: name, size, content, and a byte that makes the size even.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// The same with the highest byte first, for AIFF and RIFX.
pub fn big_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = chunk(name, content);
    bytes[4..8].copy_from_slice(&(content.len() as u32).to_be_bytes());
    bytes
}

/// Overwrites the four bytes at `at`.
pub fn put32(bytes: &mut [u8], at: usize, number: [u8; 4]) {
    bytes[at..at + 4].copy_from_slice(&number);
}

/// The first position of these bytes.
pub fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|some| some == what).expect("they are there")
}

/// The positions of Ogg pages.
pub fn ogg_pages(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(27)).filter(|at| &bytes[*at..at + 5] == b"OggS\0").collect()
}

/// Corrects the checksum of an Ogg page.
pub fn mend_ogg_page(bytes: &mut [u8], at: usize) {
    let segments = usize::from(bytes[at + 26]);
    let body: usize = bytes[at + 27..at + 27 + segments].iter().map(|length| usize::from(*length)).sum();
    put32(bytes, at + 22, [0; 4]);
    let mut sum = 0u32;
    for byte in &bytes[at..at + 27 + segments + body] {
        sum ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            sum = if sum >> 31 == 1 { sum << 1 ^ 0x04C1_1DB7 } else { sum << 1 };
        }
    }
    put32(bytes, at + 22, sum.to_le_bytes());
}

/// Pseudo-random bytes, always the same.
pub fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}
