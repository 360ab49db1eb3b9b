//! Keys, and the widget that has the keyboard.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{PATIENCE, Thing, Window};

impl Window<'_> {
    /// Presses keys, named as xdotool names them: "ctrl+f", "Return".
    pub fn key(&self, key: &str) {
        self.screen.mouse(&["key", key]);
    }

    pub fn keys(&self, keys: &[&str]) {
        keys.iter().for_each(|key| self.key(key));
    }

    pub fn type_text(&self, text: &str) {
        self.screen.mouse(&["type", "--delay", "8", text]);
    }

    /// The name of the widget that has the keyboard.
    pub fn focused(&self) -> Option<String> {
        let things = pollster::block_on(self.things()).ok()?;
        let has_focus = |thing: &&Thing| pollster::block_on(self.has_focus(&thing.node)).unwrap_or(false);
        // The window itself has the focus, too, and comes before its widgets.
        things.iter().rev().find(has_focus).map(|thing| thing.name.clone())
    }

    /// Waits until the widget with the keyboard has a name that begins so.
    pub fn until_focused(&self, name: &str) {
        let end = Instant::now() + PATIENCE;
        let mut focused = None;
        while Instant::now() < end {
            focused = self.focused();
            if focused.as_ref().is_some_and(|focused| focused.starts_with(name)) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("never got the keyboard: {name}; it is at {focused:?}");
    }

    /// Presses Tab until the widget with the keyboard has a name that begins so.
    pub fn tab_to(&self, name: &str) {
        self.go_to("Tab", name);
    }

    /// Presses a key until the widget with the keyboard has a name that begins so.
    pub fn go_to(&self, key: &str, name: &str) {
        const MOST: usize = 80;
        let mut passed = Vec::new();
        for _ in 0..MOST {
            let before = self.focused();
            if before.as_ref().is_some_and(|focused| focused.starts_with(name)) {
                return;
            }
            self.key(key);
            // The next question must not be asked before the key has had its effect. A key may have none.
            let end = Instant::now() + Duration::from_secs(2);
            while self.focused() == before && Instant::now() < end {
                sleep(Duration::from_millis(10));
            }
            passed.push(before.unwrap_or_default());
        }
        panic!("{key} never leads to: {name}\nit leads to: {passed:#?}");
    }
}
