//! Files that cannot be read, each with its true reason.

use super::by_hand::{Sample, Wav, aiff, au, riff, samples, sphere, wav};
use super::bytes::chunk;
use super::{Expected, FRAMES, RATE, Specimen};

pub fn specimens() -> Vec<Specimen> {
    let mut all = Vec::new();
    let mut add = |name: &str, kind, bytes: Vec<u8>, reason| {
        all.push(Specimen::of_bytes(name, kind, bytes, Expected::Refused(reason)));
    };
    let behind = |magic: &[u8]| [magic.to_vec(), vec![0x11; 4000]].concat();
    for (name, magic, reason) in [
        ("wavpack.wv", b"wvpk".as_slice(), "WavPack cannot be read"),
        ("monkey.ape", b"MAC \x96\x0F", "Monkey's Audio cannot be read"),
        ("true audio.tta", b"TTA1", "True Audio cannot be read"),
        ("musepack 7.mpc", b"MP+\x07", "Musepack cannot be read"),
        ("musepack 8.mpc", b"MPCK", "Musepack cannot be read"),
        ("optim.ofr", b"OFR ", "OptimFROG cannot be read"),
        ("notes.mid", b"MThd", "MIDI cannot be read"),
        ("phone.amr", b"#!AMR\n", "AMR cannot be read"),
        ("media.wma", b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "Windows Media Audio cannot be read"),
        ("real.ra", b".RMF", "RealAudio cannot be read"),
        ("disc.dsf", b"DSD ", "DSD cannot be read"),
        ("disc.dff", b"FRM8", "DSD cannot be read"),
        ("old.voc", b"Creative Voice File\x1A", "Creative Voice (VOC) cannot be read"),
        ("shortened.shn", b"ajkg\x02", "Shorten cannot be read"),
        ("film.ac3", b"\x0B\x77", "Dolby Digital (AC-3) cannot be read"),
        ("film.dts", b"\x7F\xFE\x80\x01", "DTS cannot be read"),
        ("amiga.8svx", b"FORM\0\0\x10\x008SVX", "Amiga sound (8SVX) cannot be read"),
        ("empty tag before monkey.ape", b"ID3\x04\0\0\0\0\0\0MAC \x96\x0F", "Monkey's Audio cannot be read"),
    ] {
        add(name, "known and not read", behind(magic), reason);
    }
    add("empty.wav", "no sound", Vec::new(), "it is empty (0 bytes)");
    add("text.wav", "no sound", b"All work and no play makes Jack a dull boy. ".repeat(500), "not a sound file");
    add("zeros.wav", "no sound", vec![0; 100_000], "not a sound file");
    let noise = super::bytes::noise(200_000);
    add("noise.mp3", "no sound", noise, "not a sound file");

    let good = wav(&Wav::of(2, 16));
    for end in [5, 11, 19, 30, 43] {
        add(&format!("{end} bytes of a.wav"), "WAV, cut in its header", good[..end].to_vec(), "cut off in its header");
    }
    add("header alone.wav", "WAV without sound", good[..44].to_vec(), "it holds no sound");
    let nothing = Wav { data: Vec::new(), ..Wav::of(2, 16) };
    add("no data.wav", "WAV without sound", wav(&nothing), "it holds no sound");
    let format = chunk(b"fmt ", &nothing.format());
    add(
        "data before its format.wav",
        "WAV without sound",
        riff(b"RIFF", &[chunk(b"data", &[0; 8]), format]),
        "its format is missing",
    );

    let mut with = |name: &str, change: &dyn Fn(&mut Wav), reason| {
        let mut format = Wav { data: vec![0; 8000], ..Wav::of(2, 16) };
        change(&mut format);
        add(name, "WAV that cannot be read", wav(&format), reason);
    };
    with("no channels.wav", &|wav| wav.channels = 0, "it has no channels");
    with("65 channels.wav", &|wav| (wav.channels, wav.block) = (65, 130), "it has 65 channels; up to 64 can be read");
    with("50 Hz.wav", &|wav| wav.rate = 50, "its rate is 50 Hz; rates from 100 to 1000000 Hz can be read");
    with("2 MHz.wav", &|wav| wav.rate = 2_000_000, "its rate is 2000000 Hz");
    with("gsm.wav", &|wav| wav.tag = 0x31, "WAV with GSM 6.10 cannot be read");
    with("g726.wav", &|wav| wav.tag = 0x45, "WAV with G.726");
    with("dolby.wav", &|wav| wav.tag = 0x2000, "WAV with Dolby Digital");
    with("aac.wav", &|wav| wav.tag = 0xFF, "WAV with AAC cannot be read");
    with("unheard of.wav", &|wav| wav.tag = 0x4242, "WAV with encoding 0x4242 cannot be read");
    with("64-bit whole numbers.wav", &|wav| (wav.bits, wav.block) = (64, 16), "WAV with 64-bit samples cannot be read");
    with("mp3 that is none.wav", &|wav| wav.tag = 0x55, "should hold MPEG audio");

    let data = samples(Sample::Signed(2), 2, FRAMES, true);
    add("mace.aif", "AIFC that cannot be read", aiff(Some(b"MAC3"), 2, 8, &data, 10), "AIFF with MACE cannot be read");
    add(
        "qdesign.aif",
        "AIFC that cannot be read",
        aiff(Some(b"QDM2"), 2, 8, &data, 10),
        "QDesign Music cannot be read",
    );
    let whole = aiff(None, 2, 16, &data, FRAMES as u32);
    add("cut before its sound.aif", "AIFF, cut in its header", whole[..40].to_vec(), "cut off in its header");
    add("no frames.aif", "AIFF without sound", aiff(None, 2, 16, &[], 0), "it holds no sound");
    add(
        "g721.au",
        "Sun audio that cannot be read",
        au(23, 1, &data, u32::MAX, true),
        "Sun audio with G.721 cannot be read",
    );
    let packed = sphere("10", "pcm,embedded-shorten-v2.00", 2, &data);
    add("shortened sphere.wav", "NIST SPHERE that cannot be read", packed, "embedded-shorten");
    assert_eq!(RATE, 44_100, "the rate in AIFF's header");
    all
}
