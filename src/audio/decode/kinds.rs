//! Kinds of sound file: what is refused before decoding, and what a codec or a container is called and can do.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codec};
use symphonia::core::formats::{FormatId, well_known as format};

use super::super::error::Cause;

/// Opens a regular file that has bytes. The kind is asked first: opening a pipe would wait for its writer.
pub(in crate::audio) fn open_file(path: &Path) -> Result<(File, u64), Cause> {
    let metadata = fs::metadata(path).map_err(Cause::of_reading)?;
    if metadata.is_dir() {
        return Err(Cause::NotAFile("a folder"));
    }
    if !metadata.is_file() {
        return Err(Cause::NotAFile("a device or a pipe"));
    }
    let file = File::open(path).map_err(Cause::of_reading)?;
    match file.metadata().map_err(Cause::of_reading)?.len() {
        0 => Err(Cause::Empty),
        bytes => Ok((file, bytes)),
    }
}

/// Kinds of sound file that are known and not read, by their first bytes.
pub(super) fn unreadable_kind(file: &mut File) -> Result<Option<&'static str>, Cause> {
    const KINDS: [(&[u8], &str); 15] = [
        (b"wvpk", "WavPack"),
        (b"MAC ", "Monkey's Audio"),
        (b"TTA1", "True Audio"),
        (b"MPCK", "Musepack"),
        (b"MP+", "Musepack"),
        (b"caff", "Core Audio (CAF)"),
        (b".snd", "Sun audio (AU)"),
        (b"MThd", "MIDI"),
        (b"#!AMR", "AMR"),
        (b"RIFX", "big-endian WAV (RIFX)"),
        (b"riff\x2E\x91\xCF\x11", "Sony Wave64"),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "Windows Media Audio"),
        (b".RMF", "RealAudio"),
        (b"DSD ", "DSD"),
        (b"FRM8", "DSD"),
    ];
    let mut head = Vec::with_capacity(16);
    file.seek(SeekFrom::Start(0)).map_err(Cause::of_reading)?;
    file.take(16).read_to_end(&mut head).map_err(Cause::of_reading)?;
    Ok(KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name))
}

/// Containers whose packets carry exact timestamps after a seek, too. Others are decoded from their start.
pub(super) fn seeks_exactly(id: FormatId) -> bool {
    let exact = [
        format::FORMAT_ID_WAVE,
        format::FORMAT_ID_AIFF,
        format::FORMAT_ID_FLAC,
        format::FORMAT_ID_MP3,
        format::FORMAT_ID_OGG,
        format::FORMAT_ID_ISOMP4,
    ];
    exact.contains(&id)
}

/// Bits of a sample where the codec keeps whole numbers exactly; `None` where samples are floating point or only nearly the
/// original's.
pub(super) fn stored_bits(parameters: &AudioCodecParameters) -> Option<u32> {
    /// In ALAC's magic cookie.
    const ALAC_DEPTH_AT: usize = 5;
    match parameters.codec {
        codec::CODEC_ID_FLAC => parameters.bits_per_sample,
        codec::CODEC_ID_ALAC => parameters.extra_data.as_ref()?.get(ALAC_DEPTH_AT).map(|&bits| u32::from(bits)),
        codec::CODEC_ID_PCM_S8 | codec::CODEC_ID_PCM_U8 => Some(8),
        codec::CODEC_ID_PCM_S16LE
        | codec::CODEC_ID_PCM_S16BE
        | codec::CODEC_ID_PCM_U16LE
        | codec::CODEC_ID_PCM_U16BE
        | codec::CODEC_ID_PCM_ALAW
        | codec::CODEC_ID_PCM_MULAW
        | codec::CODEC_ID_ADPCM_MS
        | codec::CODEC_ID_ADPCM_IMA_WAV
        | codec::CODEC_ID_ADPCM_IMA_QT => Some(16),
        codec::CODEC_ID_PCM_S24LE
        | codec::CODEC_ID_PCM_S24BE
        | codec::CODEC_ID_PCM_U24LE
        | codec::CODEC_ID_PCM_U24BE => Some(24),
        codec::CODEC_ID_PCM_S32LE
        | codec::CODEC_ID_PCM_S32BE
        | codec::CODEC_ID_PCM_U32LE
        | codec::CODEC_ID_PCM_U32BE => Some(32),
        _ => None,
    }
}

pub(super) fn codec_name(id: AudioCodecId) -> String {
    let name = match id {
        codec::CODEC_ID_OPUS => "Opus",
        codec::CODEC_ID_SPEEX => "Speex",
        codec::CODEC_ID_MUSEPACK => "Musepack",
        codec::CODEC_ID_AAC => "this kind of AAC",
        codec::CODEC_ID_AC3 | codec::CODEC_ID_EAC3 => "Dolby Digital (AC-3)",
        codec::CODEC_ID_AC4 => "Dolby AC-4",
        codec::CODEC_ID_DCA => "DTS",
        codec::CODEC_ID_WMA => "Windows Media Audio",
        codec::CODEC_ID_WAVPACK => "WavPack",
        codec::CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        codec::CODEC_ID_TTA => "True Audio",
        codec::CODEC_ID_TRUEHD => "Dolby TrueHD",
        codec::CODEC_ID_ADPCM_G722 | codec::CODEC_ID_ADPCM_G726 | codec::CODEC_ID_ADPCM_G726LE => "G.722 or G.726",
        _ => return "its encoding".into(),
    };
    name.into()
}
