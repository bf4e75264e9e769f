//! What follows from a wish. Each rule is a pure function of the run and gives the facts to append; it applies nothing.
//!
//! "First claim wins", "one agent holds the plan", "a decision applies once" are these functions under a log that
//! accepts a batch only at the head it was decided for.

pub mod answer;
pub mod human;
pub mod plan;
pub mod recall;
pub mod spend;
pub mod steer;
pub mod taint;
pub mod work;
pub mod write;

use super::{
    event::Fact,
    gate::{Ask, Checkpoint, Decision, asks},
    id::{AgentId, DecisionId, TaskId},
    state::Run,
    write::Doubt,
};

/// Opens a decision when the policy asks at this checkpoint.
#[must_use]
pub fn open_gate(
    run: &Run,
    agent: AgentId,
    task: Option<TaskId>,
    ask: Ask,
    doubts: &[Doubt],
) -> Option<(DecisionId, Fact)> {
    let checkpoint: Checkpoint = ask.checkpoint();
    asks(run.options.gate, checkpoint, doubts).then(|| {
        let id = run.next_decision();
        (id, Fact::GateOpened { decision: Box::new(Decision { id, agent, task, ask }) })
    })
}
