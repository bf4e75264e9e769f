//! A fact in words, with every word of its own: for search, and where two runs are put side by side.

use crate::run::{
    event::{Fact, Settled, Whose},
    write::{Feedback, Proposal},
};

use super::{
    Target,
    words::{self, names},
};

/// What happened, as a sentence.
#[must_use]
pub fn told(fact: &Fact) -> String {
    match fact {
        Fact::RunStarted { question, paths, options } => {
            let roles: Vec<String> = options.roles.iter().map(|(role, model)| format!("{role} {model}")).collect();
            let roles = if roles.is_empty() { String::new() } else { format!(" ({})", roles.join(", ")) };
            let policy = options.policy.as_ref().map_or_else(String::new, |text| format!(", rules: {text}"));
            let (paths, agents, model) = (names(paths), options.agents, &options.model);
            format!("run started: {question}; documents: {paths}; {agents} agents, model {model}{roles}{policy}")
        }
        Fact::SessionStarted { pid } => format!("a session started, process {pid}"),
        Fact::SessionEnded { parting } => format!("the session ended: {parting:?}").to_lowercase(),
        Fact::RunEnded { outcome } => format!("the run ended: {}", words::outcome(outcome)),
        Fact::SourceRead { source } => {
            let titles: Vec<&str> = source.sections.iter().map(|section| section.title.as_str()).collect();
            format!("{} read: {}, {} ({})", source.id, source.path, source.media, titles.join("; "))
        }
        Fact::SourceSkipped { path, reason } => format!("{path} skipped: {reason}"),
        Fact::CorpusSplit { units } => {
            let titles: Vec<String> = units.iter().map(|unit| format!("{} {}", unit.label, unit.title)).collect();
            format!("documents cut into {}", titles.join("; "))
        }
        Fact::UnitClaimed { unit, agent } => format!("{agent} prepares {unit}"),
        Fact::EntryAdmitted { entry } => {
            let subtask = if entry.subtask.is_empty() { String::new() } else { format!(" ({})", entry.subtask) };
            format!("{} admitted: {} {}{subtask}{}", entry.label, entry.kind, entry.gist, on(&entry.citations))
        }
        Fact::PlanClaimed { agent, round } => format!("{agent} plans, round {round}"),
        Fact::TasksAdded { tasks, by } => {
            let tasks: Vec<String> = tasks.iter().map(|task| format!("{} {}", task.id, task.text)).collect();
            format!("tasks added by {by}: {}", tasks.join("; "))
        }
        Fact::DependenciesRevised { task, deps, .. } => format!("{task} waits for {}", names(deps)),
        Fact::PlanSettled { agent, next_round, done, note } => {
            let how = if *done { "nothing more is needed" } else { "more may be needed" };
            format!("{agent} let the plan go, {how}, next round {next_round} {note}").trim_end().to_owned()
        }
        Fact::TaskClaimed { task, agent } => format!("{task} claimed by {agent}"),
        Fact::TaskFinished { task, agent, entry } => {
            let brought = entry.map_or_else(|| "without an entry".to_owned(), |label| format!("with {label}"));
            format!("{task} finished by {agent} {brought}")
        }
        Fact::TaskRequeued { task, agent, reason, .. } => format!("{task} back in the queue from {agent}: {reason}"),
        Fact::TaskFailed { task, reason } => format!("{task} failed: {reason}"),
        Fact::TaskDropped { task, reason, by } => format!("{task} dropped by {by}: {reason}"),
        Fact::TaskEdited { task, text } => format!("{task} reworded: {text}"),
        Fact::TaskMoved { task, before: Some(before) } => format!("{task} moved before {before}"),
        Fact::TaskMoved { task, before: None } => format!("{task} moved to the end"),
        Fact::TaskReserved { task, agent: Some(agent) } => format!("{task} only for {agent}"),
        Fact::TaskReserved { task, agent: None } => format!("{task} for anybody"),
        Fact::TaskReopened { task, reason } => format!("{task} to be done again: {reason}"),
        Fact::TasksReplaced { old, new } => {
            let tasks: Vec<String> = new.iter().map(|task| format!("{} {}", task.id, task.text)).collect();
            format!("{} replaced by {}", names(old), tasks.join("; "))
        }
        Fact::TaskRestored { task } => format!("{task} back in the queue as it was"),
        Fact::AttemptStarted { task, agent, attempt, snapshot, heeds } => {
            let heeds: Vec<String> = heeds.iter().map(feedback).collect();
            let told = if heeds.is_empty() { String::new() } else { format!(", told: {}", heeds.join("; ")) };
            format!("{agent} begins try {attempt} of {task}, the shared context as of event {snapshot}{told}")
        }
        Fact::Unfolded { agent, labels, .. } => format!("{agent} opened {}", names(labels)),
        Fact::CallStarted { call } => {
            format!("{} {} {} sent by {} to {}", call.id, call.kind.letter(), call.kind, call.agent, call.model)
        }
        Fact::CallFinished { call } => {
            format!("{} of {} came back: {}", words::call_name(call), call.agent, words::call(call))
        }
        Fact::ContextRead { agent, snapshot, .. } => format!("{agent} read the shared context as of event {snapshot}"),
        Fact::WriteProposed { proposal } => format!("{} proposes {}", proposal.agent, proposed(proposal)),
        Fact::WriteRejected { task, agent, feedback: why, .. } => {
            format!("a write of {agent} for {task} turned down by {}", feedback(why))
        }
        Fact::WriteFoundRedundant { task, agent, of, .. } => {
            let of = of.map_or_else(|| "the shared context".to_owned(), |label| label.to_string());
            format!("what {agent} found for {task} is in {of} already")
        }
        Fact::WriteVetoed { task, agent, feedback: why, then, .. } => {
            format!("a write of {agent} for {task} vetoed ({then}) by {}", feedback(why))
        }
        Fact::EntryRecalled { label, reason, suspect } => {
            format!("{label} recalled: {reason}; suspect: {}", names(suspect))
        }
        Fact::RunReopened { reason } => format!("the run goes on: {reason}"),
        Fact::ContradictionSettled { first, second, how } => {
            let how = match how {
                Settled::First => format!("{first} holds"),
                Settled::Second => format!("{second} holds"),
                Settled::Both => "both hold".to_owned(),
                Settled::Examined => "a task looks again".to_owned(),
            };
            format!("{first} against {second} settled: {how}")
        }
        Fact::AgentMessaged { agent, text } => format!("you told {agent}: {text}"),
        Fact::MessagesRead { agent, count } => {
            format!("{agent} read {}", words::count(*count, "message", "messages"))
        }
        Fact::MessageTakenBack { agent } => format!("the last message to {agent} was taken back"),
        Fact::AgentAdded { agent } => format!("{agent} joined"),
        Fact::AgentStopped { agent } => format!("{agent} was stopped"),
        Fact::AgentHeld { agent } => format!("{agent} is held"),
        Fact::AgentReleased { agent } => format!("{agent} goes on"),
        Fact::ModelSet { whose, model } => {
            let model = model.as_deref().unwrap_or("what the run began with");
            format!("{} answered by {model} from now on", whose_calls(*whose))
        }
        Fact::Forked { from, upto } => format!("forked from {from} at event {upto}"),
        Fact::GateOpened { decision } => {
            let task = decision.task.map_or_else(String::new, |task| format!(" for {task}"));
            format!("{} asked by {}{task}: {}", decision.id, decision.agent, words::ask(&decision.ask))
        }
        Fact::GateDecided { decision, choice, rule } => {
            let by = rule.as_deref().unwrap_or("you");
            format!("{decision} decided by {by}: {}", words::choice(choice))
        }
        Fact::CommandTaken { pid, refused: None, .. } => format!("a command of process {pid} was taken"),
        Fact::CommandTaken { pid, refused: Some(why), .. } => {
            format!("a command of process {pid} was not taken: {why}")
        }
        Fact::GateDeferred { decision } => format!("{decision} comes after the others"),
        Fact::PolicySet { text } => format!("rules set: {}", text.trim_end().replace('\n', "; ")),
        Fact::BreakpointSet { breakpoint } => {
            let commands = breakpoint.commands.join("; ");
            format!("breakpoint {breakpoint} {commands}").trim_end().to_owned()
        }
        Fact::BreakpointRemoved { id } => format!("breakpoint {id} removed"),
        Fact::BreakpointHit { id, what, said, .. } => {
            let said = if said.is_empty() { String::new() } else { format!("; {}", said.join("; ")) };
            format!("breakpoint {id} hit: {what}{said}")
        }
        Fact::CapSet { scope, cap } => format!("cap on {scope}: {cap}"),
        Fact::WorkClosed { closing } => match closing {
            crate::run::Closing::Wanted => "you want the answer now".to_owned(),
            crate::run::Closing::CapReached(why) => format!("a cap is reached: {why}"),
        },
        Fact::PauseAsked => "a pause was asked for".to_owned(),
        Fact::RunPaused => "the team stands".to_owned(),
        Fact::RunResumed => "the team goes on".to_owned(),
        Fact::StepGranted { agent, checkpoint } => format!("{agent} may pass {checkpoint}"),
        Fact::FinalClaimed { agent, .. } => format!("{agent} writes the answer"),
        Fact::FinalReopened { reason } => format!("no answer yet: {reason}"),
        Fact::AnswerWritten { answer } => format!("answer: {}{}", answer.text, on(&answer.citations)),
        Fact::AgentFailed { agent, reason } => format!("{agent} failed: {reason}"),
        Fact::LeaseExpired { agent, held, claim } => format!("{agent} lost its lease on {held}, claim {claim}"),
        Fact::WriteRefused { agent, held, claim, write } => {
            let write = if write.is_empty() { String::new() } else { format!(": {write}") };
            format!("a late write of {agent} for {held} refused, claim {claim} was lost{write}")
        }
    }
}

pub(super) fn whose_calls(whose: Whose) -> String {
    match whose {
        Whose::Everybody => "all calls are".to_owned(),
        Whose::Role(role) => format!("{role} calls are"),
        Whose::Agent(agent) => format!("calls of {agent} are"),
    }
}

fn on(citations: &[crate::run::Citation]) -> String {
    if citations.is_empty() {
        return String::new();
    }
    format!(" [{}]", names(citations.iter().map(|citation| citation.label)))
}

fn feedback(Feedback { by, reason, rejected, .. }: &Feedback) -> String {
    let rejected = if rejected.is_empty() { String::new() } else { format!(" (it said: {rejected})") };
    format!("{by}: {reason}{rejected}")
}

fn proposed(proposal: &Proposal) -> String {
    let doubts: Vec<String> = proposal.doubts.iter().map(ToString::to_string).collect();
    let objection = proposal.verdict.objection();
    let all: Vec<String> = objection.into_iter().chain(doubts).collect();
    let doubted = if all.is_empty() { String::new() } else { format!("; doubts: {}", all.join("; ")) };
    let Proposal { label, kind, subtask, result, citations, .. } = proposal;
    format!("{label}: {kind} {result} ({subtask}){}{doubted}", on(citations))
}

/// What a fact is best opened at.
pub(super) fn target(fact: &Fact) -> Option<Target> {
    Some(match fact {
        Fact::EntryAdmitted { entry } => Target::Entry(entry.label),
        Fact::EntryRecalled { label, .. } => Target::Entry(*label),
        Fact::CallStarted { call } => Target::Call(call.id),
        Fact::CallFinished { call } => Target::Call(call.id),
        Fact::ContradictionSettled { first, second, .. } => Target::Pair(*first, *second),
        Fact::GateOpened { decision } => Target::Decision(decision.id),
        Fact::GateDecided { decision, .. } => Target::Decision(*decision),
        Fact::AnswerWritten { .. } => Target::Answer,
        Fact::Forked { from, .. } => Target::Run(from.clone()),
        _ => return None,
    })
}
