//! The bits of a code.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

use super::{answer, files, finish};
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, CodeOf, CodeReport, Command, DecodedCode, Event, JobId, NamedFile, Outcome};
use crate::gui::shared::Page;
use crate::gui::state::State;
use crate::gui::tests::made_up::{self, changed, in_short, submitted};
use crate::gui::tests::pages::turn_to;
use crate::gui::tests::panels::{commands, press, window};

#[test]
fn a_new_index_is_asked_for_its_codes() {
    let mut harness = bits_page();
    press(&mut harness, "Bit 1 of 64");
    let asked = commands(&mut harness);
    let mut state = std::mem::take(harness.state_mut());
    state.submitted(JobId(9), &asked[0]);
    state.apply(Event::Cancelled { job: JobId(9) });
    *harness.state_mut() = changed(state, |latest| {
        let mut index = (*made_up::index()).clone();
        index.generation = 2;
        latest.index = Some(index.into());
    });
    harness.run();
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { .. }, .. }]), "{asked:?}");
}

fn code_report(of: CodeOf, code: Vec<u64>) -> CodeReport {
    let near = |file: &NamedFile, distance| {
        (ChunkPlace { file: file.id, path: file.path.clone(), start_secs: 0.0, end_secs: 0.256 }, distance)
    };
    let near = files().iter().zip([0, 2, 5]).map(|(file, distance)| near(file, distance)).collect();
    CodeReport { of, bits: 64, code, held_by: 1, near, balance: Arc::new(vec![0.5; 64]) }
}

/// The page of bits with the first match's code.
pub fn bits_page() -> Harness<'static, State> {
    let mut harness = window(made_up::matched());
    turn_to(&mut harness, "Bits");
    let of = CodeOf::Chunk { file: FileId(2), start_secs: 0.128 };
    let report = code_report(of, vec![0b101]);
    answer(&mut harness, |command| matches!(command, Command::LookAtCode { .. }), Outcome::CodeLookedAt(report));
    submitted(harness.state_mut());
    harness
}

#[test]
fn a_flipped_code_is_looked_up() {
    let mut harness = bits_page();
    harness.get_by_label("a000 0000 0000 0000");
    harness.get_by_label("1 sound has this code");
    press(&mut harness, "Bit 1 of 64");
    let asked = commands(&mut harness);
    let [Command::LookAtCode { of: CodeOf::Code(code), .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(code, &[0b100]);
    harness.get_by_label("kick_00.wav at 0:00.13, with 1 bit flipped");
    let mut report = code_report(CodeOf::Code(vec![0b100]), vec![0b100]);
    report.held_by = 0;
    finish(&mut harness, &asked[0], Outcome::CodeLookedAt(report));
    harness.get_by_label("No sound has this code. The nearest:");

    // The clicked cell has the keyboard.
    harness.get_by_label("Bit 1 of 64").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.run();
    assert!(harness.get_by_label("Bit 2 of 64").is_focused());
    harness.key_press(Key::Space);
    harness.run();
    assert_eq!(harness.state().bits.code, [0b110]);
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert!(harness.state().bits.cursor > 8, "a line further down");
    press(&mut harness, "Flip back");
    assert_eq!((harness.state().bits.code.clone(), harness.state().bits.flipped()), (vec![0b101], 0));
}

#[test]
fn the_decoders_sound_plays_and_is_named() {
    let mut harness = bits_page();
    press(&mut harness, "Hear the decoder");
    let decoded = DecodedCode { code: vec![0b101], path: "/tmp/decoded a0.wav".into() };
    answer(&mut harness, |command| matches!(command, Command::DecodeCode { .. }), Outcome::CodeDecoded(decoded));
    assert_eq!(in_short(&commands(&mut harness)), ["play /tmp/decoded a0.wav 0.00-end"]);
    let state = std::mem::take(harness.state_mut());
    *harness.state_mut() = changed(state, |latest| {
        latest.player.playing = true;
        latest.player.path = Some("/tmp/decoded a0.wav".into());
    });
    harness.step();
    harness.get_by_label("This is the decoder's sound of the code, not a recording.");
    press_while_playing(&mut harness, "Hear the original");
    let asked = in_short(&commands(&mut harness));
    assert!(asked.contains(&"play /sounds/kick/kick_00.wav 0.13-0.38".to_owned()), "{asked:?}");
}

/// Presses a widget while something plays. The window then redraws itself and never comes to rest.
fn press_while_playing(harness: &mut Harness<'_, State>, name: &str) {
    harness.get_by_label(name).click();
    harness.step();
    harness.step();
}

#[test]
fn near_chunks_are_played_shown_and_searched() {
    let mut harness = bits_page();
    press(&mut harness, "Near 2: kick_00.wav, 2 bits differ");
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Space);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    let expected = ["kick/kick", "pad/pad", "pad/pad"].map(|name| format!("play /sounds/{name}_00.wav 0.00-0.26"));
    assert_eq!(asked, expected);
    press(&mut harness, "Look at the bits of near 2");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { file: FileId(2), .. }, .. }]), "{asked:?}");
    let of = CodeOf::Chunk { file: FileId(2), start_secs: 0.0 };
    finish(&mut harness, &asked[0], Outcome::CodeLookedAt(code_report(of, vec![7])));
    press(&mut harness, "Find sounds like near 3");
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/pad/pad_00.wav 0.00-0.26 by file"]);
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn the_bits_are_those_of_the_last_selection() {
    let mut harness = bits_page();
    press(&mut harness, "The query");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Sound { .. }, .. }]), "{asked:?}");
    assert!(harness.get_by_label("The dot").accesskit_node().is_disabled(), "no dot is selected");
    assert!(harness.get_by_label("The file").accesskit_node().is_disabled(), "no file is selected");

    let mut harness = window(made_up::ready());
    turn_to(&mut harness, "Bits");
    harness.get_by_label("Whose bits?");
    turn_to(&mut harness, "Search");
    harness.state_mut().click_file(1, false, false);
    turn_to(&mut harness, "Bits");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { file: FileId(2), .. }, .. }]), "{asked:?}");
    harness.get_by_label("Looking it up…");
}
