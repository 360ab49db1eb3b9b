//! Tests that cross floors: jobs through the engine, the built program by its command line, the window by its labels.

mod aspects;
mod bad_input;
mod cli;
mod clips;
mod damage;
mod editing;
mod events;
mod explore;
mod folders;
mod fsdd;
mod fuzzed;
#[cfg(unix)]
mod hostile;
mod library;
mod mending;
mod metadata;
mod moving;
mod other_programs;
mod pairs;
mod pipeline;
mod program;
mod real_sound;
#[cfg(target_os = "linux")]
mod real_window;
mod results;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod screenshots;
mod search;
mod served;
mod server;
#[cfg(unix)]
mod server_guard;
mod server_load;
#[cfg(all(unix, feature = "shared"))]
mod shared_library;
#[cfg(unix)]
mod signals;
mod sound;
mod soundscape;
mod support;
mod tasks;
mod virtual_audio;
mod window;
mod zoo;
