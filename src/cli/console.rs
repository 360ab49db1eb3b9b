//! The console on Windows. Windows opens a console when a person starts this program from the desktop, because the same
//! program is the command line.
#![allow(unsafe_code, reason = "the system's functions for consoles")]

use windows_sys::Win32::System::Console::{FreeConsole, GetConsoleProcessList};

/// Closes the console if no other program uses it. A console that the program was started from stays open.
pub(super) fn close_own() {
    let mut processes = [0; 2];
    // SAFETY: the function writes at most as many numbers as it is told that there is room for.
    let users = unsafe { GetConsoleProcessList(processes.as_mut_ptr(), processes.len() as u32) };
    if users == 1 {
        // SAFETY: it takes no arguments. Printing to a console that is gone does nothing.
        unsafe { FreeConsole() };
    }
}
