//! Compares the first model of a synthetic library with the features that sounds are usually compared by, and with what
//! training makes of the model.

use std::ops::ControlFlow;

use super::statistics::statistics;
use super::*;
use crate::synth::{self, Patch};

/// A library of doppelgangers: the sound of each file, and the patch that it came from.
struct Library {
    sounds: Vec<Vec<f32>>,
    kinds: Vec<usize>,
}

impl Library {
    fn new(patches: usize, files: usize) -> Self {
        let one = |file: usize| {
            // The base model never heard this seed. Loudness changes from file to file, as in a real library.
            let sound = Patch::doppelganger(77, (file / files) as u64, (file % files) as u64, 0.12, 0.6);
            let gain = [1.0, 0.4, 0.15][file % 3];
            sound.into_iter().map(|x| gain * x).collect()
        };
        Self {
            sounds: (0..patches * files).map(one).collect(),
            kinds: (0..patches * files).map(|f| f / files).collect(),
        }
    }

    fn config(settings: &TrainingSettings, files: usize) -> Config {
        Config::new(settings, Some(synth::RATE)).unwrap().suited(settings, files)
    }

    fn store(&self, config: &Config) -> FeatureStore {
        let mut builder = FeatureStoreBuilder::new(config, &std::env::temp_dir());
        for sound in &self.sounds {
            let features = builder.front_end().features(sound);
            builder.push(&features).unwrap();
        }
        builder.finish().unwrap()
    }

    /// One row for each file: the result of `of` for the first chunk.
    fn rows(&self, config: &Config, of: impl Fn(&[f32]) -> Vec<f32>) -> Vec<Vec<f32>> {
        self.sounds.iter().map(|sound| of(&sound[..config.chunk_frames])).collect()
    }

    /// The mean average precision of files of one kind, by cosine.
    fn mean_average_precision(&self, rows: &[Vec<f32>]) -> f32 {
        let length = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-9);
        let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() / length(a) / length(b);
        let of_file = |file: usize| {
            let mut others: Vec<usize> = (0..rows.len()).filter(|&other| other != file).collect();
            others.sort_by(|&a, &b| cosine(&rows[file], &rows[b]).total_cmp(&cosine(&rows[file], &rows[a])));
            let right: Vec<usize> =
                (0..others.len()).filter(|&rank| self.kinds[others[rank]] == self.kinds[file]).collect();
            right.iter().enumerate().map(|(n, rank)| (n + 1) as f32 / (rank + 1) as f32).sum::<f32>()
                / right.len() as f32
        };
        (0..rows.len()).map(of_file).sum::<f32>() / rows.len() as f32
    }
}

fn signs(h: &[f32]) -> Vec<f32> {
    h.iter().map(|h| h.signum()).collect()
}

/// The rows with each column standardised to mean 0 and deviation 1.
fn standardised(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let n = rows.len() as f32;
    let mean: Vec<f32> = (0..rows[0].len()).map(|c| rows.iter().map(|r| r[c]).sum::<f32>() / n).collect();
    let deviation = |c: usize| (rows.iter().map(|r| (r[c] - mean[c]).powi(2)).sum::<f32>() / n).sqrt() + 1e-6;
    let deviations: Vec<f32> = (0..mean.len()).map(deviation).collect();
    rows.iter().map(|r| (0..mean.len()).map(|c| (r[c] - mean[c]) / deviations[c]).collect()).collect()
}

/// Mean, deviation and change of 20 cepstral coefficients: MFCC features.
fn cepstra(config: &Config, samples: &[f32]) -> Vec<f32> {
    const COEFFICIENTS: usize = 20;
    let front_end = FrontEnd::new(config);
    let mut logs = Vec::new();
    FrontEnd::unpack_logs(&front_end.features(samples).rows, &mut logs);
    let bands = config.mels;
    let cosine = |k: usize, b: usize| (std::f32::consts::PI * k as f32 * (b as f32 + 0.5) / bands as f32).cos();
    let cepstra: Vec<f32> = logs
        .chunks_exact(bands)
        .flat_map(|frame| {
            (0..COEFFICIENTS).map(|k| frame.iter().enumerate().map(|(b, x)| x * cosine(k, b)).sum::<f32>())
        })
        .collect();
    statistics(&cepstra, logs.len() / bands, COEFFICIENTS)
}

#[test]
fn the_first_model_beats_cepstral_features_with_no_training() {
    let library = Library::new(24, 5);
    let config = Library::config(&TrainingSettings { bits: Some(128), ..Default::default() }, library.sounds.len());
    assert_eq!(config.start, Start::Base);
    let store = library.store(&config);
    let model = Model::first(config.clone(), &store, store.chunks()).unwrap();
    assert_eq!(model.kind(), ModelKind::Base);
    let ours = library.rows(&config, |chunk| signs(&model.encode(chunk, &[0]).unwrap()));
    let theirs = standardised(&library.rows(&config, |chunk| cepstra(&config, chunk)));
    let (ours, theirs) = (library.mean_average_precision(&ours), library.mean_average_precision(&theirs));
    assert!(ours > 1.05 * theirs, "{ours} with 128 bits, {theirs} with cepstral features");
}

#[test]
fn the_first_model_is_the_same_each_time_and_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first.safetensors");
    let library = Library::new(4, 3);
    let config = Library::config(&TrainingSettings::default(), 12);
    let store = library.store(&config);
    let model = Model::first(config.clone(), &store, 1234).unwrap();
    let again = Model::first(config, &store, 1234).unwrap();
    let h = model.encode(&library.sounds[0], &[0, 4096]).unwrap();
    assert_eq!(h, again.encode(&library.sounds[0], &[0, 4096]).unwrap());
    model.save(&path).unwrap();
    let loaded = Model::load(&path).unwrap();
    assert_eq!((loaded.kind(), loaded.progress().chunks), (ModelKind::Base, 1234));
    assert_eq!(h, loaded.encode(&library.sounds[0], &[0, 4096]).unwrap());
}

#[test]
fn the_decoder_follows_the_new_bits() {
    let library = Library::new(12, 4);
    let config = Library::config(&TrainingSettings::default(), library.sounds.len());
    let model = Model::first(config.clone(), &library.store(&config), 48).unwrap();
    let go_on = &|| ControlFlow::Continue(());
    let logs = |samples: &[f32]| {
        let mut logs = Vec::new();
        FrontEnd::unpack_logs(&FrontEnd::new(&config).features(samples).rows, &mut logs);
        logs
    };
    // The distance of the decoded frames of each file from those of each file's sound.
    let decoded: Vec<Vec<f32>> = library.rows(&config, |chunk| {
        let bits: Vec<bool> = model.encode(chunk, &[0]).unwrap().iter().map(|&h| h > 0.0).collect();
        logs(&model.decode(&bits, &[0], go_on).unwrap().unwrap())
    });
    let clean = library.rows(&config, logs);
    let far = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32;
    let (mut own, mut other) = (0.0, 0.0);
    for (file, decoded) in decoded.iter().enumerate() {
        own += far(decoded, &clean[file]);
        other += far(decoded, &clean[(file + 17) % clean.len()]);
    }
    assert!(own < 0.6 * other, "{own} from the own sound, {other} from another");
}

#[test]
fn training_makes_a_tiny_library_no_worse() {
    let library = Library::new(5, 4);
    let settings = TrainingSettings { steps: Some(40), synthetic: Some(0.0), bits: Some(32), ..Default::default() };
    let config = Library::config(&settings, library.sounds.len());
    let store = library.store(&config);
    let score = |model: &Model| {
        library.mean_average_precision(&library.rows(&config, |chunk| signs(&model.encode(chunk, &[0]).unwrap())))
    };
    let before = score(&Model::first(config.clone(), &store, store.chunks()).unwrap());
    let mut trainer = Trainer::new(config.clone(), &store).unwrap();
    trainer.run(&mut |_| ControlFlow::Continue(())).unwrap();
    trainer.keep_the_better(&store).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    trainer.save(&path).unwrap();
    let after = score(&Model::load(&path).unwrap());
    assert!(after >= before - 0.02, "{after} after training, {before} before");
}
