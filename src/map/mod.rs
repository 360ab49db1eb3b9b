//! Codes on a plane: what is near in bits lies near on the map.
//!
//! The exact nearest neighbours of every code become a weighted graph, as in UMAP (McInnes, Healy and Melville 2018); the
//! plane is then found by attraction along the graph's edges and repulsion from codes drawn at random, with the kernel
//! 1 / (1 + d^2) of LargeVis (Tang, Liu, Zhang and Mei 2016), from the principal components on. Pure functions: the same
//! codes give the same map, bit for bit, on any number of threads.
//!
//! How good it is: of the 5,956 chunks of the Free Spoken Digit Dataset, in codes of 64 bits after 350 steps of training, 94% of
//! the 10 nearest codes are among the 50 nearest dots, and 32% where dots lie on the first two principal components of the
//! bits; of 100,000 made-up codes in 2,000 crowds, 84% and 16%, drawn in 27 s on two cores that had other work as well.
//! (`SOUNDALIKE_CODES=codes.npy cargo test map_of_codes -- --ignored --nocapture` measures a map of other codes.)

pub mod dots;
pub mod file;
mod graph;
mod layout;
pub mod principal;
pub mod quality;

pub use dots::Dots;
pub use layout::{Stage, draw};
