//! Money: whether a call may be sent, and what follows when it does not fit under a cap.
//!
//! A call reserves the most it may use before it is sent, under the log; so agents cannot reserve the same money twice,
//! and what is used passes a cap by no more than a wrong estimate of what was in flight.

use crate::run::{
    agent::AgentState,
    call::{CallKind, StartedCall},
    command::Refusal,
    cost::{Cap, Scope, Usage},
    event::{Closing, Fact},
    gate::{Ask, Choice, Decision},
    id::{AgentId, BlobId, CallId, DecisionId, TaskId},
    label::Author,
    state::Run,
};

use super::work::{fail_agent, living_without};

/// What became of the wish to send a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Reserved; it may be sent.
    Sent(CallId),
    /// Calls in flight hold what is left. Ask again when one has come back.
    Short,
    /// A human is asked, now or already.
    Asked(DecisionId),
    /// No call is made any more.
    Closed,
    /// What the call was for is no longer the agent's.
    Denied,
}

/// A call that an agent wants to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub kind: CallKind,
    pub agent: AgentId,
    pub task: Option<TaskId>,
    pub model: String,
    /// What is the same for calls that may be answered alike.
    pub key: Option<BlobId>,
    /// The most that it may use.
    pub worst: Usage,
}

/// Reserves a call's worst case under every cap that it falls under, or says why it cannot be sent now.
#[must_use]
pub fn begin(run: &Run, wish: &Wish) -> (Begun, Vec<Fact>) {
    if !holds(run, wish) {
        return (Begun::Denied, vec![]);
    }
    if is_closed_to(run, wish.agent) {
        return (Begun::Closed, vec![]);
    }
    if let Some(open) = run.decisions.values().find(|open| concerns(open, wish)) {
        return (Begun::Asked(open.id), vec![]);
    }
    for scope in scopes(wish) {
        let cap = run.cap(scope);
        if cap.is_none() {
            continue;
        }
        let used = run.used(scope);
        let mut alone = used;
        alone += wish.worst;
        let mut reserved = alone;
        // An agent makes one call at a time: an earlier one of its own holds nothing any more.
        let others = run.in_flight.values().filter(|call| call.agent != wish.agent && falls_under(call, scope));
        others.for_each(|call| reserved += call.worst);
        if cap.holds(&reserved) {
            continue;
        }
        // What is in flight may turn out cheaper than the worst; what does not fit by itself never will.
        if cap.holds(&alone) {
            return (Begun::Short, vec![]);
        }
        let id = run.next_decision();
        let ask = Ask::Budget { scope, cap, used, call: wish.kind, worst: wish.worst };
        let decision = Decision { id, agent: wish.agent, task: wish.task, ask, deadline: None };
        return (Begun::Asked(id), vec![Fact::GateOpened { decision: Box::new(decision) }]);
    }
    let Wish { kind, agent, task, ref model, key, worst } = *wish;
    let id = run.next_call();
    let call = StartedCall { id, kind, agent, task, model: model.clone(), key, worst };
    (Begun::Sent(id), vec![Fact::CallStarted { call: Box::new(call) }])
}

/// Whether the agent lives, waits for no human, and what it works on is still its own.
fn holds(run: &Run, wish: &Wish) -> bool {
    let Some(agent) = run.agent(wish.agent) else { return false };
    match wish.task {
        Some(task) => agent.state == AgentState::Working(task),
        None => {
            let is_free_to = matches!(agent.state, AgentState::Idle | AgentState::Planning(_) | AgentState::Finalizing);
            is_free_to && agent.lost.is_none()
        }
    }
}

fn is_closed_to(run: &Run, agent: AgentId) -> bool {
    match run.closing {
        _ if run.outcome.is_some() => true,
        None => false,
        Some(Closing::CapReached(_)) => true,
        Some(Closing::Wanted) => run.finalizer.as_ref().is_none_or(|finalizer| finalizer.agent != agent),
    }
}

fn scopes(wish: &Wish) -> impl Iterator<Item = Scope> {
    [wish.task.map(Scope::Task), Some(Scope::Agent(wish.agent)), Some(Scope::Run)].into_iter().flatten()
}

fn falls_under(call: &StartedCall, scope: Scope) -> bool {
    match scope {
        Scope::Run => true,
        Scope::Agent(agent) => call.agent == agent,
        Scope::Task(task) => call.task == Some(task),
    }
}

/// Whether an open question about money holds this call too.
fn concerns(open: &Decision, wish: &Wish) -> bool {
    match open.ask {
        Ask::Budget { scope, .. } => scopes(wish).any(|mine| mine == scope),
        _ => false,
    }
}

/// Carries out a human's choice about a budget.
///
/// # Errors
/// When the choice is not about money, or the new cap is still too low for the call that asked.
pub(super) fn decide(run: &Run, decision: &Decision, choice: &Choice) -> Result<Vec<Fact>, Refusal> {
    let Decision { id, ref ask, .. } = *decision;
    let Ask::Budget { scope, cap, worst, .. } = *ask else {
        return Err(Refusal(format!("{id} is not about money")));
    };
    match choice {
        Choice::Raise { cap } => {
            // Others may have used more since it was asked.
            let mut needed = run.used(scope);
            needed += worst;
            match cap.holds(&needed) {
                true => Ok(vec![Fact::CapSet { scope, cap: *cap }]),
                false => Err(Refusal(format!("{id}: {}", too_low(&needed, *cap)))),
            }
        }
        Choice::Finish => {
            let why = stands(run, scope, cap, &worst);
            let ends = || moot(run).filter(|fact| !decides(fact, id)).chain([close(run, &why)]).collect();
            Ok(match scope {
                Scope::Run => ends(),
                // The last one's cap is the end of the work.
                Scope::Agent(agent) if living_without(run, agent).next().is_none() => ends(),
                Scope::Agent(agent) => fail_agent(run, agent, &why),
                Scope::Task(task) => vec![Fact::TaskDropped { task, reason: why, by: Author::Human }],
            })
        }
        Choice::Approve | Choice::Edit { .. } | Choice::Veto { .. } => {
            Err(Refusal(format!("{id}: a cap is raised, or the run finishes with what is there")))
        }
    }
}

/// Sets a cap at any time.
///
/// # Errors
/// When the run has ended, or the scope does not exist.
pub fn set_cap(run: &Run, scope: Scope, cap: Cap) -> Result<Vec<Fact>, Refusal> {
    super::human::while_it_runs(run)?;
    let known = match scope {
        Scope::Run => true,
        Scope::Agent(agent) => run.agent(agent).is_some(),
        Scope::Task(task) => run.task(task).is_some(),
    };
    match known {
        true => Ok(vec![Fact::CapSet { scope, cap }]),
        false => Err(Refusal(format!("{scope} does not exist"))),
    }
}

fn decides(fact: &Fact, id: DecisionId) -> bool {
    matches!(fact, Fact::GateDecided { decision, .. } if *decision == id)
}

/// Whether there is money for a call that is not made any more need not be decided: what closes the work closes these
/// questions too. Whoever writes the answer still needs to know.
pub(super) fn moot(run: &Run) -> impl Iterator<Item = Fact> {
    let is_moot = |open: &&Decision| {
        let writes_it = run.finalizer.as_ref().is_some_and(|finalizer| finalizer.agent == open.agent);
        matches!(open.ask, Ask::Budget { .. }) && !writes_it
    };
    let moot = run.decisions.values().filter(is_moot);
    moot.map(|open| Fact::GateDecided { decision: open.id, choice: Choice::Finish, rule: None })
}

/// Ends the work, and says where the run stands.
fn close(run: &Run, why: &str) -> Fact {
    let counts = run.counts;
    let standing = format!("{why}; {} of {} tasks over", counts.over(), counts.total());
    Fact::WorkClosed { closing: Closing::CapReached(standing) }
}

/// Why a call does not go under its cap, as a sentence.
fn stands(run: &Run, scope: Scope, cap: Cap, worst: &Usage) -> String {
    let used = run.used(scope);
    let of = match scope {
        Scope::Run => "the cap".to_owned(),
        Scope::Agent(_) | Scope::Task(_) => format!("{scope}'s cap"),
    };
    match cap.usd {
        Some(_) if used.usd.is_none() => {
            format!("{of} of {cap} cannot be kept, since what was used has no known price")
        }
        Some(_) if worst.usd.is_none() => {
            format!("{of} of {cap} cannot be kept, since the next call has no known price: {} used", amount(&used, cap))
        }
        _ => {
            let (used, next) = (amount(&used, cap), amount(worst, cap));
            format!("{of} of {cap} is reached: {used} used, and the next call may use {next}")
        }
    }
}

fn too_low(needed: &Usage, cap: Cap) -> String {
    match (cap.usd, needed.usd) {
        (Some(_), None) => "a price is unknown, so no cap in dollars holds; cap the tokens, or lift the cap".to_owned(),
        _ => format!("the call needs up to {}; {cap} is too low", amount(needed, cap)),
    }
}

/// So much, in the units of the cap.
fn amount(used: &Usage, cap: Cap) -> String {
    let tokens = || format!("{} tokens", used.tokens());
    match (cap.usd, used.usd) {
        (Some(_), Some(usd)) if cap.tokens.is_some() => format!("${usd:.4} and {}", tokens()),
        (Some(_), Some(usd)) => format!("${usd:.4}"),
        (Some(_), None) | (None, _) => tokens(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Limits, Options, Seq, call::Call};

    fn run_with(limits: Limits) -> Run {
        let mut run = Run::default();
        let options = Options { limits, ..Options::default() };
        add(&mut run, vec![Fact::RunStarted { question: String::new(), paths: vec![], options: Box::new(options) }]);
        run
    }

    fn add(run: &mut Run, facts: Vec<Fact>) {
        for fact in facts {
            run.apply(&Event { seq: run.head.next(), at: 0, fact });
        }
    }

    fn tokens(tokens: u64) -> Usage {
        Usage { input_tokens: tokens, ..Usage::NONE }
    }

    fn wish(agent: u16, worst: u64) -> Wish {
        let kind = CallKind::Reason;
        Wish { kind, agent: AgentId(agent), task: None, model: "m".into(), key: None, worst: tokens(worst) }
    }

    fn try_begin(run: &mut Run, wish: &Wish) -> Begun {
        let (begun, facts) = begin(run, wish);
        add(run, facts);
        begun
    }

    fn finish(run: &mut Run, id: u64, used: u64) {
        let started = run.in_flight[&CallId(id)].clone();
        let call = Call {
            id: started.id,
            kind: started.kind,
            agent: started.agent,
            task: None,
            model: started.model,
            request: BlobId([0; 32]),
            reply: None,
            usage: tokens(used),
            elapsed_ms: 0,
            first_ms: None,
            stable: 0,
            key: None,
            trace: None,
            from: None,
            error: None,
            fault: None,
        };
        add(run, vec![Fact::CallFinished { call: Box::new(call) }]);
    }

    fn capped(tokens: u64) -> Limits {
        Limits { run: Cap { usd: None, tokens: Some(tokens) }, ..Limits::default() }
    }

    #[test]
    fn two_agents_cannot_reserve_the_same_money() {
        let mut run = run_with(capped(100));
        assert_eq!(try_begin(&mut run, &wish(1, 60)), Begun::Sent(CallId(1)));
        assert_eq!(try_begin(&mut run, &wish(2, 60)), Begun::Short, "40 are left while the first is in flight");
        finish(&mut run, 1, 30);
        assert_eq!(try_begin(&mut run, &wish(2, 60)), Begun::Sent(CallId(2)));
    }

    #[test]
    fn what_can_never_fit_is_asked_once_and_all_wait_for_the_answer() {
        let mut run = run_with(capped(100));
        assert_eq!(try_begin(&mut run, &wish(1, 101)), Begun::Asked(DecisionId(1)));
        assert_eq!(try_begin(&mut run, &wish(2, 5)), Begun::Asked(DecisionId(1)), "the same question");
        let open = run.decisions[&DecisionId(1)].clone();
        let low = Choice::Raise { cap: Cap { usd: None, tokens: Some(100) } };
        assert!(decide(&run, &open, &low).is_err());
        let enough = Choice::Raise { cap: Cap { usd: None, tokens: Some(200) } };
        let mut facts = vec![Fact::GateDecided { decision: DecisionId(1), choice: enough.clone(), rule: None }];
        facts.extend(decide(&run, &open, &enough).unwrap());
        add(&mut run, facts);
        assert_eq!(try_begin(&mut run, &wish(1, 101)), Begun::Sent(CallId(1)));
    }

    #[test]
    fn who_finishes_at_the_runs_cap_is_not_asked_about_the_others() {
        let agent = Cap { usd: None, tokens: Some(50) };
        let mut run = run_with(Limits { agent, ..capped(100) });
        let [first, second] = [1, 2].map(DecisionId);
        assert_eq!(
            try_begin(&mut run, &wish(1, 60)),
            Begun::Asked(first),
            "under the cap of the run, not of the agent"
        );
        add(&mut run, vec![Fact::CapSet { scope: Scope::Agent(AgentId(2)), cap: Cap::default() }]);
        assert_eq!(try_begin(&mut run, &wish(2, 101)), Begun::Asked(second));
        let facts = decide(&run, &run.decisions[&second].clone(), &Choice::Finish).unwrap();
        let decided = Fact::GateDecided { decision: first, choice: Choice::Finish, rule: None };
        assert!(matches!(&facts[..], [moot, Fact::WorkClosed { .. }] if *moot == decided), "{facts:?}");
    }

    #[test]
    fn a_cap_on_an_agent_leaves_the_others_alone() {
        let agent = Cap { usd: None, tokens: Some(10) };
        let mut run = run_with(Limits { agent, ..Limits::default() });
        assert_eq!(try_begin(&mut run, &wish(1, 11)), Begun::Asked(DecisionId(1)));
        assert_eq!(try_begin(&mut run, &wish(2, 10)), Begun::Sent(CallId(1)));
    }

    #[test]
    fn an_agent_that_waits_for_a_human_sends_nothing() {
        let mut run = run_with(capped(10));
        let decision = Decision { id: DecisionId(1), agent: AgentId(1), task: None, ask: Ask::Claim, deadline: None };
        add(&mut run, vec![Fact::GateOpened { decision: Box::new(decision) }]);
        for worst in [1, 11] {
            assert_eq!(try_begin(&mut run, &wish(1, worst)), Begun::Denied);
        }
        assert_eq!(try_begin(&mut run, &wish(2, 1)), Begun::Sent(CallId(1)));
    }

    #[test]
    fn after_the_work_is_closed_no_call_is_sent() {
        let mut run = run_with(capped(100));
        add(&mut run, vec![Fact::WorkClosed { closing: Closing::CapReached("so".into()) }]);
        assert_eq!(try_begin(&mut run, &wish(1, 1)), Begun::Closed);
        assert_eq!(run.head, Seq(2));
    }

    #[test]
    fn a_call_lost_with_its_process_reserves_nothing() {
        let mut run = run_with(capped(100));
        assert_eq!(try_begin(&mut run, &wish(1, 100)), Begun::Sent(CallId(1)));
        add(&mut run, vec![Fact::SessionStarted { pid: 1 }]);
        assert_eq!((run.calls_lost, run.in_flight.len()), (1, 0));
        assert_eq!(try_begin(&mut run, &wish(1, 100)), Begun::Sent(CallId(2)), "and its number is not used again");
    }
}
