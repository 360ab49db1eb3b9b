//! Letters that the window's own fonts lack are taken from the machine's fonts, because names of sounds may be in any
//! script. The machine's fonts are listed only when the first such letter is drawn.

use std::sync::Arc;

use parking_lot::Mutex;

use egui::{Context, FallbackRequest, FontData, FontFamily, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use fontdb::{Database, FaceInfo, Style};
use ttf_parser::Face;
use unicode_script::{Script, UnicodeScript as _};

/// Lets a window draw all letters for which the machine has a font.
///
/// eframe has a provider of its own, behind its feature `system_fonts`. That one also needs coloured emoji and a second
/// text renderer in every build.
pub fn install(ctx: &Context) {
    ctx.add_font_provider(Arc::new(MachineFonts::default()));
}

/// The machine's fonts, after they have been listed.
#[derive(Default)]
struct MachineFonts(Mutex<Option<Database>>);

impl FontProvider for MachineFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let letter = request.cluster.chars().next().filter(|letter| belongs_to_a_script(*letter))?;
        let mut listed = self.0.lock();
        let fonts = listed.get_or_insert_with(listed_fonts);
        let wanted_monospaced = *request.family == FontFamily::Monospace;
        let (info, bytes) = font_with(fonts, letter, wanted_monospaced)?;
        Some(FontInsert {
            name: format!("{} ({})", info.post_script_name, info.id),
            data: FontData { index: info.index, ..FontData::from_owned(bytes) },
            families: vec![InsertFontFamily { family: request.family.clone(), priority: FontPriority::Lowest }],
        })
    }
}

/// Signs and punctuation that belong to no script are drawn as a box. Searching all fonts for them is not worth the
/// time.
fn belongs_to_a_script(letter: char) -> bool {
    !matches!(letter.script(), Script::Common | Script::Inherited | Script::Unknown)
}

fn listed_fonts() -> Database {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    fonts
}

/// The most ordinary of the fonts that have a letter: upright, sans serif, of medium weight.
fn font_with(fonts: &Database, letter: char, monospaced: bool) -> Option<(FaceInfo, Vec<u8>)> {
    let mut faces: Vec<&FaceInfo> = fonts.faces().collect();
    let unusual = |face: &FaceInfo| {
        let weight = face.weight.0.abs_diff(400);
        let is_serif = face.post_script_name.contains("Serif");
        (face.style != Style::Normal, face.monospaced != monospaced, is_serif, weight)
    };
    faces.sort_by_key(|face| unusual(face));
    faces.into_iter().find_map(|face| {
        let bytes = fonts.with_face_data(face.id, |bytes, index| {
            let parsed = Face::parse(bytes, index).ok()?;
            parsed.glyph_index(letter).map(|_| bytes.to_vec())
        });
        Some((face.clone(), bytes??))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A font that is found for a letter must have it. For a letter without a script, none is found.
    #[test]
    fn fonts_of_the_machine_are_found_by_letter() {
        let fonts = listed_fonts();
        for letter in ['ب', 'ש', 'あ', '漢', '한', 'ไ', 'ह'] {
            assert!(belongs_to_a_script(letter), "{letter}");
            match font_with(&fonts, letter, false) {
                Some((face, bytes)) => {
                    let parsed = Face::parse(&bytes, face.index).expect("a font");
                    assert!(parsed.glyph_index(letter).is_some());
                    assert_eq!(face.style, Style::Normal);
                }
                None => eprintln!("SKIPPED: this machine has no font with {letter}"),
            }
        }
        assert!(!belongs_to_a_script('\u{E123}') && !belongs_to_a_script('!'));
    }

    #[test]
    fn a_window_asks_for_a_font_only_when_it_lacks_a_letter() {
        let provider = MachineFonts::default();
        let request = |cluster| FallbackRequest { cluster, family: &FontFamily::Proportional };
        assert!(provider.font_for(&request("\u{E123}")).is_none());
        assert!(provider.0.lock().is_none(), "the fonts are not listed for nothing");
        let found = provider.font_for(&request("ب"));
        assert!(provider.0.lock().is_some());
        assert!(found.is_none_or(|font| !font.name.is_empty()));
    }
}
