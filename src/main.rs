//! The program: reads the command line, then opens the window or runs one command.
#![allow(unsafe_code, reason = "a variable of the environment is set before any other thread starts")]

use std::process::ExitCode;

// The system's allocator maps and unmaps each large buffer of a training step. mimalloc keeps the buffers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sets the number of threads of candle's own pool. Waiting threads of that pool would spin on the cores on which rayon's
/// threads do the work of a training step. One thread means that there is no pool.
const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

fn main() -> ExitCode {
    if std::env::var_os(CANDLE_THREADS).is_none() {
        // SAFETY: no other thread is running yet, so none can read the environment meanwhile.
        unsafe { std::env::set_var(CANDLE_THREADS, "1") };
    }
    soundalike::cli::run()
}
