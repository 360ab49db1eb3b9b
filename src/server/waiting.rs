//! What the server waits for, connection by connection: [`Waiting`]. Where places become scarce, it tells whose client is
//! waited for longest, so that a request that is half sent makes way for one that is whole.

use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// An answer is given so long to reach the client, counted from its last bytes, before its connection makes way.
const ANSWER_GRACE: Duration = Duration::from_secs(1);

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    connections: Mutex<Vec<Weak<Mutex<Standing>>>>,
}

/// How far a connection's requests are.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<Mutex<Standing>>);

#[derive(Debug)]
struct Standing {
    begun: u64,
    answered: u64,
    /// Whether a request was refused, so that its client may still be sending it.
    refused: bool,
    /// Whether the body of the request that is being answered has not come whole.
    receiving: bool,
    /// What is kept of that body on the disk.
    kib: u64,
    /// Since when the client is waited for: the opening, an answer, or the last part of a body.
    since: Instant,
    /// When bytes of an answer were taken last.
    written: Option<Instant>,
    /// Whether all that has come is read, so that only the client can go on.
    is_drained: bool,
    makes_way: bool,
    reader: Option<Waker>,
    receiver: Option<Waker>,
}

impl Standing {
    fn is_half_sent(&self) -> bool {
        let has_answer_on_its_way = self.answered > 0
            && (self.since.elapsed() < ANSWER_GRACE || self.written.is_some_and(|at| at.elapsed() < ANSWER_GRACE));
        let waits = if self.begun > self.answered { self.receiving } else { !has_answer_on_its_way };
        waits && self.is_drained && !self.makes_way
    }
}

impl Waiting {
    /// A connection that was just opened.
    pub fn open(&self) -> Pace {
        let standing = Arc::new(Mutex::new(Standing {
            begun: 0,
            answered: 0,
            refused: false,
            receiving: false,
            kib: 0,
            since: Instant::now(),
            written: None,
            is_drained: false,
            makes_way: false,
            reader: None,
            receiver: None,
        }));
        let mut connections = self.connections.lock();
        connections.retain(|connection| connection.strong_count() > 0);
        connections.push(Arc::downgrade(&standing));
        Pace(standing)
    }

    /// Has the connection end whose client is waited for longest; `false` where every client has sent what it had to.
    pub fn make_way(&self) -> bool {
        self.end_oldest(Standing::is_half_sent)
    }

    /// Has the request end that is half sent, takes room on the disk, and was added to longest ago.
    pub fn make_room(&self) -> bool {
        self.end_oldest(|standing| standing.kib > 0 && standing.receiving && standing.is_half_sent())
    }

    fn end_oldest(&self, may_end: impl Fn(&Standing) -> bool) -> bool {
        let connections = self.connections.lock();
        let candidates = connections.iter().filter_map(Weak::upgrade).filter_map(|connection| {
            let standing = connection.lock();
            let since = may_end(&standing).then_some(standing.since)?;
            drop(standing);
            Some((since, connection))
        });
        let Some((_, oldest)) = candidates.min_by_key(|(since, _)| *since) else { return false };
        let mut standing = oldest.lock();
        standing.makes_way = true;
        [standing.reader.take(), standing.receiver.take()].into_iter().flatten().for_each(Waker::wake);
        true
    }
}

impl Pace {
    /// A request is being answered until this is dropped.
    pub fn begin(&self) -> Answering {
        let mut standing = self.0.lock();
        standing.begun += 1;
        // Its head came whole after all.
        standing.makes_way = false;
        Answering(self.clone())
    }

    /// A request is refused.
    pub fn refuse(&self) {
        self.0.lock().refused = true;
    }

    pub fn is_refused(&self) -> bool {
        self.0.lock().refused
    }

    /// Whether a request is being answered.
    pub fn is_answering(&self) -> bool {
        let standing = self.0.lock();
        standing.begun > standing.answered
    }

    /// How many requests were answered.
    pub fn answered(&self) -> u64 {
        self.0.lock().answered
    }

    /// All that has come is read; whether the connection makes way now. Where not, `context` is woken when it is to.
    pub fn is_drained(&self, context: &Context<'_>) -> bool {
        let mut standing = self.0.lock();
        standing.is_drained = true;
        standing.reader = Some(context.waker().clone());
        standing.makes_way && standing.begun == standing.answered
    }

    /// Something has come.
    pub fn has_read(&self) {
        self.0.lock().is_drained = false;
    }

    /// Some bytes of an answer were taken.
    pub fn has_written(&self) {
        self.0.lock().written = Some(Instant::now());
    }

    /// The body of a request is being received until this is dropped.
    pub fn receive(&self) -> Receiving {
        let mut standing = self.0.lock();
        (standing.receiving, standing.kib, standing.since) = (true, 0, Instant::now());
        Receiving(self.clone())
    }
}

pub(super) struct Answering(Pace);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut standing = self.0.0.lock();
        standing.answered += 1;
        standing.since = Instant::now();
    }
}

/// A body on its way in.
pub(super) struct Receiving(Pace);

impl Receiving {
    /// A part has come.
    pub fn has_come(&self) {
        let mut standing = self.0.0.lock();
        (standing.since, standing.makes_way) = (Instant::now(), false);
    }

    /// No part is there; whether the request makes way now. Where not, `context` is woken when it is to.
    pub fn waits(&self, context: &Context<'_>) -> bool {
        let mut standing = self.0.0.lock();
        standing.receiver = Some(context.waker().clone());
        standing.makes_way
    }

    /// So much of it is on the disk.
    pub fn keeps(&self, kib: u64) {
        self.0.0.lock().kib += kib;
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let mut standing = self.0.0.lock();
        (standing.receiving, standing.kib, standing.receiver) = (false, 0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(pace: &Pace) -> bool {
        pace.is_drained(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_client_that_is_waited_for_longest_makes_way() {
        let waiting = Waiting::default();
        let (first, second, third) = (waiting.open(), waiting.open(), waiting.open());
        assert!(!waiting.make_way(), "what has come is not read yet: any of them may be whole");
        assert!(!drained(&first) && !drained(&second) && !drained(&third));
        let _answering = first.begin();
        assert!(waiting.make_way());
        assert!(drained(&second) && !drained(&third) && !drained(&first));
        drop(second);
        assert!(waiting.make_way());
        assert!(drained(&third));
        assert!(!waiting.make_way(), "the first waits for its answer");
    }

    #[test]
    fn a_body_that_has_not_come_makes_way_and_one_that_has_does_not() {
        let waiting = Waiting::default();
        let context = Context::from_waker(Waker::noop());
        let (one, other) = (waiting.open(), waiting.open());
        let _both = (one.begin(), other.begin());
        let (of_one, of_other) = (one.receive(), other.receive());
        assert!(!drained(&one) && !drained(&other) && !of_one.waits(&context) && !of_other.waits(&context));
        assert!(!waiting.make_room(), "neither takes room");
        of_one.keeps(3);
        of_one.has_come();
        assert!(waiting.make_room(), "the other one is older, and takes none");
        assert!(of_one.waits(&context) && !of_other.waits(&context));
        of_one.has_come();
        assert!(!of_one.waits(&context), "a part has come after all");
        drop(of_one);
        assert!(waiting.make_way());
        assert!(of_other.waits(&context));
        assert!(!waiting.make_way());
    }

    #[test]
    fn an_answer_on_its_way_is_waited_for() {
        let waiting = Waiting::default();
        let pace = waiting.open();
        drop(pace.begin());
        assert!(!drained(&pace));
        assert!(!waiting.make_way());
    }
}
