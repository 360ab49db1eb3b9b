//! Chooses the reader for a file by its content. The name does not matter.

use std::path::Path;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecParameters, well_known as codec};

use super::super::container::layout::channels;
use super::super::container::riff::{is_mpeg, wav};
use super::super::container::section::{Section, be32, open};
use super::super::container::tags::sound_within;
use super::super::container::{Layout, aiff, au, caf, flac, matroska, mp4, sphere, wave64};
use super::super::error::Cause;
use super::codec::Codec;
use super::demuxed::Demuxed;
use super::failure::Failure;
use super::faults::{Faults, HalfBand};
use super::frame_head::{Family, Head};
use super::packets::{Length, Track};
use super::{MOST_CHANNELS, blocks, frames, kinds, ogg};

/// The kind of a file.
enum Kind {
    Blocks(Layout),
    /// Frames without a container: their family, the position of the first one, and its head.
    Frames(Family, u64, Head),
    Ogg,
    Flac,
    Mp4,
    Matroska,
    Caf,
    /// A known kind that is not read.
    Unread(&'static str),
}

/// Whether a file is a sound by its content, whatever its name is. A film counts if its sound can be read.
pub fn is_sound(path: &Path) -> bool {
    let kind = open(path).and_then(within_tags).and_then(|mut section| recognise(&mut section, 0));
    match kind {
        Ok(Some(Kind::Blocks(_) | Kind::Flac | Kind::Caf | Kind::Frames(..))) => true,
        Ok(Some(Kind::Ogg | Kind::Mp4 | Kind::Matroska)) => super::Decoder::open(path).is_ok(),
        Ok(Some(Kind::Unread(_)) | None) | Err(_) => false,
    }
}

/// Opens the sound of a file, and reports the faults that are known before any of it is decoded.
pub(super) fn track(whole: Section) -> Result<(Track, Codec, Faults), Cause> {
    let mut section = within_tags(whole)?;
    let mut faults = Faults::default();
    let of_failure = |failure: Failure| match failure {
        Failure::Cause(cause) => cause,
        other => other.while_probing(),
    };
    let track = match recognise(&mut section, frames::JUNK_BYTES)?.ok_or(Cause::NotSound)? {
        Kind::Unread(name) => return Err(Cause::Unsupported(name.into())),
        Kind::Blocks(layout) => {
            faults.header = layout.shortfall.clone();
            if layout.channels as usize > MOST_CHANNELS {
                return Err(Cause::TooManyChannels { channels: layout.channels as usize, most: MOST_CHANNELS });
            }
            match layout.data_bytes {
                0 => return Err(Cause::NoSound),
                _ if is_mpeg(&layout) => mpeg_within(&section, &layout)?,
                _ => blocks::track(section, layout).map_err(of_failure)?,
            }
        }
        Kind::Frames(family, at, head) => {
            if family == Family::Adts {
                check_adts(head)?;
                faults.half_band = (head.rate <= 24_000).then_some(HalfBand::Possible);
            }
            frames::track(section, family, at, head).map_err(of_failure)?
        }
        Kind::Ogg => ogg::track(section).map_err(of_failure)?,
        Kind::Flac => {
            let bare = flac::bare(&mut section)?;
            let demuxed = Demuxed::open(bare, "flac")?;
            let length = demuxed.frames.filter(|frames| *frames > 0).map_or(Length::Unknown, Length::Declared);
            let (codec, stored_bits) = (demuxed.codec.clone(), kinds::stored_bits(&demuxed.codec));
            Track { packets: Box::new(demuxed), codec, lead: 0, length, stored_bits }
        }
        Kind::Mp4 => return mp4_track(section, faults),
        Kind::Matroska => {
            let told = matroska::hide_all_but_sound(&mut section)?;
            let demuxed = Demuxed::open(section, "mkv")?.without_times();
            let (codec, stored_bits) = (demuxed.codec.clone(), kinds::stored_bits(&demuxed.codec));
            let rate = f64::from(codec.sample_rate.unwrap_or(0));
            let lead = (told.delay_ns.min(matroska::LONGEST_DELAY_NS) as f64 * rate / 1e9).round() as u64;
            let told_frames = told.secs.map(|secs| (secs * rate).round() as u64);
            let length = told_frames.map_or(Length::Unknown, |frames| Length::AtLeast(frames.saturating_sub(lead)));
            Track { lead, packets: Box::new(demuxed), codec, length, stored_bits }
        }
        Kind::Caf => {
            let mut demuxed = Demuxed::open(section, "caf")?;
            demuxed.origin = 0;
            let (codec, stored_bits) = (demuxed.codec.clone(), kinds::stored_bits(&demuxed.codec));
            let length = match (demuxed.frames, demuxed.padding) {
                (Some(frames), 1..) => Length::Declared(frames),
                (frames, _) => frames.map_or(Length::Unknown, Length::Estimated),
            };
            Track { lead: demuxed.delay, packets: Box::new(demuxed), codec, length, stored_bits }
        }
    };
    let count = track.codec.channels.as_ref().map_or(0, Channels::count);
    if count > MOST_CHANNELS {
        return Err(Cause::TooManyChannels { channels: count, most: MOST_CHANNELS });
    }
    let codec = Codec::new(track.codec.clone())?;
    faults.half_band = faults.half_band.or(codec.half_band);
    Ok((track, codec, faults))
}

fn within_tags(mut whole: Section) -> Result<Section, Cause> {
    let range = sound_within(&mut whole)?;
    whole.part(range).map_err(Cause::of_reading)
}

/// Frames without a container are sought after at most `junk_bytes`.
fn recognise(section: &mut Section, junk_bytes: u64) -> Result<Option<Kind>, Cause> {
    if let Some(wav) = wav(section)? {
        return Ok(Some(Kind::Blocks(wav.layout)));
    }
    for layout in [aiff::layout, au::layout, sphere::layout] {
        if let Some(layout) = layout(section)? {
            return Ok(Some(Kind::Blocks(layout)));
        }
    }
    let mut head = [0; 40];
    let count = section.read_up_to(0, &mut head)?;
    let head = &head[..count];
    let begins = |magic: &[u8]| head.starts_with(magic);
    if begins(wave64::MAGIC) {
        return wave64::layout(section).map(Kind::Blocks).map(Some);
    }
    if begins(b"caff") {
        return Ok(Some(match caf::read(section)? {
            caf::Caf::Blocks(layout) => Kind::Blocks(layout),
            caf::Caf::Packets => Kind::Caf,
        }));
    }
    if begins(b"fLaC") {
        return Ok(Some(Kind::Flac));
    }
    if begins(b"OggS") {
        return Ok(Some(Kind::Ogg));
    }
    if begins(b"\x1A\x45\xDF\xA3") {
        return Ok(Some(Kind::Matroska));
    }
    if matches!(head.get(4..8), Some(b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot")) {
        return Ok(Some(Kind::Mp4));
    }
    if let Some(name) = unread_kind(head) {
        return Ok(Some(Kind::Unread(name)));
    }
    for family in [Family::Mpeg, Family::Adts] {
        if let Some((at, head)) = frames::find(section, family, junk_bytes)? {
            return Ok(Some(Kind::Frames(family, at, head)));
        }
    }
    Ok(None)
}

/// Known kinds of sound file that are not read, recognised by their first bytes.
fn unread_kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 16] = [
        (b"wvpk", "WavPack"),
        (b"MAC ", "Monkey's Audio"),
        (b"TTA1", "True Audio"),
        (b"TTA2", "True Audio"),
        (b"MPCK", "Musepack"),
        (b"MP+", "Musepack"),
        (b"OFR ", "OptimFROG"),
        (b"MThd", "MIDI"),
        (b"#!AMR", "AMR"),
        (b"ajkg", "Shorten"),
        (b"Creative Voice File", "Creative Voice (VOC)"),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "Windows Media Audio"),
        (b".RMF", "RealAudio"),
        (b".ra\xFD", "RealAudio"),
        (b"DSD ", "DSD"),
        (b"FRM8", "DSD"),
    ];
    if head.starts_with(b"FORM") && head.get(8..12) == Some(b"8SVX") {
        return Some("Amiga sound (8SVX)");
    }
    if head.starts_with(b"\x0B\x77") {
        return Some("Dolby Digital (AC-3)");
    }
    if head.starts_with(b"\x7F\xFE\x80\x01") {
        return Some("DTS");
    }
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}

fn check_adts(head: Head) -> Result<(), Cause> {
    let what = match head.profile {
        0 => "AAC Main",
        2 => "AAC SSR",
        3 => "AAC LTP",
        _ => return Ok(()),
    };
    Err(Cause::Unsupported(what.into()))
}

/// MPEG audio in a WAV file.
fn mpeg_within(section: &Section, layout: &Layout) -> Result<Track, Cause> {
    let data = layout.data_start..layout.data_start + layout.data_bytes;
    let mut within = section.part(data).map_err(Cause::of_reading)?;
    let (at, head) = frames::find(&mut within, Family::Mpeg, frames::JUNK_BYTES)?
        .ok_or_else(|| Cause::Damaged("it should hold MPEG audio, and holds none".into()))?;
    frames::track(within, Family::Mpeg, at, head).map_err(Failure::while_probing)
}

/// Completes the parameters of sound in QuickTime, which symphonia's demuxer does not give.
fn of_quicktime(parameters: &mut AudioCodecParameters, sound: &mp4::Sound) {
    let big = !sound.is_little;
    match &sound.encoding {
        b"in24" if big => parameters.codec = codec::CODEC_ID_PCM_S24BE,
        b"in32" if big => parameters.codec = codec::CODEC_ID_PCM_S32BE,
        b"fl32" if big => parameters.codec = codec::CODEC_ID_PCM_F32BE,
        b"fl64" if big => parameters.codec = codec::CODEC_ID_PCM_F64BE,
        _ => {}
    }
}

/// The track of ALAC in QuickTime, whose description symphonia's demuxer does not find.
fn alac_of_quicktime(sound: &mp4::Sound) -> Option<(u32, AudioCodecParameters)> {
    let cookie = sound.alac.as_ref()?;
    let mut parameters = AudioCodecParameters::new();
    parameters
        .for_codec(codec::CODEC_ID_ALAC)
        .with_sample_rate(be32(&cookie[20..]))
        .with_channels(channels(u32::from(cookie[9])))
        .with_extra_data(cookie.clone().into_boxed_slice());
    Some((sound.track, parameters))
}

fn mp4_track(mut section: Section, mut faults: Faults) -> Result<(Track, Codec, Faults), Cause> {
    let sound = match mp4::sound(&mut section)? {
        mp4::Contents::Sound(sound) => sound,
        mp4::Contents::NoSound => return Err(Cause::NoSound),
        // A recorder that crashed or a broken download leaves such a file.
        mp4::Contents::Missing => {
            return Err(Cause::Damaged("its table of contents, which many programs write last, is missing".into()));
        }
    };
    mp4::mend_last_box(&mut section)?;
    let mut demuxed = match Demuxed::open_with(section, "mp4", alac_of_quicktime(&sound)) {
        Err(Cause::NoSound) => return Err(Cause::Unsupported(mp4::encoding_name(sound.encoding))),
        other => other?,
    };
    of_quicktime(&mut demuxed.codec, &sound);
    let codec = match Codec::new(demuxed.codec.clone()) {
        Err(Cause::Unsupported(_)) if demuxed.codec.codec != codec::CODEC_ID_AAC => {
            return Err(Cause::Unsupported(mp4::encoding_name(sound.encoding)));
        }
        other => other?,
    };
    faults.half_band = codec.half_band;
    let rate = codec.rate().unwrap_or(0);
    if codec.is_aac() && sound.ticks_a_sec == 2 * rate {
        faults.half_band = Some(HalfBand::Certain);
    }
    demuxed.decodes_at(rate, sound.is_even);
    demuxed.origin = i64::try_from(sound.begins).unwrap_or(0);
    let frames_of = |ticks: u64| (ticks as f64 * f64::from(rate) / f64::from(sound.ticks_a_sec.max(1))).round() as u64;
    let (lead, stored_bits) = (frames_of(sound.begins), kinds::stored_bits(&demuxed.codec));
    let told = sound.ticks.map(frames_of);
    let whole = demuxed.frames.map(|ticks| frames_of(ticks).saturating_sub(lead)).filter(|frames| *frames > 0);
    // Edits are given in the movie's ticks, which are coarse. A difference of up to 2 ms is rounding; then the length
    // of the packets counts. An edit that leaves out more than padding at the end is a person's cut, not the length of
    // the sound.
    let length = match (told, whole) {
        (Some(told), Some(whole)) => {
            let left_out = whole.saturating_sub(told);
            let is_padding = left_out > u64::from(rate) / 500 && left_out <= super::MOST_PADDING;
            Length::Declared(if is_padding { told } else { whole })
        }
        (told, whole) => told.or(whole).map_or(Length::Unknown, Length::Declared),
    };
    let length = match sound.at_least {
        Some(ticks) => Length::AtLeast(frames_of(ticks).saturating_sub(lead)),
        None => length,
    };
    let parameters = demuxed.codec.clone();
    Ok((Track { packets: Box::new(demuxed), codec: parameters, lead, length, stored_bits }, codec, faults))
}
