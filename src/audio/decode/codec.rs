//! Decodes packets one by one, with the library for their codec.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known as codec};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::error::Cause;
use super::failure::{Failure, caught, guarded};
use super::faults::HalfBand;
use super::opus::{self, Opus};
use super::packets::Coded;

pub(super) struct Codec {
    parameters: AudioCodecParameters,
    decoder: Decoding,
    /// Whether HE-AAC is decoded as the plain AAC in it.
    pub half_band: Option<HalfBand>,
}

enum Decoding {
    Library(Box<dyn AudioDecoder>),
    Opus(Box<Opus>),
}

/// The result of decoding a packet.
pub(super) enum Decoded {
    /// The rate and the channels of the decoded sound.
    Sound {
        rate: u32,
        channels: usize,
    },
    Damaged,
    /// The decoder failed and was created again.
    Fell(String),
}

impl Codec {
    pub fn new(mut parameters: AudioCodecParameters) -> Result<Self, Cause> {
        let mut half_band = None;
        if parameters.codec == codec::CODEC_ID_AAC {
            half_band = prepare_aac(&mut parameters)?;
        }
        let decoder = Decoding::new(&parameters)?;
        Ok(Codec { parameters, decoder, half_band })
    }

    /// The rate in hertz to which packets decode, if it is known before a packet is decoded.
    pub fn rate(&self) -> Option<u32> {
        self.parameters.sample_rate
    }

    pub fn is_aac(&self) -> bool {
        self.parameters.codec == codec::CODEC_ID_AAC
    }

    pub fn reset(&mut self) {
        match &mut self.decoder {
            Decoding::Library(decoder) => decoder.reset(),
            Decoding::Opus(decoder) => decoder.reset(),
        }
    }

    /// Decodes a packet into `out`, and replaces its content.
    pub fn decode(&mut self, packet: Coded, out: &mut Vec<f32>) -> Result<Decoded, Failure> {
        out.clear();
        let fallen = match &mut self.decoder {
            Decoding::Opus(decoder) => {
                let channels = decoder.channels();
                match caught(|| decoder.decode(&packet.data, out)) {
                    Ok(true) => return Ok(Decoded::Sound { rate: opus::RATE, channels }),
                    Ok(false) => {
                        out.clear();
                        return Ok(Decoded::Damaged);
                    }
                    Err(message) => message,
                }
            }
            Decoding::Library(decoder) => {
                let duration = Duration::new(packet.frames.unwrap_or(0));
                let coded = Packet::new(0, Timestamp::ZERO, duration, packet.data);
                let decoded = guarded(|| {
                    let buffer = decoder.decode(&coded)?;
                    buffer.copy_to_vec_interleaved(out);
                    Ok((buffer.spec().rate(), buffer.spec().channels().count()))
                });
                match decoded {
                    Ok((rate, channels)) => return Ok(Decoded::Sound { rate, channels }),
                    // The packet is whole in memory, so the decoder's error concerns only this packet.
                    Err(Failure::Refused(_)) => {
                        out.clear();
                        return Ok(Decoded::Damaged);
                    }
                    Err(Failure::Panicked(message)) => message,
                    Err(failure) => return Err(failure),
                }
            }
        };
        out.clear();
        self.decoder = Decoding::new(&self.parameters).map_err(Failure::Cause)?;
        Ok(Decoded::Fell(fallen))
    }
}

impl Decoding {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, Cause> {
        if parameters.codec == codec::CODEC_ID_OPUS {
            let head = parameters.extra_data.as_deref().unwrap_or_default();
            let opus = Opus::new(head).ok_or_else(|| Cause::Damaged("its header of Opus is not valid".into()))?;
            return Ok(Decoding::Opus(Box::new(opus)));
        }
        guarded(|| symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default()))
            .map(Decoding::Library)
            .map_err(|failure| failure.while_choosing(parameters.codec))
    }
}

/// The rates of AAC by their numbers.
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];

/// Describes HE-AAC as the plain AAC of half the rate that it contains. Other kinds of AAC become an error that names
/// them.
fn prepare_aac(parameters: &mut AudioCodecParameters) -> Result<Option<HalfBand>, Cause> {
    let unsupported = |what: String| Err(Cause::Unsupported(what));
    let Some(config) = parameters.extra_data.as_deref().filter(|config| config.len() >= 2) else {
        return match parameters.channels.as_ref().map_or(0, Channels::count) {
            0 => unsupported("AAC with a table of channels of its own".into()),
            1 | 2 => Ok(None),
            channels => unsupported(format!("AAC with {channels} channels")),
        };
    };
    let mut bits = Bits { bytes: config, at: 0 };
    let mut object = bits.object();
    let rate = bits.rate();
    let channels = bits.take(4);
    let mut half_band = None;
    if matches!(object, 5 | 29) {
        half_band = Some(HalfBand::Certain);
        bits.rate();
        object = bits.object();
    }
    let is_short = bits.take(1) == 1;
    match object {
        2 => {}
        1 => return unsupported("AAC Main".into()),
        3 => return unsupported("AAC SSR".into()),
        4 => return unsupported("AAC LTP".into()),
        23 | 39 => return unsupported("AAC-LD or AAC-ELD".into()),
        42 => return unsupported("xHE-AAC".into()),
        object => return unsupported(format!("MPEG-4 audio of kind {object}")),
    }
    if is_short {
        return unsupported("AAC with frames of 960 samples".into());
    }
    match channels {
        0 => return unsupported("AAC with a table of channels of its own".into()),
        1 | 2 => {}
        7 => return unsupported("AAC with 8 channels".into()),
        channels => return unsupported(format!("AAC with {channels} channels")),
    }
    // A second description of HE-AAC may follow the plain one.
    bits.at += 2;
    if half_band.is_none() && bits.left() >= 16 && bits.take(11) == 0x2B7 && bits.object() == 5 && bits.take(1) == 1 {
        half_band = Some(HalfBand::Certain);
    }
    if let Rate::Index(index) = rate {
        parameters.sample_rate = RATES.get(index as usize).copied().or(parameters.sample_rate);
        let plain = (2u16 << 11) | (index as u16) << 7 | (channels as u16) << 3;
        parameters.extra_data = Some(plain.to_be_bytes().into());
    }
    Ok(half_band)
}

/// The bits of a description, highest first. After its end there are zeros.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

enum Rate {
    Index(u32),
    Hertz,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> u32 {
        let bit = |at: usize| self.bytes.get(at / 8).map_or(0, |byte| u32::from(byte >> (7 - at % 8) & 1));
        let value = (self.at..self.at + count).fold(0, |value, at| value << 1 | bit(at));
        self.at += count;
        value
    }

    fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.at)
    }

    fn object(&mut self) -> u32 {
        match self.take(5) {
            31 => 32 + self.take(6),
            object => object,
        }
    }

    fn rate(&mut self) -> Rate {
        match self.take(4) {
            15 => {
                self.take(24);
                Rate::Hertz
            }
            index => Rate::Index(index),
        }
    }
}
