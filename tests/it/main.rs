//! What crosses floors: jobs through the engine, the program by its command line, the window by its labels.

mod bad_input;
mod cli;
mod fsdd;
mod pipeline;
mod sound;
mod support;
mod window;
