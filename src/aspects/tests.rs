//! Sounds of known aspects.

use std::f32::consts::TAU;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;

fn measured(samples: &[f32], rate: u32) -> Aspects {
    measured_in_blocks(samples, rate, 4096)
}

fn measured_in_blocks(samples: &[f32], rate: u32, block: usize) -> Aspects {
    let mut measurer = Measurer::new(rate, 1, Some(samples.len() as u64));
    for block in samples.chunks(block) {
        measurer.push(block);
        measurer.push_mixed(block);
    }
    measurer.finish()
}

fn sine(hz: f32, secs: f32, rate: u32) -> Vec<f32> {
    let samples = (secs * rate as f32) as usize;
    (0..samples).map(|i| 0.5 * (f64::from(TAU * hz) * i as f64 / f64::from(rate)).sin() as f32).collect()
}

/// Harmonics that fall by 6 dB an octave.
fn harmonic(hz: f32, secs: f32, rate: u32) -> Vec<f32> {
    let mut sound = vec![0.0; (secs * rate as f32) as usize];
    let harmonics = ((0.45 * rate as f32 / hz) as usize).min(20);
    for number in 1..=harmonics {
        let partial = sine(hz * number as f32, secs, rate);
        sound.iter_mut().zip(partial).for_each(|(sample, partial)| *sample += partial / number as f32);
    }
    sound
}

fn noise(secs: f32, rate: u32, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..(secs * rate as f32) as usize).map(|_| rng.random_range(-0.5..0.5)).collect()
}

fn faded(mut sound: Vec<f32>, rate: u32, gain: impl Fn(f32) -> f32) -> Vec<f32> {
    sound.iter_mut().enumerate().for_each(|(i, sample)| *sample *= gain(i as f32 / rate as f32));
    sound
}

/// Short bursts of noise, `bpm` of them a minute.
fn clicks(bpm: f32, secs: f32, rate: u32) -> Vec<f32> {
    let mut sound = vec![0.0; (secs * rate as f32) as usize];
    let burst = noise(0.02, rate, 1);
    let mut at = 0.0;
    while (at as usize) < sound.len() {
        sound[at as usize..].iter_mut().zip(&burst).for_each(|(sample, burst)| *sample += burst);
        at += 60.0 / bpm * rate as f32;
    }
    sound
}

#[test]
fn the_pitch_of_tones_is_right_within_five_cents_at_every_rate() {
    for rate in [8000, 22_050, 44_100, 48_000, 96_000] {
        for hz in [55.0, 110.0, 261.63, 440.0, 987.77, 1480.0] {
            for (name, sound) in [("sine", sine(hz, 0.5, rate)), ("harmonics", harmonic(hz, 0.5, rate))] {
                let pitch =
                    measured(&sound, rate).pitch.unwrap_or_else(|| panic!("{name} of {hz} Hz at {rate} has a pitch"));
                let cents = 1200.0 * (pitch.hz / hz).log2();
                assert!(cents.abs() < 5.0, "{name} of {hz} Hz at {rate}: {} Hz", pitch.hz);
                assert!(pitch.confidence > 0.9, "{name} of {hz} Hz at {rate}: {}", pitch.confidence);
            }
        }
    }
    assert_eq!(
        measured(&sine(440.0, 0.5, 44_100), 44_100).pitch.map(|pitch| pitch.note().to_string()).as_deref(),
        Some("A4")
    );
}

#[test]
fn a_short_note_and_one_that_dies_away_have_their_pitch() {
    let short = measured(&sine(880.0, 0.03, 44_100), 44_100).pitch.expect("30 ms are enough");
    assert!((short.hz - 880.0).abs() < 5.0, "{}", short.hz);
    let plucked = faded(harmonic(196.0, 2.0, 44_100), 44_100, |secs| (-6.0 * secs).exp());
    let plucked = measured(&plucked, 44_100).pitch.expect("a pitch");
    assert!((plucked.hz - 196.0).abs() < 0.6 && plucked.confidence > 0.85, "{plucked:?}");
}

#[test]
fn noise_silence_and_a_sweep_have_no_pitch() {
    assert_eq!(measured(&noise(0.5, 44_100, 2), 44_100).pitch, None);
    assert_eq!(measured(&noise(0.05, 44_100, 3), 44_100).pitch, None);
    let sweep: Vec<f32> = (0..88_200)
        .map(|i| {
            let secs = i as f32 / 44_100.0;
            0.5 * (TAU * 100.0 * (3.0 * secs).exp2() / (3.0 * std::f32::consts::LN_2)).sin()
        })
        .collect();
    assert_eq!(measured(&sweep, 44_100).pitch, None, "three octaves a second");
    assert_eq!(measured(&[0.0; 44_100], 44_100), Aspects::default());
    assert_eq!(measured(&[], 44_100), Aspects::default());
}

#[test]
fn brightness_is_the_centroid_on_a_scale_of_octaves() {
    for rate in [8000, 44_100, 96_000] {
        let bright = measured(&sine(1000.0, 0.5, rate), rate).brightness.expect("a brightness");
        assert!((bright - 0.5).abs() < 0.005, "1 kHz is the middle: {bright} at {rate}");
    }
    let of = |sound: &[f32]| measured(sound, 44_100).brightness.expect("a brightness");
    assert!((of(&sine(4000.0, 0.3, 44_100)) - 0.75).abs() < 0.005, "two octaves on");
    assert!((of(&sine(62.5, 0.3, 44_100)) - 0.0).abs() < 0.02);
    // The centroid of white noise is in the middle of its band: 11 kHz.
    let expected = (11_025.0f32 / 62.5).log2() / 8.0;
    assert!((of(&noise(1.0, 44_100, 4)) - expected).abs() < 0.02);
    // Silence after a sound counts for nothing.
    let mut note = sine(1000.0, 0.2, 44_100);
    note.extend(noise(2.0, 44_100, 5).iter().map(|sample| sample * 1e-4));
    assert!((of(&note) - 0.5).abs() < 0.01, "{}", of(&note));
}

#[test]
fn noise_is_noisy_even_where_it_is_dark_and_tones_are_not() {
    let noisy = |sound: &[f32]| measured(sound, 44_100).noisiness.expect("a noisiness");
    let white = noise(1.0, 44_100, 6);
    let mut brown = white.clone();
    let mut sum = 0.0;
    for sample in &mut brown {
        sum = 0.998 * sum + *sample;
        *sample = 0.02 * sum;
    }
    assert!(noisy(&white) > 0.9, "{}", noisy(&white));
    assert!(noisy(&brown) > 0.55, "{}", noisy(&brown));
    assert!(noisy(&sine(440.0, 1.0, 44_100)) < 0.02);
    assert!(noisy(&harmonic(220.0, 1.0, 44_100)) < 0.1, "{}", noisy(&harmonic(220.0, 1.0, 44_100)));
    let half: Vec<f32> = sine(440.0, 1.0, 44_100).iter().zip(&white).map(|(tone, noise)| tone + noise).collect();
    assert!((0.2..0.8).contains(&noisy(&half)), "{}", noisy(&half));
}

#[test]
fn the_attack_is_as_long_as_it_was_made() {
    let rate = 44_100;
    for secs in [0.02, 0.1, 0.5, 2.0] {
        // From the first tenth of the highest level to all of it.
        let rising = faded(noise(secs + 0.5, rate, 7), rate, |at| (at / secs).min(1.0));
        let tone = faded(sine(300.0, 3.0, rate), rate, |at| (at / secs).min(1.0) * (-(at - secs).max(0.0)).exp());
        let of_tone = measured(&tone, rate).attack.expect("an attack");
        assert!((of_tone - 0.9 * secs).abs() < 0.1 * secs + 0.005, "{secs} s: {of_tone}");
        let of_noise = measured(&rising, rate).attack.expect("an attack");
        assert!((of_noise - 0.9 * secs).abs() < 0.25 * secs + 0.01, "{secs} s of noise: {of_noise}");
    }
    let struck = faded(sine(300.0, 1.0, rate), rate, |at| (-20.0 * at).exp());
    assert!(measured(&struck, rate).attack.expect("an attack") <= 0.006);
    // What comes before the sound is no part of its attack.
    let mut late = vec![0.0; 20_000];
    late.extend(&struck);
    assert!(measured(&late, rate).attack.expect("an attack") <= 0.006);
}

#[test]
fn gain_changes_the_loudness_by_as_much_and_nothing_else() {
    let sound = faded(harmonic(220.0, 1.5, 44_100), 44_100, |at| 0.5 * (-2.0 * at).exp());
    let softer: Vec<f32> = sound.iter().map(|sample| 0.1 * sample).collect();
    let (loud, soft) = (measured(&sound, 44_100), measured(&softer, 44_100));
    let difference = loud.loudness.expect("loud") - soft.loudness.expect("loud");
    assert!((difference - 20.0).abs() < 0.15, "{difference}");
    let close = |a: Option<f32>, b: Option<f32>| (a.expect("there") - b.expect("there")).abs() < 0.002;
    assert!(close(loud.attack, soft.attack) && close(loud.brightness, soft.brightness));
    assert!(close(loud.noisiness, soft.noisiness));
    assert!((loud.pitch.expect("there").hz - soft.pitch.expect("there").hz).abs() < 0.01);
}

#[test]
fn loudness_is_that_of_the_standard() {
    // A sine of 997 Hz at full scale in one channel has -3.01 LUFS (ITU-R BS.1770-4).
    let full: Vec<f32> = sine(997.0, 3.0, 48_000).iter().map(|sample| 2.0 * sample).collect();
    let loudness = measured(&full, 48_000).loudness.expect("loud");
    assert!((loudness + 3.01).abs() < 0.1, "{loudness}");
    // In both channels it is twice as much.
    let mut both = Measurer::new(48_000, 2, None);
    both.push(&full.iter().flat_map(|sample| [*sample; 2]).collect::<Vec<_>>());
    assert!((both.finish().loudness.expect("loud")).abs() < 0.1);
    // A short sound has a loudness, too.
    let short = measured(&full[..4800], 48_000).loudness.expect("100 ms are enough");
    assert!((short + 3.01 + 6.02).abs() < 0.3, "a quarter of 400 ms: {short}");
}

#[test]
fn the_tempo_of_clicks_is_theirs() {
    for bpm in [72.0, 90.0, 118.5, 120.0, 128.0, 140.0, 174.0] {
        for secs in [8.0, 30.0] {
            let tempo =
                measured(&clicks(bpm, secs, 22_050), 22_050).tempo.unwrap_or_else(|| panic!("{bpm} has a tempo"));
            assert!((tempo - bpm).abs() < 0.005 * bpm, "{bpm} for {secs} s: {tempo}");
        }
    }
    let bar = measured(&clicks(120.0, 2.0, 44_100), 44_100).tempo.expect("a bar is enough");
    assert!((bar - 120.0).abs() < 1.5, "{bar}");
}

#[test]
fn a_loop_of_whole_bars_has_the_tempo_of_its_beats() {
    // Soft hits on each beat, and in each bar of four beats five louder hits, most of them three quarters of a beat apart.
    for bpm in [97.0, 110.0, 126.0] {
        let (rate, secs) = (22_050, 8.0 * 60.0 / bpm);
        let mut sound = vec![0.0; (secs * rate as f32) as usize];
        let burst = noise(0.02, rate, 3);
        let loud = [0.0, 0.75, 1.5, 2.25, 3.0].map(|beat| (beat, 0.9));
        let soft = [1.0, 2.0].map(|beat| (beat, 0.5));
        for bar in 0..2 {
            for (beat, level) in loud.into_iter().chain(soft) {
                let at = ((4.0 * bar as f32 + beat) * 60.0 / bpm * rate as f32) as usize;
                sound[at..].iter_mut().zip(&burst).for_each(|(sample, burst)| *sample += level * burst);
            }
        }
        let tempo = measured(&sound, rate).tempo.expect("a loop has a tempo");
        assert!((tempo - bpm).abs() < 0.01 * bpm, "{bpm}: {tempo}");
    }
}

#[test]
fn what_does_not_repeat_has_no_tempo() {
    assert_eq!(measured(&noise(10.0, 22_050, 8), 22_050).tempo, None);
    assert_eq!(measured(&sine(440.0, 10.0, 22_050), 22_050).tempo, None);
    assert_eq!(measured(&clicks(120.0, 0.9, 22_050), 22_050).tempo, None, "too short");
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut at_random = vec![0.0; 20 * 22_050];
    let burst = noise(0.02, 22_050, 1);
    for _ in 0..40 {
        let at = rng.random_range(0..at_random.len());
        at_random[at..].iter_mut().zip(&burst).for_each(|(sample, burst)| *sample += burst);
    }
    assert_eq!(measured(&at_random, 22_050).tempo, None, "clicks at random");
}

#[test]
fn the_size_of_blocks_changes_nothing() {
    let sound = faded(harmonic(146.8, 1.2, 16_000), 16_000, |at| (-3.0 * at).exp());
    let whole = measured_in_blocks(&sound, 16_000, sound.len());
    assert_eq!(measured_in_blocks(&sound, 16_000, 1), whole);
    assert_eq!(measured_in_blocks(&sound, 16_000, 997), whole);
}

#[test]
fn a_long_sound_is_measured_as_a_short_one_is() {
    // Five minutes: frames are thinned out several times.
    let long = measured(&harmonic(220.0, 300.0, 8000), 8000);
    let short = measured(&harmonic(220.0, 2.0, 8000), 8000);
    assert!((long.pitch.expect("there").hz - 220.0).abs() < 0.5);
    assert!((long.brightness.expect("there") - short.brightness.expect("there")).abs() < 0.01);
}

#[test]
fn odd_rates_and_samples_that_are_no_numbers_do_no_harm() {
    for rate in [1, 7, 100, 900, 4000, 384_000, 10_000_000] {
        let aspects = measured(&noise(1.0, rate.min(400_000), 10), rate);
        assert_eq!(aspects.flaw(), None, "{rate}");
    }
    for strange in [f32::NAN, f32::INFINITY, 1e30, f32::MIN_POSITIVE] {
        let mut sound = sine(440.0, 0.5, 44_100);
        sound[5000] = strange;
        assert_eq!(measured(&sound, 44_100).flaw(), None, "{strange}");
    }
    // A damaged header may declare this. The memory that it would take is not asked for.
    for (rate, channels) in [(44_100, 1000), (10_000_000, 1024), (2_822_400, 64)] {
        assert_eq!(Measurer::new(rate, channels, None).finish(), Aspects::default());
    }
}

#[test]
fn what_cannot_be_has_a_name() {
    let wrong = |aspects: Aspects| aspects.flaw();
    assert_eq!(wrong(Aspects::default()), None);
    assert_eq!(wrong(Aspects { brightness: Some(1.5), ..Aspects::default() }), Some("brightness"));
    assert_eq!(wrong(Aspects { attack: Some(f32::NAN), ..Aspects::default() }), Some("attack"));
    let pitch = Pitch { hz: 440.0, confidence: 0.1 };
    assert_eq!(wrong(Aspects { pitch: Some(pitch), ..Aspects::default() }), Some("confidence of a pitch"));
}
