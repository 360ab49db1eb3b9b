//! The names of codecs, and which codecs keep samples exactly.

use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codec};

/// The bits of a sample if the codec keeps whole numbers exactly. `None` if samples are floating point, or if the codec
/// is lossy.
pub(super) fn stored_bits(parameters: &AudioCodecParameters) -> Option<u32> {
    /// The position of the bits of a sample in ALAC's magic cookie.
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
        | codec::CODEC_ID_PCM_MULAW => Some(16),
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
        codec::CODEC_ID_ADPCM_MS | codec::CODEC_ID_ADPCM_IMA_WAV | codec::CODEC_ID_ADPCM_IMA_QT => {
            "ADPCM with more than two channels"
        }
        codec::CODEC_ID_ADPCM_G722 | codec::CODEC_ID_ADPCM_G726 | codec::CODEC_ID_ADPCM_G726LE => "G.722 or G.726",
        _ => "its encoding",
    };
    name.into()
}
