//! Containers with samples stored one by one, in every width, byte order and number of channels.

use super::bytes::{big_chunk, chunk};
use super::{Expected, FRAMES, Frames, PEAK, RATE, Specimen, read, whole};

/// How a sample is stored.
#[derive(Clone, Copy)]
pub enum Sample {
    Unsigned8,
    Signed(usize),
    Float(usize),
    MuLaw,
    ALaw,
}

/// The tone. All channels have the same.
fn tone(frame: usize) -> f64 {
    f64::from(PEAK) * (std::f64::consts::TAU * 441.0 * frame as f64 / f64::from(RATE)).sin()
}

impl Sample {
    /// The bytes of a value, the highest byte first.
    fn bytes(self, value: f64) -> Vec<u8> {
        match self {
            Sample::Unsigned8 => vec![(value * 128.0 + 128.0).round() as u8],
            Sample::Signed(bytes) => {
                let number = (value * 2f64.powi(8 * bytes as i32 - 1)).round() as i64;
                number.to_be_bytes()[8 - bytes..].to_vec()
            }
            Sample::Float(4) => (value as f32).to_be_bytes().to_vec(),
            Sample::Float(_) => value.to_be_bytes().to_vec(),
            Sample::MuLaw => vec![mu_law(value)],
            Sample::ALaw => vec![a_law(value)],
        }
    }

    pub fn width(self) -> usize {
        self.bytes(0.0).len()
    }
}

fn mu_law(value: f64) -> u8 {
    let number = ((value.abs() * 32768.0) as u32 + 132).min(32767);
    let exponent = 31 - number.leading_zeros() - 7;
    let mantissa = number >> (exponent + 3) & 15;
    !(if value < 0.0 { 0x80 } else { 0 } | (exponent << 4 | mantissa) as u8)
}

fn a_law(value: f64) -> u8 {
    let number = ((value.abs() * 32768.0) as u32).min(32767);
    let exponent = (31 - (number | 1).leading_zeros()).saturating_sub(7);
    let mantissa = if exponent == 0 { number >> 4 } else { number >> (exponent + 3) } & 15;
    (if value < 0.0 { 0 } else { 0x80 } | (exponent << 4 | mantissa) as u8) ^ 0x55
}

/// All samples of the tone, in either byte order.
pub fn samples(sample: Sample, channels: usize, frames: usize, big: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frames * channels * sample.width());
    for frame in 0..frames {
        let mut value = sample.bytes(tone(frame));
        if !big {
            value.reverse();
        }
        for _ in 0..channels {
            bytes.extend(&value);
        }
    }
    bytes
}

pub struct Wav {
    pub tag: u16,
    pub channels: u16,
    pub rate: u32,
    pub block: u16,
    pub bits: u16,
    pub data: Vec<u8>,
}

impl Wav {
    /// Whole numbers of this many bits.
    pub fn of(channels: u16, bits: u16) -> Self {
        let sample = if bits == 8 { Sample::Unsigned8 } else { Sample::Signed(usize::from(bits) / 8) };
        Wav::with(1, channels, bits, sample)
    }

    pub fn with(tag: u16, channels: u16, bits: u16, sample: Sample) -> Self {
        let data = samples(sample, usize::from(channels), FRAMES, false);
        Wav { tag, channels, rate: RATE, block: channels * bits.div_ceil(8), bits, data }
    }

    pub fn format(&self) -> Vec<u8> {
        let mut format = Vec::new();
        format.extend(self.tag.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.rate.to_le_bytes());
        format.extend((self.rate.wrapping_mul(u32::from(self.block))).to_le_bytes());
        format.extend(self.block.to_le_bytes());
        format.extend(self.bits.to_le_bytes());
        format
    }
}

pub fn riff(magic: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WAVE".to_vec(), chunks.concat()].concat();
    let mut bytes = chunk(magic, &body);
    bytes.truncate(8 + body.len());
    bytes
}

pub fn wav(wav: &Wav) -> Vec<u8> {
    riff(b"RIFF", &[chunk(b"fmt ", &wav.format()), chunk(b"data", &wav.data)])
}

/// An AIFF file of whole numbers, or an AIFC file of this kind.
pub fn aiff(kind: Option<&[u8; 4]>, channels: u16, bits: u16, data: &[u8], frames: u32) -> Vec<u8> {
    let mut common = channels.to_be_bytes().to_vec();
    common.extend(frames.to_be_bytes());
    common.extend(bits.to_be_bytes());
    // 44,100 Hz as an 80-bit floating point number.
    common.extend(b"\x40\x0E\xAC\x44\0\0\0\0\0\0");
    common.extend(kind.into_iter().flatten());
    if kind.is_some() {
        common.extend([0, 0]);
    }
    let sound = [vec![0; 8], data.to_vec()].concat();
    let form: &[u8] = if kind.is_some() { b"AIFC" } else { b"AIFF" };
    big_chunk(b"FORM", &[form.to_vec(), big_chunk(b"COMM", &common), big_chunk(b"SSND", &sound)].concat())
}

pub fn au(encoding: u32, channels: u32, data: &[u8], size: u32, big: bool) -> Vec<u8> {
    let mut bytes = if big { b".snd".to_vec() } else { b"dns.".to_vec() };
    for number in [24, size, encoding, RATE, channels] {
        bytes.extend(if big { number.to_be_bytes() } else { number.to_le_bytes() });
    }
    bytes.extend(data);
    bytes
}

pub fn caf(kind: &[u8; 4], flags: u32, frame_bytes: u32, channels: u32, bits: u32, data: &[u8], size: i64) -> Vec<u8> {
    let mut bytes = b"caff\0\x01\0\0desc".to_vec();
    bytes.extend(32u64.to_be_bytes());
    bytes.extend(f64::from(RATE).to_be_bytes());
    bytes.extend(kind);
    for number in [flags, frame_bytes, 1, channels, bits] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(b"free\0\0\0\0\0\0\0\x03abcdata");
    bytes.extend(size.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(data);
    bytes
}

pub fn sphere(order: &str, coding: &str, width: usize, data: &[u8]) -> Vec<u8> {
    let text = format!(
        "NIST_1A\n   1024\nsample_count -i {FRAMES}\nsample_n_bytes -i {width}\nchannel_count -i 2\n\
         sample_byte_format -s{} {order}\nsample_rate -i {RATE}\nsample_coding -s{} {coding}\nend_head\n",
        order.len(),
        coding.len()
    );
    let mut bytes = text.into_bytes();
    bytes.resize(1024, b' ');
    bytes.extend(data);
    bytes
}

pub fn wave64(wav: &Wav) -> Vec<u8> {
    const END: &[u8] = b"\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A";
    let part = |name: &[u8; 4], content: &[u8]| {
        let mut bytes = [name, END, &(content.len() as u64 + 24).to_le_bytes()].concat();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let body = [part(b"fmt ", &wav.format()), part(b"data", &wav.data)].concat();
    let mut bytes = b"riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\x00\x00".to_vec();
    bytes.extend((body.len() as u64 + 40).to_le_bytes());
    bytes.extend([b"wave".as_slice(), END].concat());
    bytes.extend(body);
    bytes
}

/// 8 bits and logarithmic samples keep the peak only approximately.
fn coarse(channels: usize) -> Expected {
    Expected::Read { rate: RATE, channels, frames: Frames::Exactly(FRAMES), peak: (PEAK, 0.03), told: "" }
}

pub fn specimens() -> Vec<Specimen> {
    let mut all = Vec::new();
    let mut add = |name: &str, kind, bytes, expected| all.push(Specimen::of_bytes(name, kind, bytes, expected));
    for channels in [1, 2, 3, 6, 8, 26, 27, 32, 64] {
        let expected = read(usize::from(channels), Frames::Exactly(FRAMES), "");
        add(&format!("pcm of {channels} channels.wav"), "WAV, PCM", wav(&Wav::of(channels, 16)), expected);
    }
    for bits in [8, 24, 32] {
        let expected = if bits == 8 { coarse(2) } else { whole(2) };
        add(&format!("{bits} bits.wav"), "WAV, PCM", wav(&Wav::of(2, bits)), expected);
    }
    for (name, tag, bits, sample) in [
        ("float 32", 3, 32, Sample::Float(4)),
        ("float 64", 3, 64, Sample::Float(8)),
        ("a-law", 6, 8, Sample::ALaw),
        ("mu-law", 7, 8, Sample::MuLaw),
    ] {
        let kind = if tag == 3 { "WAV, floating point" } else { "WAV, G.711" };
        add(&format!("{name}.wav"), kind, wav(&Wav::with(tag, 2, bits, sample)), coarse(2));
    }
    for (name, sample, encoding) in [
        ("s8", Sample::Signed(1), 2),
        ("s16", Sample::Signed(2), 3),
        ("s24", Sample::Signed(3), 4),
        ("s32", Sample::Signed(4), 5),
        ("f32", Sample::Float(4), 6),
        ("f64", Sample::Float(8), 7),
        ("mu-law", Sample::MuLaw, 1),
        ("a-law", Sample::ALaw, 27),
    ] {
        for big in [true, false] {
            let data = samples(sample, 2, FRAMES, big);
            let size = if big { data.len() as u32 } else { u32::MAX };
            let order = if big { "big" } else { "little, size unknown" };
            add(&format!("{name} {order}.au"), "Sun audio", au(encoding, 2, &data, size, big), coarse(2));
        }
    }
    for (name, kind, bits, sample, big) in [
        ("plain 8", None, 8, Sample::Signed(1), true),
        ("plain 16", None, 16, Sample::Signed(2), true),
        ("plain 24", None, 24, Sample::Signed(3), true),
        ("plain 32", None, 32, Sample::Signed(4), true),
        ("none", Some(b"NONE"), 16, Sample::Signed(2), true),
        ("sowt", Some(b"sowt"), 16, Sample::Signed(2), false),
        ("in24", Some(b"in24"), 24, Sample::Signed(3), true),
        ("fl32", Some(b"fl32"), 32, Sample::Float(4), true),
        ("FL64", Some(b"FL64"), 64, Sample::Float(8), true),
        ("raw", Some(b"raw "), 8, Sample::Unsigned8, true),
        ("ulaw", Some(b"ulaw"), 16, Sample::MuLaw, true),
        ("alaw", Some(b"ALAW"), 16, Sample::ALaw, true),
    ] {
        let data = samples(sample, 2, FRAMES, big);
        let label = if kind.is_some() { "AIFC" } else { "AIFF, PCM" };
        add(&format!("{name}.aif"), label, aiff(kind, 2, bits, &data, FRAMES as u32), coarse(2));
    }
    for (name, flags, bits, sample) in [
        ("big 16", 0, 16, Sample::Signed(2)),
        ("little 24", 2, 24, Sample::Signed(3)),
        ("big float", 1, 32, Sample::Float(4)),
        ("little float 64", 3, 64, Sample::Float(8)),
    ] {
        let data = samples(sample, 2, FRAMES, flags & 2 == 0);
        let (width, size) = (2 * sample.width() as u32, data.len() as i64 + 4);
        let size = if flags == 2 { -1 } else { size };
        add(&format!("{name}.caf"), "Core Audio, PCM", caf(b"lpcm", flags, width, 2, bits, &data, size), whole(2));
    }
    for (name, order, coding, sample, big) in [
        ("big", "10", "pcm", Sample::Signed(2), true),
        ("little", "01", "pcm", Sample::Signed(2), false),
        ("mu-law", "1", "ulaw", Sample::MuLaw, true),
    ] {
        let data = samples(sample, 2, FRAMES, big);
        add(&format!("sphere {name}.wav"), "NIST SPHERE", sphere(order, coding, sample.width(), &data), coarse(2));
    }
    for bits in [16, 24] {
        add(&format!("{bits} bits.w64"), "Wave64", wave64(&Wav::of(2, bits)), whole(2));
    }
    let mut rifx = Wav::of(2, 16);
    rifx.data = samples(Sample::Signed(2), 2, FRAMES, true);
    let format: Vec<u8> = rifx.format();
    // Every field of the format with reversed bytes.
    let fields = [0..2, 2..4, 4..8, 8..12, 12..14, 14..16];
    let format: Vec<u8> =
        fields.into_iter().flat_map(|field| format[field].iter().rev().copied().collect::<Vec<_>>()).collect();
    let body = [b"WAVE".to_vec(), big_chunk(b"fmt ", &format), big_chunk(b"data", &rifx.data)].concat();
    add("big-endian.wav", "RIFX", big_chunk(b"RIFX", &body), whole(2));
    all
}
