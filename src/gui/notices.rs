//! Messages in a corner of the window. They lie over the window, so nothing that a person reads is pushed away. A
//! message of success or warning disappears by itself. An error stays until the person dismisses it, or until a job of
//! the same part succeeds. Errors are shown here and nowhere else.

/// The part of the window that a job belongs to. An error disappears when another job of its part succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Dataset,
    Training,
    Indexing,
    Search,
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

/// What the button of a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Undo,
    Redo,
    /// Asks where missing files are now.
    FindFiles,
}

impl Deed {
    pub fn name(self) -> &'static str {
        match self {
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::FindFiles => "Find them…",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    pub deed: Option<Deed>,
    /// The part whose job failed.
    of: Option<Place>,
    /// The time at which the message disappears, in seconds of the window's clock. `None` until it is drawn for the
    /// first time, and for errors.
    gone_at: Option<f64>,
}

/// The messages that are shown, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    shown: Vec<Notice>,
}

/// More messages than this would cover the work.
const AT_MOST: usize = 4;

impl Notices {
    pub fn push(&mut self, tone: Tone, text: impl Into<String>) {
        self.add(tone, text.into(), None, None);
    }

    /// Shows why a job failed.
    pub fn fail(&mut self, of: Place, text: impl Into<String>) {
        self.settle(of);
        self.add(Tone::Error, text.into(), None, Some(of));
    }

    /// Takes the errors of a part away: what failed has been put right, or does not matter any more.
    pub fn settle(&mut self, of: Place) {
        self.shown.retain(|notice| notice.of != Some(of));
    }

    /// Takes the buttons away from all messages. The project has changed, so they would undo something else.
    pub fn withdraw_offers(&mut self) {
        self.shown.iter_mut().for_each(|notice| notice.deed = None);
    }

    /// Takes the newest message away. Returns `false` if there is none.
    pub fn dismiss_newest(&mut self) -> bool {
        self.shown.pop().is_some()
    }

    /// Shows a message with a button. The buttons of earlier messages are taken away, because they are about an earlier
    /// state of the project.
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

    /// The messages, the oldest first.
    pub fn shown(&self) -> &[Notice] {
        &self.shown
    }

    /// Takes away the messages whose time is over at `now`, in seconds. Returns the seconds until the next one
    /// disappears.
    pub fn expire(&mut self, now: f64) -> Option<f64> {
        self.shown.retain(|notice| notice.gone_at.is_none_or(|gone_at| now < gone_at));
        let passing = self.shown.iter_mut().filter(|notice| notice.tone != Tone::Error);
        let left = passing.map(|notice| *notice.gone_at.get_or_insert(now + seconds_to_read(&notice.text)) - now);
        left.reduce(f64::min)
    }

    pub fn dismiss(&mut self, place: usize) {
        self.shown.remove(place);
    }
}

/// How long a message is shown. A long sentence needs more time.
fn seconds_to_read(text: &str) -> f64 {
    4.0 + text.chars().count() as f64 * 0.05
}
