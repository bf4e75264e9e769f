//! The composition root: wires store, reasoner, engine and screen, for a run that is live, saved or without a screen.

mod catalogue;
pub mod check;
mod choose;
mod exit;
pub mod export;
mod forecast;
mod fork;
mod found;
mod headless;
mod key;
mod log_file;
mod mind;
pub mod print;
pub mod redact;
mod replay;
mod saved;
mod screen;
mod voices;

pub use catalogue::Catalogue;
pub use choose::{Chosen, choose};
pub use exit::{Exit, exit_of_error};
pub use forecast::{Forecast, Line as ForecastLine};
pub use fork::{Fork, Stand, ancestors, fork};
pub use found::{Found, Probe};
pub use headless::headless;
pub use key::{Key, KeyError, KeySource};
pub use mind::Mind;
pub use replay::Recording;
pub use saved::Saved;
pub use screen::{Opening, require_terminal, screen};
