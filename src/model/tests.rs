//! Tests the whole folder with small runs of every preset.

use std::ops::ControlFlow;
use std::path::Path;

use super::*;

/// A few files of tones and noises at 8 kHz.
fn sounds() -> Vec<Vec<f32>> {
    let tone = |hz: f32, wobble: f32| -> Vec<f32> {
        (0..6000)
            .map(|i| {
                let t = i as f32 / 8000.0;
                0.4 * (std::f32::consts::TAU * (hz * t + wobble * (t * 6.0).sin())).sin() * (1.0 - t).max(0.1)
            })
            .collect()
    };
    let noise = |seed: u32| -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..5000).map(|_| 0.2 * next()).collect()
    };
    let mut all: Vec<Vec<f32>> = (0..10).map(|i| tone(150.0 * 1.25_f32.powi(i), i as f32 * 0.3)).collect();
    all.extend((0..4).map(noise));
    all
}

fn store(config: &Config) -> FeatureStore {
    let mut builder = FeatureStoreBuilder::new(config, &std::env::temp_dir());
    for sound in sounds() {
        let features = builder.front_end().features(&sound);
        builder.push(&features).unwrap();
    }
    builder.finish().unwrap()
}

fn small(preset: Preset) -> Config {
    let spectral = preset == Preset::Spectral;
    let settings = TrainingSettings {
        preset: Some(preset),
        bits: Some(16),
        steps: Some(12),
        channels: Some(if preset == Preset::Seed { 1 } else { 8 }),
        blocks: Some(3),
        batch: Some(8),
        chunk_frames: (!spectral).then_some(512),
        hop_frames: (!spectral).then_some(512),
        contrast: (preset == Preset::Waveform).then_some(0.5),
        ..Default::default()
    };
    // Without `beside`, a chunk's code does not depend on the other starts, so chunks can be compared one by one.
    Config { beside: false, ..Config::new(&settings, Some(8000)).unwrap() }
}

fn train(config: &Config, store: &FeatureStore, path: &Path) -> Vec<StepReport> {
    let mut trainer = Trainer::new(config.clone(), store).unwrap();
    let reports = run(&mut trainer, usize::MAX);
    trainer.save(path).unwrap();
    reports
}

fn run(trainer: &mut Trainer<'_>, until: usize) -> Vec<StepReport> {
    let mut reports = Vec::new();
    trainer
        .run(&mut |report| {
            reports.push(StepReport { chunks_per_second: 0.0, ..report.clone() });
            if report.step >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    reports
}

const PRESETS: [Preset; 3] = [Preset::Seed, Preset::Waveform, Preset::Spectral];

#[test]
fn the_same_seed_gives_the_same_model_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for preset in PRESETS {
        let config = small(preset);
        let store = store(&config);
        assert_eq!(train(&config, &store, &at("a")), train(&config, &store, &at("b")), "{preset:?}");
        assert_eq!(std::fs::read(at("a")).unwrap(), std::fs::read(at("b")).unwrap(), "{preset:?}");
        train(&Config { seed: 1, ..config }, &store, &at("c"));
        assert_ne!(std::fs::read(at("a")).unwrap(), std::fs::read(at("c")).unwrap(), "{preset:?}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { batch: 48, ..small(Preset::Spectral) };
    let store = store(&config);
    let with = |threads: usize, name: &str| {
        let path = folder.path().join(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(&config, &store, &path));
        std::fs::read(path).unwrap()
    };
    assert_eq!(with(1, "one"), with(3, "three"));
}

#[test]
fn a_resumed_run_ends_as_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for preset in PRESETS {
        let config = small(preset);
        let store = store(&config);
        let whole = train(&config, &store, &at("whole"));
        let mut trainer = Trainer::new(config.clone(), &store).unwrap();
        let mut parts = run(&mut trainer, 5);
        trainer.save(&at("half")).unwrap();
        drop(trainer);
        let mut trainer = Trainer::resume(&at("half"), &store).unwrap();
        assert_eq!(trainer.step(), (5, 12));
        parts.extend(run(&mut trainer, usize::MAX));
        trainer.save(&at("resumed")).unwrap();
        assert_eq!(whole, parts, "{preset:?}");
        assert_eq!(std::fs::read(at("whole")).unwrap(), std::fs::read(at("resumed")).unwrap(), "{preset:?}");
    }
}

#[test]
fn a_run_over_other_chunks_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let config = small(Preset::Spectral);
    train(&config, &store(&config), &path);
    let mut builder = FeatureStoreBuilder::new(&config, folder.path());
    let features = builder.front_end().features(&[0.1; 8000]);
    builder.push(&features).unwrap();
    let other = builder.finish().unwrap();
    assert!(matches!(Trainer::resume(&path, &other), Err(ModelError::OtherChunks { .. })));
    let seed = small(Preset::Seed);
    assert!(matches!(Trainer::new(seed, &other), Err(ModelError::OtherFeatures(Preset::Seed))));
    let empty = FeatureStoreBuilder::new(&config, folder.path()).finish().unwrap();
    assert!(matches!(Trainer::new(config, &empty), Err(ModelError::NoChunks)));
}

#[test]
fn training_lowers_the_loss_and_noise_saturates_the_units() {
    for preset in [Preset::Spectral, Preset::Waveform] {
        let config = Config {
            length: TrainingLength::Steps(150),
            channels: 16,
            batch: 16,
            learning_rate: 4e-3,
            noise: NoiseSchedule::Linear { sigma: 2.0 },
            ..small(preset)
        };
        let store = store(&config);
        let mut trainer = Trainer::new(config, &store).unwrap();
        let reports = run(&mut trainer, usize::MAX);
        let mean = |range: std::ops::Range<usize>, f: fn(&StepReport) -> f32| {
            reports[range.clone()].iter().map(f).sum::<f32>() / range.len() as f32
        };
        let falls = mean(140..150, |r| r.reconstruction) < 0.9 * mean(0..10, |r| r.reconstruction);
        assert!(falls, "{preset:?}: {} {}", reports[0].reconstruction, reports[149].reconstruction);
        assert!(mean(140..150, |r| r.saturation) > mean(0..10, |r| r.saturation) + 0.2, "{preset:?}");
        assert_eq!(reports[149].collapsed, None);
        assert!(reports.iter().all(|r| r.ones.len() == 16 && r.ones.iter().all(|o| (0.0..=1.0).contains(o))));
    }
}

#[test]
fn seeds_last_batch_wraps_to_the_start_of_the_permutation() {
    let config = Config { batch: 30, length: TrainingLength::Epochs(2), ..small(Preset::Seed) };
    let store = store(&config);
    let chunks = store.chunks();
    assert!(!chunks.is_multiple_of(30) && chunks > 30);
    let mut batches = batch::Batches::new(&config, &store, None).unwrap();
    let per_epoch = config.steps_per_epoch(chunks);
    let mut drawn: Vec<u64> = (0..per_epoch).flat_map(|step| batches.chunks(step)).collect();
    assert_eq!(drawn.len(), per_epoch * 30);
    let wrapped = drawn.split_off(chunks as usize);
    assert_eq!(wrapped, drawn[..wrapped.len()]);
    let next = batches.chunks(per_epoch);
    assert_ne!(next, drawn[..30], "a new epoch has a new order");
    drawn.sort_unstable();
    assert_eq!(drawn, (0..chunks).collect::<Vec<u64>>());
    let mut trainer = Trainer::new(config, &store).unwrap();
    assert_eq!(run(&mut trainer, usize::MAX).len(), 2 * per_epoch);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_with_its_step_and_cause() {
    let config = Config { learning_rate: 1e30, clip: 0.0, ..small(Preset::Spectral) };
    let store = store(&config);
    let mut trainer = Trainer::new(config, &store).unwrap();
    let error = trainer.run(&mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, ModelError::NotFinite { step: 2.., .. }), "{error}");
    assert!(error.to_string().contains("is not a finite number"));
}

#[test]
fn chunks_encode_alike_alone_together_and_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    for preset in PRESETS {
        let config = small(preset);
        train(&config, &store(&config), &path);
        let model = Model::load(&path).unwrap();
        assert_eq!((model.config(), model.progress().step), (&config, 12));
        let sound = &sounds()[3];
        let hop = config.hop_frames as u64;
        // One start reaches beyond the end, and one is off the grid.
        let starts = [0, hop, 2 * hop, 5999, 17, hop];
        let together = model.encode(sound, &starts).unwrap();
        for (i, start) in starts.iter().enumerate() {
            let alone = model.encode(sound, &[*start]).unwrap();
            let close = alone.iter().zip(&together[i * 16..]).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(close, "{preset:?}, start {start}");
        }
        let mut excerpt = sound[5999..].to_vec();
        excerpt.resize(config.chunk_frames, 0.0);
        assert_eq!(model.encode(&excerpt, &[0]).unwrap(), together[48..64], "{preset:?}: padded with silence");
        assert!(model.encode(&[], &[]).unwrap().is_empty());
    }
}

#[test]
fn an_untrained_model_can_be_saved_and_hears_as_a_trained_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let config = small(Preset::Spectral);
    let store = store(&config);
    Trainer::new(config, &store).unwrap().save(&path).unwrap();
    let h = Model::load(&path).unwrap().encode(&sounds()[0], &[0, 1024]).unwrap();
    assert!(h.len() == 32 && h.iter().all(|h| h.is_finite()));
}

#[test]
fn checkpoints_that_are_none_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let config = small(Preset::Spectral);
    train(&config, &store(&config), &path);
    let good = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Model::load(&path).unwrap_err()
    };
    assert!(matches!(refused(b""), ModelError::Foreign { .. }));
    assert!(matches!(refused(b"RIFF and so on, which is a sound"), ModelError::Foreign { .. }));
    assert!(matches!(refused(&good[..good.len() - 1000]), ModelError::Damaged { .. }));
    assert!(matches!(refused(&good[..200]), ModelError::Damaged { .. }));
    let mut flipped = good.clone();
    let last = flipped.len() - 100;
    flipped[last] ^= 1;
    assert!(refused(&flipped).to_string().contains("does not match its checksum"));
    let key = b"format\\\":";
    let at = good.windows(key.len()).position(|w| w == key).expect("a version") + key.len();
    let mut newer = good.clone();
    assert_eq!(newer[at], b'2');
    newer[at] = b'7';
    assert!(matches!(refused(&newer), ModelError::Version { found: 7, known: 2, .. }));
    let other = safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap();
    assert!(matches!(refused(&other), ModelError::Foreign { .. }));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Model::load(&path).unwrap_err(), ModelError::Io { action: "read", .. }));
}
