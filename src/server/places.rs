//! Places for operations that only a bounded number of requests may do at once.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::answer::Refusal;
use super::limits;

/// Places. A request that finds no free place waits, in the order of arrival, but not for ever. Only requests that
/// arrived whole wait, so at most as many wait as there are connections ([`limits::CONNECTIONS`]).
pub(super) struct Places {
    free: Semaphore,
    wait: Duration,
}

impl Places {
    pub fn new(places: usize) -> Self {
        Self::with(places, limits::PLACE_WAIT)
    }

    fn with(places: usize, wait: Duration) -> Self {
        Self { free: Semaphore::new(places), wait }
    }

    /// A place, until it is dropped.
    ///
    /// # Errors
    /// Busy, if no place became free in time, or if the places are closed.
    pub async fn take(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match timeout(self.wait, self.free.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Refusal::busy()),
        }
    }

    /// Sends away everybody who waits, and everybody who comes later.
    pub fn close(&self) {
        self.free.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime")
    }

    #[test]
    fn who_finds_no_place_waits_in_turn() {
        let runtime = runtime();
        let _within = runtime.enter();
        let places = Places::with(1, Duration::MAX);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(first)) = pin!(places.take()).poll(&mut context) else { panic!("one is free") };
        let (mut second, mut third) = (pin!(places.take()), pin!(places.take()));
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(third.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(third.as_mut().poll(&mut context).is_pending(), "the second came first");
        let Poll::Ready(Ok(_second)) = second.as_mut().poll(&mut context) else { panic!("one is free again") };
        places.close();
        assert!(matches!(third.as_mut().poll(&mut context), Poll::Ready(Err(_))), "it waits no longer");
    }

    #[test]
    fn who_has_waited_long_enough_is_told_to_come_again() {
        let places = Places::with(1, Duration::ZERO);
        runtime().block_on(async {
            let first = places.take().await.expect("one is free");
            assert_eq!(places.take().await.err(), Some(Refusal::busy()));
            drop(first);
            assert!(places.take().await.is_ok());
        });
    }
}
