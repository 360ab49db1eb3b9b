//! [`Waiting`]: what the server waits for, for each connection. When places become scarce, it names the client that the
//! server has waited for longest, so that a half-sent request makes way for a whole one.

use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time that an answer gets to reach the client, from its last bytes on, before its connection makes way.
const ANSWER_GRACE: Duration = Duration::from_secs(1);

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    connections: Mutex<Vec<Weak<Mutex<Standing>>>>,
}

/// The state of a connection's requests.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<Mutex<Standing>>);

#[derive(Debug)]
struct Standing {
    begun: u64,
    answered: u64,
    /// Whether a request was refused, so that its client may still be sending.
    refused: bool,
    /// Whether the body of the request that is being answered has not arrived whole.
    receiving: bool,
    /// The part of that body that is on the disk.
    kib: u64,
    /// Since when the server waits for the client: since the opening, an answer, or the last part of a body.
    since: Instant,
    /// When the client last received bytes of an answer.
    written: Option<Instant>,
    /// Whether everything that has arrived is read, so that only the client can continue.
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

    /// Ends the connection whose client the server has waited for longest. Returns false if every client has sent what
    /// it must.
    pub fn make_way(&self) -> bool {
        self.end_oldest(Standing::is_half_sent)
    }

    /// Ends the half-sent request that takes room on the disk and has grown least recently.
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
        // Its head arrived whole after all.
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

    /// Everything that has arrived is read. Returns whether the connection must end now. If not, `context` is woken
    /// when it must.
    pub fn is_drained(&self, context: &Context<'_>) -> bool {
        let mut standing = self.0.lock();
        standing.is_drained = true;
        standing.reader = Some(context.waker().clone());
        standing.makes_way && standing.begun == standing.answered
    }

    /// Bytes have arrived.
    pub fn has_read(&self) {
        self.0.lock().is_drained = false;
    }

    /// The client received some bytes of an answer.
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

/// A body that is arriving.
pub(super) struct Receiving(Pace);

impl Receiving {
    /// A part has arrived.
    pub fn has_come(&self) {
        let mut standing = self.0.0.lock();
        (standing.since, standing.makes_way) = (Instant::now(), false);
    }

    /// No part is there. Returns whether the request must end now. If not, `context` is woken when it must.
    pub fn waits(&self, context: &Context<'_>) -> bool {
        let mut standing = self.0.0.lock();
        standing.receiver = Some(context.waker().clone());
        standing.makes_way
    }

    /// The part of the body that is on the disk, in KiB.
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
