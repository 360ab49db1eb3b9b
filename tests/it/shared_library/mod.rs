//! The shared library on a real PostgreSQL, by the built program. Without PostgreSQL, each test prints `SKIPPED`.

mod export;
mod house;
mod models;
mod publishing;
mod rights;
mod searching;
mod server;
mod workers;
