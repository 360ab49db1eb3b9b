//! The settings that a person chose before a training: plain data, turned into [`TrainingSettings`].

use crate::model::{Config, InForm, Preset, SETTINGS, Setting, TrainingSettings};

#[derive(Clone, Debug, PartialEq)]
pub struct TrainingForm {
    pub preset: Preset,
    pub bits: usize,
    /// The typed texts, in the order of [`SETTINGS`]. An empty text keeps the preset's value.
    pub typed: [String; SETTINGS.len()],
}

impl Default for TrainingForm {
    fn default() -> Self {
        let preset = Preset::default();
        Self { preset, bits: usual_bits(preset), typed: Default::default() }
    }
}

/// The bits that a preset starts with: the same as on the command line.
pub fn usual_bits(preset: Preset) -> usize {
    let untouched = TrainingSettings { preset: Some(preset), ..TrainingSettings::default() };
    // A preset without changes is a valid configuration: the tests of the model make each of them.
    Config::new(&untouched, None).map_or(64, |config| config.bits)
}

/// The numbers of bits that a preset offers.
pub fn offered_bits(preset: Preset) -> &'static [usize] {
    if preset == Preset::Seed { &[64, 100, 128, 256] } else { &[32, 64, 128, 256] }
}

impl TrainingForm {
    pub fn choose_preset(&mut self, preset: Preset) {
        if preset != self.preset {
            self.preset = preset;
            self.bits = usual_bits(preset);
        }
    }

    /// The settings that the form shows and the chosen preset uses, with their positions in `typed`.
    pub fn fields(&self) -> impl Iterator<Item = (usize, &'static Setting, InForm)> + use<> {
        let preset = self.preset;
        let used = SETTINGS.iter().enumerate().filter(move |(_, setting)| setting.presets.contains(&preset));
        used.filter_map(|(place, setting)| Some((place, setting, setting.in_form?)))
    }

    /// The value of a setting's slider: the typed one, or else the preset's.
    pub fn slid(&self, place: usize, usual: Option<&Config>) -> Option<f64> {
        let setting = &SETTINGS[place];
        let mut typed = TrainingSettings::default();
        match setting.set(&mut typed, &self.typed[place]) {
            Ok(()) => setting.get(&typed),
            Err(_) => (setting.in_form?.of)(usual?).parse().ok(),
        }
    }

    pub fn slide(&mut self, place: usize, to: f64) {
        self.typed[place] = format!("{}", (to * 100.0).round() / 100.0);
    }

    /// Why the typed text of a setting is invalid, for people.
    pub fn problem(&self, place: usize) -> Option<String> {
        let (setting, typed) = (&SETTINGS[place], &self.typed[place]);
        read(setting, setting.in_form?.title, typed, &mut TrainingSettings::default()).err()
    }

    /// The settings for the training, or the first problem of a field.
    pub fn settings(&self) -> Result<TrainingSettings, String> {
        let mut settings =
            TrainingSettings { preset: Some(self.preset), bits: Some(self.bits), ..TrainingSettings::default() };
        for (place, setting, form) in self.fields() {
            read(setting, form.title, &self.typed[place], &mut settings)?;
        }
        Ok(settings)
    }

    /// The configuration of the chosen preset, without changes. `common_rate` is the most common rate of the files, in
    /// hertz.
    pub fn preset_config(&self, common_rate: Option<u32>) -> Option<Config> {
        let settings = TrainingSettings { preset: Some(self.preset), ..TrainingSettings::default() };
        Config::new(&settings, common_rate).ok()
    }
}

/// Reads a typed text. The error is for people.
fn read(setting: &Setting, title: &str, typed: &str, settings: &mut TrainingSettings) -> Result<(), String> {
    if typed.trim().is_empty() {
        return Ok(());
    }
    setting.set(settings, typed).map_err(|kind| format!("{title} has to be {kind}, or empty."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(field: &str) -> usize {
        SETTINGS.iter().position(|setting| setting.field == field).unwrap()
    }

    fn typed(form: &mut TrainingForm, field: &str, text: &str) -> usize {
        let place = place_of(field);
        form.typed[place] = text.to_owned();
        place
    }

    #[test]
    fn an_untouched_form_leaves_everything_to_the_preset() {
        let settings = TrainingForm::default().settings().unwrap();
        let expected = TrainingSettings { preset: Some(Preset::Spectral), bits: Some(128), ..Default::default() };
        assert_eq!(settings, expected);
        for preset in [Preset::Spectral, Preset::Waveform, Preset::Seed] {
            let untouched = TrainingSettings { preset: Some(preset), ..Default::default() };
            assert_eq!(usual_bits(preset), Config::new(&untouched, None).unwrap().bits, "{preset:?}");
        }
    }

    #[test]
    fn typed_settings_are_used_or_refused_in_words() {
        let mut form = TrainingForm::default();
        typed(&mut form, "steps", " 300 ");
        typed(&mut form, "learning_rate", "2e-3");
        let settings = form.settings().unwrap();
        assert_eq!((settings.steps, settings.learning_rate), (Some(300), Some(2e-3)));

        let place = typed(&mut form, "steps", "2.5");
        assert_eq!(form.problem(place).unwrap(), "Steps has to be a whole number from 0 to 100000000, or empty.");
        assert!(form.settings().is_err());
    }

    #[test]
    fn a_slider_shows_the_presets_value_until_it_is_moved() {
        let mut form = TrainingForm::default();
        let usual = form.preset_config(None);
        let place = place_of("neighbours");
        assert_eq!(form.slid(place, usual.as_ref()), Some(0.25));
        form.slide(place, 0.4001);
        assert_eq!((form.typed[place].as_str(), form.slid(place, None)), ("0.4", Some(0.4)));
        assert_eq!(form.settings().unwrap().neighbours, Some(0.4));
    }

    #[test]
    fn a_setting_that_the_preset_does_not_use_is_not_sent() {
        let mut form = TrainingForm::default();
        typed(&mut form, "mels", "40");
        form.choose_preset(Preset::Seed);
        let settings = form.settings().unwrap();
        assert_eq!((settings.bits, settings.mels), (Some(100), None));
    }

    #[test]
    fn the_form_sends_nothing_that_a_preset_refuses() {
        for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
            let mut form = TrainingForm::default();
            form.choose_preset(preset);
            let usual = form.preset_config(Some(8000)).unwrap();
            for (place, setting, shown) in form.fields().collect::<Vec<_>>() {
                let value = (shown.of)(&usual);
                // Lengths and rates that depend on the sounds are shown in words or left empty.
                if value.parse::<f64>().is_ok() {
                    form.typed[place] = value;
                    let config = Config::new(&form.settings().unwrap(), Some(8000));
                    assert!(config.is_ok(), "{preset:?} {}: {config:?}", setting.field);
                }
            }
        }
    }
}
