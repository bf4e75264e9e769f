//! The two runtimes that there are: one on which a team works, and one for a single thing that is waited for.

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};

/// On all cores: the embedded reasoner thinks on the threads on which agents live.
pub fn of_a_team() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("the runtime")
}

/// On the thread that waits.
pub fn of_one_thread() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("the runtime")
}
