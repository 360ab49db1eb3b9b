//! The table of settings: names, ranges, presets, and the command line made from it.

use super::*;

/// A valid value of a setting.
fn example(setting: &Setting) -> String {
    let (least, most) = setting.range;
    let middle = (least + most.min(1e9)) / 2.0;
    if setting.is_whole { format!("{middle:.0}") } else { middle.to_string() }
}

#[test]
fn each_setting_is_read_and_told_under_its_own_name() {
    for setting in SETTINGS {
        let mut settings = TrainingSettings::default();
        setting.set(&mut settings, &format!(" {} ", example(setting))).unwrap();
        let given = serde_json::to_value(&settings).unwrap();
        let given: Vec<_> = given.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()).collect();
        assert_eq!(given.len(), 1, "{}", setting.field);
        assert_eq!(given[0].0, setting.field);
        let (json, told) = (given[0].1.as_f64().unwrap(), setting.get(&settings).unwrap());
        assert!((json - told).abs() <= 1e-6 * json, "{}: {json} {told}", setting.field);
        assert_eq!(setting.option, setting.field.replace('_', "-"));
    }
    let all = serde_json::to_value(TrainingSettings::default()).unwrap();
    assert_eq!(all.as_object().unwrap().len(), SETTINGS.len() + 1);
}

#[test]
fn the_ends_of_each_range_may_be_given_and_nothing_beyond() {
    for setting in SETTINGS {
        let (least, most) = setting.range;
        let preset = setting.presets[0];
        let mut settings = TrainingSettings::default();
        for value in [least, most] {
            // An f64 cannot hold the largest seed.
            let text = if setting.field == "seed" && value > 0.0 { u64::MAX.to_string() } else { value.to_string() };
            setting.set(&mut settings, &text).unwrap();
            settings.check(preset).unwrap();
        }
        for text in ["", "x", "NaN", "1e30", "-1"] {
            let why = setting.set(&mut settings, text).unwrap_err();
            assert!(why.contains("number from"), "{} {text}: {why}", setting.field);
        }
        if setting.is_whole {
            setting.set(&mut settings, "9.5").unwrap_err();
        }
    }
}

#[test]
fn a_setting_of_another_preset_is_refused() {
    for setting in SETTINGS {
        let mut settings = TrainingSettings::default();
        setting.set(&mut settings, &example(setting)).unwrap();
        for &preset in ALL {
            assert_eq!(settings.check(preset).is_ok(), setting.presets.contains(&preset), "{}", setting.field);
        }
    }
}

#[test]
fn the_command_line_takes_each_setting() {
    let command = || TrainingSettings::augment_args(Command::new("train"));
    for setting in SETTINGS {
        let arguments = ["train".to_owned(), format!("--{}", setting.option), example(setting)];
        let matches = command().try_get_matches_from(&arguments).unwrap();
        let settings = TrainingSettings::from_arg_matches(&matches).unwrap();
        let mut expected = TrainingSettings::default();
        setting.set(&mut expected, &arguments[2]).unwrap();
        assert_eq!(settings, expected);
        if let Some(rival) = setting.rival {
            let both = [&arguments[..], &[format!("--{rival}"), "100".to_owned()]].concat();
            assert!(command().try_get_matches_from(both).is_err(), "{} and {rival}", setting.option);
        }
    }
    let help = command().render_help().to_string();
    assert!(help.contains("[8 to 512]") && help.contains("(spectral and waveform)"), "{help}");
}

#[test]
fn what_a_slider_offers_may_be_given() {
    for setting in SETTINGS {
        let (least, most) = setting.range;
        let usual = setting.in_form.and_then(|form| form.usual);
        assert!(usual.is_none_or(|(from, to)| least <= from && to <= most), "{}", setting.field);
    }
}
