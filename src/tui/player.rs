//! Showing what was recorded again, as it streamed.

use crate::run::{Timeline, line::Speed};

use super::ui::Ui;

/// # Errors
/// When nothing can be shown again.
pub fn play(_: &mut Ui, _: &mut Timeline, _: Speed) -> Result<(), String> {
    Err("a recorded run is not shown again yet".to_owned())
}
