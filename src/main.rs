//! The program: reads the command line, then opens the window or runs one command.

use std::process::ExitCode;

// The system's allocator maps and unmaps each large buffer of a training step; this one keeps them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SOUNDALIKE_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("error,pulseaudio=off,symphonia_core=off,symphonia=off")
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    soundalike::cli::run()
}
