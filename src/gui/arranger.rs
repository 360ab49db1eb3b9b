//! Arranges large tables of files on a separate thread, which works only on the newest request, so that the window
//! never waits.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::file_table::{Arrangement, Order, Sorter};

pub struct Arranger {
    orders: Sender<Order>,
    arranged: Receiver<Arc<Arrangement>>,
}

impl Arranger {
    /// # Errors
    /// If no thread can be started.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        // Both channels stay short: only the last of the waiting orders is carried out, and each answer wakes the
        // window.
        let (orders, waiting) = unbounded::<Order>();
        let (answers, arranged) = bounded(4);
        std::thread::Builder::new().name("arrange files".into()).spawn(move || {
            let mut sorter = Sorter::default();
            while let Ok(order) = waiting.recv() {
                let newest = waiting.try_iter().last().unwrap_or(order);
                // The window is gone. Nobody wants this answer or the next one.
                if answers.send(Arc::new(sorter.arrange(newest))).is_err() {
                    return;
                }
                wake();
            }
        })?;
        Ok(Self { orders, arranged })
    }

    pub fn ask(&self, order: Order) {
        // The thread ends only with the window, so sending cannot fail while there is a window.
        let _ = self.orders.send(order);
    }

    pub fn answers(&self) -> impl Iterator<Item = Arc<Arrangement>> + '_ {
        self.arranged.try_iter()
    }
}
