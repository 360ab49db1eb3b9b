//! The program: reads the command line, then opens the window or runs one command.

use std::process::ExitCode;

// The system's allocator maps and unmaps each large buffer of a training step; this one keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    soundalike::cli::run()
}
