//! Arranges large tables of files without holding up the window: a thread that works on the newest order only.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::file_table::{Arrangement, Order, Sorter};

pub struct Arranger {
    orders: Sender<Order>,
    arranged: Receiver<Arc<Arrangement>>,
}

impl Arranger {
    /// # Errors
    /// Where no thread can be started.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        // Both are short in fact: of the orders that wait all but the last are passed over, and each answer wakes the window.
        let (orders, waiting) = unbounded::<Order>();
        let (answers, arranged) = bounded(4);
        std::thread::Builder::new().name("arrange files".into()).spawn(move || {
            let mut sorter = Sorter::default();
            while let Ok(order) = waiting.recv() {
                let newest = waiting.try_iter().last().unwrap_or(order);
                // The window is gone: nobody wants the answer, or the next one.
                if answers.send(Arc::new(sorter.arrange(newest))).is_err() {
                    return;
                }
                wake();
            }
        })?;
        Ok(Self { orders, arranged })
    }

    pub fn ask(&self, order: Order) {
        // The thread ends only with the window, so this cannot fail while there is one.
        let _ = self.orders.send(order);
    }

    pub fn answers(&self) -> impl Iterator<Item = Arc<Arrangement>> + '_ {
        self.arranged.try_iter()
    }
}
