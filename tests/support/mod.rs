//! What several tests share.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod ailing;
pub mod dice;
pub mod invariants;
pub mod long_log;
pub mod loopback;
pub mod mortal;
pub mod place;
pub mod process;
pub mod scenario;
pub mod stand_in;
pub mod svg;
pub mod team;
pub mod terminal;
