//! Pieces that panes and modals are made of. None of them knows what a run is.

pub mod frame;
pub mod list;
pub mod page;
pub mod row;
pub mod wrap;
