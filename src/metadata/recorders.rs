//! Metadata that recorders write: GUANO, comments of AudioMoth, `bext` and iXML.

use std::sync::LazyLock;

use regex::Regex;

use super::recorded::Recorded;
use super::{Metadata, text, text_of};

/// No real iXML has more elements.
const MOST_NODES: u32 = 20_000;

/// Reads GUANO ("Grand Unified Acoustic Notation Ontology"), version 1.0: lines of a key, a colon and a value. `None` if it is
/// none.
pub fn guano(bytes: &[u8]) -> Option<Metadata> {
    let given = str::from_utf8(bytes).ok()?;
    let mut metadata = Metadata::default();
    let mut is_guano = false;
    for (key, value) in given.trim_matches(['\0', '\u{feff}']).lines().filter_map(|line| line.split_once(':')) {
        match key.trim() {
            "GUANO|Version" => is_guano = true,
            "Timestamp" => metadata.recorded = Recorded::read(value),
            // Line breaks in values are written as \n.
            "Note" => metadata.comment = text(&value.replace("\\n", "\n")),
            _ => {}
        }
    }
    is_guano.then_some(metadata)
}

/// When a recording began, by a comment of AudioMoth: "Recorded at 04:30:00 13/05/2026 (UTC) by AudioMoth …".
pub fn audiomoth(comment: &str) -> Option<Recorded> {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^Recorded at (\d\d:\d\d:\d\d(?:\.\d{1,9})?) (\d\d)/(\d\d)/(\d{4}) \(UTC[^)]*\)")
            .expect("a constant that a test compiles")
    });
    let [time, day, month, year] = FORM.captures(comment.trim())?.extract().1;
    Recorded::read(&format!("{year}-{month}-{day} {time}"))
}

/// Reads a `bext` chunk (EBU Tech 3285). `None` if it is cut off.
pub fn bext(bytes: &[u8]) -> Option<Metadata> {
    // Description, originator, the originator's reference, date, time, and more that is not needed here.
    let field = |from: usize, length: usize| bytes.get(from..from + length);
    let date = text_of(field(320, 10)?);
    let time = text_of(field(330, 8)?);
    let recorded = match (date, time) {
        (Some(date), Some(time)) => Recorded::read(&format!("{date} {time}")).or_else(|| Recorded::read(&date)),
        (date, _) => date.and_then(|date| Recorded::read(&date)),
    };
    Some(Metadata {
        recorded,
        comment: text_of(field(0, 256)?),
        artist: text_of(field(256, 32)?),
        ..Metadata::default()
    })
}

/// Reads an iXML chunk. `None` if it is damaged.
pub fn ixml(bytes: &[u8]) -> Option<Metadata> {
    let given = str::from_utf8(bytes).ok()?.trim_matches(['\0', '\u{feff}', ' ', '\r', '\n']);
    let options = roxmltree::ParsingOptions { nodes_limit: MOST_NODES, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(given, options).ok()?;
    let value = |name: &str| {
        let element = document.descendants().find(|node| node.has_tag_name(name))?;
        text(element.text()?)
    };
    let recorded = match (value("BWF_ORIGINATION_DATE"), value("BWF_ORIGINATION_TIME")) {
        (Some(date), Some(time)) => Recorded::read(&format!("{date} {time}")),
        (date, _) => date.and_then(|date| Recorded::read(&date)),
    };
    let title = match (value("SCENE"), value("TAKE")) {
        (Some(scene), Some(take)) => Some(format!("{scene}, take {take}")),
        (scene, take) => scene.or(take.map(|take| format!("take {take}"))),
    };
    Some(Metadata { recorded, title, album: value("PROJECT"), comment: value("NOTE"), ..Metadata::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(recorded: Option<Recorded>) -> Option<String> {
        recorded.map(|recorded| recorded.to_string())
    }

    #[test]
    fn guano_has_the_time_and_a_note() {
        let given =
            "GUANO|Version: 1.0\nTimestamp: 2026-05-13T22:10:05.5+02:00\nNote: two bats\\nand an owl\nMake: X\n\0";
        let read = guano(given.as_bytes()).expect("GUANO");
        assert_eq!(shown(read.recorded).as_deref(), Some("2026-05-13T22:10:05.5"));
        assert_eq!(read.comment.as_deref(), Some("two bats\nand an owl"));
        assert_eq!(guano(b"Timestamp: 2026-05-13T22:10:05"), None, "no version, no GUANO");
        assert_eq!(guano(b"\xff\xfe"), None);
    }

    #[test]
    fn audiomoths_comment_has_the_day_first() {
        let comment = "Recorded at 04:30:00 13/05/2026 (UTC+1) by AudioMoth 24E144085F256A61 at medium gain.";
        assert_eq!(shown(audiomoth(comment)).as_deref(), Some("2026-05-13T04:30:00"));
        assert_eq!(audiomoth("Recorded at home"), None);
        assert_eq!(audiomoth("Recorded at 04:30:00 13/25/2026 (UTC) by AudioMoth"), None);
    }

    #[test]
    fn bext_has_date_and_time_in_fixed_places() {
        let mut bytes = vec![0; 602];
        bytes[..4].copy_from_slice(b"dawn");
        bytes[256..262].copy_from_slice(b"Zoom H");
        bytes[320..338].copy_from_slice(b"2026-05-1304-30-00");
        let read = bext(&bytes).expect("bext");
        assert_eq!(shown(read.recorded).as_deref(), Some("2026-05-13T04:30:00"));
        assert_eq!((read.comment.as_deref(), read.artist.as_deref()), (Some("dawn"), Some("Zoom H")));
        bytes[320..338].fill(0);
        assert_eq!(bext(&bytes).expect("bext").recorded, None);
        assert_eq!(bext(&bytes[..300]), None);
    }

    #[test]
    fn ixml_has_scene_take_note_and_the_time() {
        let given =
            "<?xml version=\"1.0\"?><BWFXML><PROJECT>Film</PROJECT><SCENE>12A</SCENE><TAKE>3</TAKE><NOTE>wind</NOTE>
            <BEXT><BWF_ORIGINATION_DATE>2026-05-13</BWF_ORIGINATION_DATE>
            <BWF_ORIGINATION_TIME>04:30:00</BWF_ORIGINATION_TIME></BEXT></BWFXML>\0";
        let read = ixml(given.as_bytes()).expect("iXML");
        assert_eq!(shown(read.recorded).as_deref(), Some("2026-05-13T04:30:00"));
        assert_eq!((read.title.as_deref(), read.album.as_deref()), (Some("12A, take 3"), Some("Film")));
        assert_eq!(read.comment.as_deref(), Some("wind"));
        assert_eq!(ixml(b"<BWFXML><SCENE>"), None);
    }
}
