//! Files with false headers: sizes that were never completed, that wrapped or were cut, odd chunks, frames with unused
//! bytes.

use std::io::{Seek, SeekFrom, Write};

use super::by_hand::{Sample, Wav, aiff, au, caf, riff, samples, sphere, wav, wave64};
use super::bytes::{chunk, put32};
use super::{Expected, FRAMES, Frames, Made, PEAK, RATE, Specimen, read, whole};

/// Half of the file's frames.
const HALF: usize = FRAMES / 2;

pub fn specimens() -> Vec<Specimen> {
    let mut all = Vec::new();
    wav_sizes(&mut all);
    wav_chunks(&mut all);
    roomy_frames(&mut all);
    wide(&mut all);
    others(&mut all);
    phases(&mut all);
    all
}

fn wav_sizes(all: &mut Vec<Specimen>) {
    let good = wav(&Wav::of(2, 16));
    let mut add = |name: &str, sizes: (u32, u32), end: usize, expected| {
        let mut bytes = good[..end].to_vec();
        put32(&mut bytes, 4, sizes.0.to_le_bytes());
        put32(&mut bytes, 40, sizes.1.to_le_bytes());
        all.push(Specimen::of_bytes(name, "WAV, sizes that lie", bytes, expected));
    };
    let (end, data) = (good.len(), good.len() as u32 - 44);
    add("sizes 0.wav", (0, 0), end, read(2, Frames::Exactly(FRAMES), "never completed"));
    add("size of data 0.wav", (36, 0), end, read(2, Frames::Exactly(FRAMES), "never completed"));
    add("sizes of all ones.wav", (u32::MAX, u32::MAX), end, whole(2));
    add("sizes of sox in a pipe.wav", (0x7FFF_FFF0, 0x7FFF_FFCC), end, whole(2));
    add("riff size 0.wav", (0, data), end, whole(2));
    add("riff size too small.wav", (100, data), end, whole(2));
    add("cut in half.wav", (data + 36, data), 44 + 4 * HALF, read(2, Frames::Exactly(HALF), "50% is there"));
    add("44 bytes short.wav", (data + 36, data), end - 44, read(2, Frames::Exactly(FRAMES - 11), "last 44 bytes"));
    add("cut within a frame.wav", (data + 36, data), end - 3, read(2, Frames::Exactly(FRAMES - 1), "last 3 bytes"));
    add("data size too large.wav", (data + 36, data + 400), end, read(2, Frames::Exactly(FRAMES), "last 400 bytes"));
}

fn wav_chunks(all: &mut Vec<Specimen>) {
    let Wav { data, .. } = Wav::of(2, 16);
    let format = Wav::of(2, 16).format();
    let mut add = |name: &str, chunks: &[Vec<u8>]| {
        all.push(Specimen::of_bytes(name, "WAV, odd chunks", riff(b"RIFF", chunks), whole(2)));
    };
    let (fmt, data) = (chunk(b"fmt ", &format), chunk(b"data", &data));
    let mut unpadded = chunk(b"bext", &[7; 603]);
    unpadded.pop();
    add("odd chunk with its byte.wav", &[chunk(b"bext", &[7; 603]), fmt.clone(), data.clone()]);
    add("odd chunk without its byte.wav", &[unpadded.clone(), fmt.clone(), data.clone()]);
    add("odd chunk without its byte before the data.wav", &[fmt.clone(), unpadded, data.clone()]);
    add("list whose inner sizes lie.wav", &[fmt.clone(), chunk(b"LIST", b"INFOINAM\xFF\xFF\xFF\x0Fab"), data.clone()]);
    add("two formats.wav", &[fmt.clone(), chunk(b"fmt ", &[0; 16]), data.clone()]);
    add("chunks behind the data.wav", &[fmt.clone(), data.clone(), chunk(b"cue ", &[0; 4]), chunk(b"id3 ", &[9; 31])]);
    let mut long = format;
    long.extend([0; 26]);
    add("long format.wav", &[chunk(b"fmt ", &long), data]);
    all.push(Specimen::of_bytes(
        "junk behind the file.wav",
        "WAV, odd chunks",
        [wav(&Wav::of(2, 16)), vec![0xAA; 5000]].concat(),
        whole(2),
    ));
}

/// Samples of three bytes stored in four, and of two bytes stored in three.
fn roomy_frames(all: &mut Vec<Specimen>) {
    let mut add = |name: &str, bits: u16, block: u16, lay: &dyn Fn(&[u8]) -> Vec<u8>| {
        let width = usize::from(bits / 8);
        let data = samples(Sample::Signed(width), 2, FRAMES, false);
        let data = data.chunks(width).flat_map(lay).collect();
        let format = Wav { tag: 1, channels: 2, rate: RATE, block, bits, data };
        all.push(Specimen::of_bytes(name, "WAV, frames with room", wav(&format), whole(2)));
    };
    let sign = |sample: &[u8]| if sample[sample.len() - 1] >= 0x80 { 0xFF } else { 0 };
    add("24 bits at the upper end of 32.wav", 24, 8, &|sample| [&[0], sample].concat());
    add("24 bits at the lower end of 32.wav", 24, 8, &|sample| [sample, &[sign(sample)]].concat());
    add("16 bits at the upper end of 32.wav", 16, 8, &|sample| [&[0, 0], sample].concat());
    add("16 bits at the lower end of 24.wav", 16, 6, &|sample| [sample, &[sign(sample)]].concat());
    let mut tight = Wav::of(2, 24);
    tight.block = 0;
    all.push(Specimen::of_bytes("no block length.wav", "WAV, frames with room", wav(&tight), whole(2)));
}

/// RF64, and files of more than 4 GiB, whose sizes do not fit into 32 bits.
fn wide(all: &mut Vec<Specimen>) {
    let plain = Wav::of(2, 16);
    let mut add = |name: &str, wide: u64, size: u32, expected| {
        let mut sizes = vec![0; 28];
        sizes[8..16].copy_from_slice(&wide.to_le_bytes());
        let mut bytes =
            riff(b"RF64", &[chunk(b"ds64", &sizes), chunk(b"fmt ", &plain.format()), chunk(b"data", &plain.data)]);
        put32(&mut bytes, 4, [0xFF; 4]);
        let at = super::bytes::find(&bytes, b"data");
        put32(&mut bytes, at + 4, size.to_le_bytes());
        all.push(Specimen::of_bytes(name, "RF64", bytes, expected));
    };
    let bytes = plain.data.len() as u64;
    add("rf64.wav", bytes, u32::MAX, whole(2));
    add("rf64 with a small size of data.wav", bytes, 40_000, whole(2));
    add("rf64 with a size of data of 0.wav", bytes, 0, whole(2));
    add(
        "rf64 whose own size is too large.wav",
        bytes + 4000,
        u32::MAX,
        read(2, Frames::Exactly(FRAMES), "last 0:00.02"),
    );
    add("rf64 never completed.wav", 0, 0, read(2, Frames::Exactly(FRAMES), "never completed"));
    for (name, behind) in [("wrapped sizes.wav", 0u64), ("wrapped sizes and a chunk behind.wav", 1008)] {
        all.push(Specimen {
            name: name.into(),
            kind: "WAV of over 4 GiB",
            made: Made::By(Box::new(move |_, path| {
                // A header, a tone, and silence until 32-bit sizes wrap around.
                let tone = wav(&Wav::of(2, 16));
                let all = (1u64 << 32) + 44 + 400_000;
                let mut bytes = tone[..44].to_vec();
                put32(&mut bytes, 4, ((all + behind - 8) as u32).to_le_bytes());
                put32(&mut bytes, 40, ((all - 44) as u32).to_le_bytes());
                let mut file = std::fs::File::create(path).ok()?;
                file.write_all(&bytes).ok()?;
                file.write_all(&tone[44..]).ok()?;
                file.seek(SeekFrom::Start(all)).ok()?;
                file.set_len(all + behind).ok()
            })),
            expected: Expected::Long { channels: 2, frames: ((1 << 32) + 400_000) / 4 },
        });
    }
}

fn others(all: &mut Vec<Specimen>) {
    let data = samples(Sample::Signed(2), 2, FRAMES, true);
    let good = aiff(None, 2, 16, &data, FRAMES as u32);
    let mut add =
        |name: &str, kind, bytes: Vec<u8>, expected| all.push(Specimen::of_bytes(name, kind, bytes, expected));
    let kind = "AIFF, sizes that lie";
    for (name, size) in [("too large", 10_000_000u32), ("0", 0), ("of all ones", u32::MAX)] {
        let mut bytes = good.clone();
        put32(&mut bytes, 4, size.to_be_bytes());
        add(&format!("form size {name}.aif"), kind, bytes, whole(2));
    }
    let sound = super::bytes::find(&good, b"SSND");
    add("cut.aif", kind, good[..sound + 16 + 4 * HALF].to_vec(), read(2, Frames::Exactly(HALF), "50% is there"));
    let mut bytes = good.clone();
    put32(&mut bytes, sound + 4, [0; 4]);
    add("sound size 0.aif", kind, bytes, whole(2));
    let mut bytes = good.clone();
    put32(&mut bytes, sound + 4, [0xFF; 4]);
    add("sound size of all ones.aif", kind, bytes, whole(2));
    let common = good[12..38].to_vec();
    add("repeated chunks.aif", kind, [&good[..38], &common, &good[38..], &common].concat(), whole(2));
    let mut mark = super::bytes::big_chunk(b"ANNO", b"odd");
    mark.pop();
    add("odd chunk without its byte.aif", kind, [&good[..12], &mark, &good[12..]].concat(), whole(2));

    let sun = au(3, 2, &data, data.len() as u32, true);
    add("cut.au", "Sun audio", sun[..24 + 4 * HALF].to_vec(), read(2, Frames::Exactly(HALF), "50% is there"));
    add("size 0.au", "Sun audio", au(3, 2, &data, 0, true), read(2, Frames::Exactly(FRAMES), "never completed"));
    let little = samples(Sample::Signed(2), 2, FRAMES, false);
    let sound = caf(b"lpcm", 2, 4, 2, 16, &little, little.len() as i64 + 4);
    let end = sound.len() - 4 * (FRAMES - HALF);
    add("cut.caf", "Core Audio, PCM", sound[..end].to_vec(), read(2, Frames::Exactly(HALF), "50% is there"));
    let speech = sphere("10", "pcm", 2, &data);
    add(
        "cut sphere.wav",
        "NIST SPHERE",
        speech[..1024 + 4 * HALF].to_vec(),
        read(2, Frames::Exactly(HALF), "50% is there"),
    );
    let sony = wave64(&Wav::of(2, 16));
    let end = sony.len() - 4 * (FRAMES - HALF);
    let expected = read(2, Frames::Within(HALF, 1), "50% is there");
    add("cut.w64", "Wave64", sony[..end].to_vec(), expected);
}

/// Samples that are not sound.
fn phases(all: &mut Vec<Specimen>) {
    let mut add = |name: &str, value: f32, peak: f32, told| {
        let mut data = samples(Sample::Float(4), 1, FRAMES, false);
        data[4000..4004].copy_from_slice(&value.to_le_bytes());
        let format = Wav { tag: 3, channels: 1, rate: RATE, block: 4, bits: 32, data };
        let expected =
            Expected::Read { rate: RATE, channels: 1, frames: Frames::Exactly(FRAMES), peak: (peak, 0.002), told };
        all.push(Specimen::of_bytes(name, "WAV, floating point", wav(&format), expected));
    };
    add("a sample that is no number.wav", f32::NAN, PEAK, "1 sample is not a number");
    add("an endless sample.wav", f32::INFINITY, PEAK, "1 sample is not a number");
    add("a sample that is too large.wav", 1e30, PEAK, "larger than any sound");
    add("a sample of 70,000.wav", 70_000.0, 70_000.0, "");
}
