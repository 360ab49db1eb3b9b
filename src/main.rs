//! The program: reads the command line, then opens the window or runs one command.
#![allow(unsafe_code, reason = "a variable of the environment is set before any other thread starts")]

use std::process::ExitCode;

// The system's allocator maps and unmaps each large buffer of a training step; this one keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads of candle's own pool for sums and products of two tensors. Its threads spin while they wait, on the same cores as
/// rayon's, which do the work of a training step; one thread means no pool.
const CANDLE_THREADS: &str = "CANDLE_NUM_THREADS";

fn main() -> ExitCode {
    if std::env::var_os(CANDLE_THREADS).is_none() {
        // SAFETY: no other thread runs yet that could read the environment meanwhile.
        unsafe { std::env::set_var(CANDLE_THREADS, "1") };
    }
    soundalike::cli::run()
}
