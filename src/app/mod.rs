//! The composition root: wires store, reasoner, engine and screen, for a run that is live, saved or without a screen.

mod catalogue;
pub mod check;
mod choose;
mod editor;
mod exit;
mod forecast;
mod fork;
mod found;
mod headless;
mod key;
mod log_file;
mod look;
mod mind;
pub mod print;
mod recorder;
mod replay;
mod saved;
mod screen;
pub mod script;
mod voices;
mod what_if;

pub use catalogue::Catalogue;
pub use choose::{Chosen, choose};
pub use exit::{Exit, exit_of_error};
pub use forecast::{Forecast, Line as ForecastLine};
pub use fork::{Fork, Stand, fork};
pub use found::{Found, Probe};
pub use headless::headless;
pub use key::{Key, KeyError, KeySource};
pub use look::{kin, look, print as print_report, relatives, timeline};
pub use mind::{Mind, Minds};
pub use recorder::Recorder;
pub use replay::Recording;
pub use saved::{Kept, Saved};
pub use screen::{Around, Opening, require_terminal, screen};
pub use what_if::what_if;
