//! Codes on a plane: codes that differ in few bits lie near one another on the map.
//!
//! The exact nearest neighbours of every code become a weighted graph, as in UMAP (McInnes, Healy and Melville 2018).
//! The layout begins with the principal components. Then the edges of the graph attract, and codes that are drawn at
//! random repel, with the kernel 1 / (1 + d^2) of LargeVis (Tang, Liu, Zhang and Mei 2016). All functions are pure: the
//! same codes give the same map, bit for bit, on any number of threads.
//!
//! How good the map is: for the 5,956 chunks of the Free Spoken Digit Dataset, in codes of 64 bits after 350 training
//! steps, 94% of the 10 nearest codes are among the 50 nearest dots. With the first two principal components instead,
//! it is 32%. For 100,000 made-up codes in 2,000 clusters it is 84% and 16%; that map took 27 s on two cores that had
//! other work too. `SOUNDALIKE_CODES=codes.npy cargo test map_of_codes -- --ignored --nocapture` measures a map of
//! other codes.

pub mod crowds;
pub mod dots;
pub mod file;
mod graph;
mod layout;
pub mod principal;
pub mod quality;

pub use dots::Dots;
pub use layout::{Stage, draw};
