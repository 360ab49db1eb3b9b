//! Messages in a corner of the window. They lie over what is there, so that nothing that a person reads is pushed away. Good
//! news goes by itself. An error stays until it is dismissed, or until a job of the same place succeeds; it is told here and
//! nowhere else.

use egui::{Align2, Area, Color32, Context, Frame, Id, Order, Stroke, Vec2};

use super::theme::{palette, size};
use super::widgets::buttons::icon_button;
use super::widgets::icons::{self, Icon};

/// The part of the window that a job belongs to: an error that was told goes when another job of that part succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Dataset,
    Training,
    Indexing,
    Search,
    /// A page only where it does not stand beside the search.
    Map,
    Bits,
    Duplicates,
    Player,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warning,
    Error,
}

/// What a message offers to do about what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Undo,
    Redo,
    /// Says where missing files are now.
    FindFiles,
}

impl Deed {
    fn name(self) -> &'static str {
        match self {
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::FindFiles => "Find them…",
        }
    }
}

#[derive(Clone, Debug)]
struct Notice {
    tone: Tone,
    text: String,
    deed: Option<Deed>,
    /// Whose job failed.
    of: Option<Place>,
    /// In seconds of the window's clock; `None` until it was drawn for the first time.
    gone_at: Option<f64>,
}

/// The messages that show, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    shown: Vec<Notice>,
}

/// More than these would cover the work.
const AT_MOST: usize = 4;

impl Notices {
    pub fn push(&mut self, tone: Tone, text: impl Into<String>) {
        self.add(tone, text.into(), None, None);
    }

    /// Why a job failed.
    pub fn fail(&mut self, of: Place, text: impl Into<String>) {
        self.settle(of);
        self.add(Tone::Error, text.into(), None, Some(of));
    }

    /// What failed there has been put right, or does not matter any more.
    pub fn settle(&mut self, of: Place) {
        self.shown.retain(|notice| notice.of != Some(of));
    }

    /// The project has changed since: what earlier messages offer would undo something else.
    pub fn withdraw_offers(&mut self) {
        self.shown.iter_mut().for_each(|notice| notice.deed = None);
    }

    /// Takes the newest message away; `false` where there is none.
    pub fn dismiss_newest(&mut self) -> bool {
        self.shown.pop().is_some()
    }

    /// The same with a button. What an earlier message offered is about another state of things, and is withdrawn.
    pub fn offer(&mut self, tone: Tone, text: impl Into<String>, deed: Deed) {
        self.withdraw_offers();
        self.add(tone, text.into(), Some(deed), None);
    }

    fn add(&mut self, tone: Tone, text: String, deed: Option<Deed>, of: Option<Place>) {
        self.shown.retain(|notice| notice.text != text);
        self.shown.push(Notice { tone, text, deed, of, gone_at: None });
        let surplus = self.shown.len().saturating_sub(AT_MOST);
        self.shown.drain(..surplus);
    }

    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|notice| notice.text.as_str())
    }

    /// Draws them above the player strip, and wakes the window when the next one has to go. Returns what a button of
    /// theirs asked for.
    pub fn show(&mut self, ctx: &Context) -> Option<Deed> {
        let mut wanted = None;
        let now = ctx.input(|i| i.time);
        self.shown.retain(|notice| notice.gone_at.is_none_or(|gone_at| now < gone_at));
        let mut dismissed = None;
        let mut lift = size::PLAYER + 12.0;
        for (i, notice) in self.shown.iter_mut().enumerate().rev() {
            if notice.tone != Tone::Error {
                // Long sentences stay long enough to be read.
                let lifetime = 4.0 + notice.text.chars().count() as f64 * 0.05;
                let gone_at = *notice.gone_at.get_or_insert(now + lifetime);
                ctx.request_repaint_after_secs((gone_at - now) as f32);
            }
            let area = Area::new(Id::unique(("notice", i)))
                .order(Order::Foreground)
                .anchor(Align2::RIGHT_BOTTOM, Vec2::new(-14.0, -lift));
            let drawn = area.show(ctx, |ui| {
                let palette = palette(ui.visuals());
                let colour = colour_of(notice.tone, palette);
                let frame = Frame::popup(ui.style()).stroke(Stroke::new(1.0, colour)).inner_margin(10);
                frame.show(ui, |ui| {
                    ui.set_max_width(380.0);
                    ui.horizontal_top(|ui| {
                        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::CONTROL), egui::Sense::hover());
                        let sign = if notice.tone == Tone::Good { Icon::Similar } else { Icon::Warning };
                        icons::paint(ui.painter(), sign, rect.shrink(6.0), colour);
                        ui.vertical(|ui| {
                            ui.set_width(300.0);
                            ui.add_space(5.0);
                            ui.add(egui::Label::new(notice.text.as_str()).wrap());
                            if let Some(deed) = notice.deed
                                && ui.button(deed.name()).clicked()
                            {
                                wanted = Some(deed);
                                dismissed = Some(i);
                            }
                        });
                        if icon_button(ui, Icon::Close, "Dismiss this message").clicked() {
                            dismissed = Some(i);
                        }
                    });
                });
            });
            lift += drawn.response.rect.height() + 8.0;
        }
        if let Some(i) = dismissed {
            self.shown.remove(i);
        }
        wanted
    }
}

fn colour_of(tone: Tone, palette: &super::theme::Palette) -> Color32 {
    match tone {
        Tone::Good => palette.accent,
        Tone::Warning => palette.warning,
        Tone::Error => palette.error,
    }
}
