//! A claimed task, from evidence to admission: stages 5–11 and the retries of METHOD §3a, as straight code.

use std::sync::Arc;

use crate::{
    llm::CallError,
    reason::{Approved, Brief, Case, Gist, GistReply, ReasonError, Redundancy, Thought, Turn, Unfolded},
    run::{
        AgentId, AgentState, Ask, Author, Chain, Checkpoint, Citation, Claim, Critic, Depth, Doubt, EntryKind, Fact,
        Feedback, GateLevel, Held, Label, Phase, Proposal, Ruling, Run, Summary, Task, TaskId, Trajectory, Verdict,
        one_line,
        rules::{
            lease,
            work::{self, LastTry},
            write::{self, Submitted},
        },
    },
    store::Body,
};

use super::{
    Stopped,
    desk::AgentDesk,
    shop::{Leave, Shop},
};

/// Tries until the task is no longer this agent's: admitted, redundant, requeued, failed, or taken away.
///
/// # Errors
/// When the session ends.
pub async fn work_on(shop: &Arc<Shop>, claim: Claim, task: TaskId) -> Result<(), Stopped> {
    while let Some(attempt) = Attempt::start(shop, claim, task).await? {
        match attempt.run().await {
            Ok(()) | Err(Halt::Lost) => {}
            Err(Halt::Stopped) => return Err(Stopped),
            Err(Halt::Closed) => {
                let leave = move |run: &Run| ((), work::leave(run, claim, task).into_iter().collect());
                shop.log.propose(vec![], leave).await?;
            }
            Err(Halt::TurnedDown(feedback)) => {
                let reject = move |run: &Run| ((), write::reject(run, claim, task, feedback.clone()));
                shop.log.propose(vec![], reject).await?;
            }
        }
    }
    Ok(())
}

/// Why a try ended without a write.
enum Halt {
    Stopped,
    /// The task is not this agent's any more, or is settled already.
    Lost,
    TurnedDown(Feedback),
    /// No call is made any more.
    Closed,
}

impl From<Stopped> for Halt {
    fn from(_: Stopped) -> Self {
        Halt::Stopped
    }
}

impl From<super::log::Closed> for Halt {
    fn from(_: super::log::Closed) -> Self {
        Halt::Stopped
    }
}

impl From<ReasonError> for Halt {
    fn from(error: ReasonError) -> Self {
        match error {
            ReasonError::Stopped => Halt::Stopped,
            ReasonError::Denied => Halt::Lost,
            ReasonError::Closed => Halt::Closed,
            ReasonError::Call(_) | ReasonError::Unreadable { .. } => {
                turned_down(Critic::Model, error.to_string(), None)
            }
        }
    }
}

fn turned_down(by: Critic, reason: String, chain: Option<&Chain>) -> Halt {
    Halt::TurnedDown(Feedback {
        by,
        reason,
        rejected: chain.map(|chain| chain.output.clone()).unwrap_or_default(),
        citations: chain.map(Chain::citations).unwrap_or_default(),
    })
}

struct Attempt<'a> {
    shop: &'a Arc<Shop>,
    desk: AgentDesk,
    agent: AgentId,
    claim: Claim,
    task: Task,
    brief: Brief,
    label: Label,
    last_try: LastTry,
    gate: GateLevel,
}

impl<'a> Attempt<'a> {
    /// Opens the next try with a fresh snapshot of C; `None` when the claim is lost or settled.
    async fn start(shop: &'a Arc<Shop>, claim: Claim, task: TaskId) -> Result<Option<Self>, Stopped> {
        let agent = claim.agent;
        let opened = move |run: &Run| match work::start_attempt(run, claim, task) {
            None => (None, lease::refuse(run, claim, Held::Task(task), "")),
            Some((next, last, fact)) => {
                let label = run.next_label(Author::Agent(agent));
                (Some((next, last, label, run.context.snapshot(), run.options.gate)), vec![fact])
            }
        };
        let Some((task, last_try, label, context, gate)) = shop.log.propose(vec![], opened).await? else {
            return Ok(None);
        };
        let desk = AgentDesk { shop: Arc::clone(shop), agent, task: Some(task.id) };
        let title = match task.attempt {
            1 => format!("{} {}", task.id, task.text),
            n => format!("{} try {n}: {}", task.id, task.text),
        };
        shop.tap.begin(agent, title);
        let brief = Brief { question: Arc::clone(&shop.question), context };
        Ok(Some(Attempt { shop, desk, agent, claim, task, brief, label, last_try, gate }))
    }

    async fn run(&self) -> Result<(), Halt> {
        let (chain, unfolded) = self.reason().await?;
        let verdict = self.verify(&chain).await?;
        let objection = verdict.objection();
        let verified = objection.is_none();
        let (gist, paragraph, doubts) = match objection {
            None => self.compress(&chain, &verdict).await?,
            Some(line) if self.last_try.0 && self.gate != GateLevel::Auto => {
                // Nothing unverified is admitted by itself, but a human may want to see what would be thrown away.
                let gist = Gist { subtask: one_line(&self.task.text), result: chain.output.clone(), doubts: vec![] };
                (gist, chain.render(), vec![Doubt::Unverified(line)])
            }
            Some(line) => return Err(turned_down(Critic::Verifier, line, Some(&chain))),
        };
        let citations = chain.citations();
        if verified && self.is_redundant(&gist, &citations).await? {
            return Ok(());
        }
        self.publish(chain, verdict, gist, paragraph, doubts, unfolded).await
    }

    /// Stages 5 and 6.
    async fn reason(&self) -> Result<(Chain, Vec<Label>), Halt> {
        let reasoner = &self.shop.reasoner;
        let most = self.shop.method.coarse_unfold;
        let chosen = reasoner.choose(&self.desk, &self.brief, &self.task, most).await?;
        let chosen = chosen.into_iter().take(most).collect();
        let mut unfolded = Vec::new();
        self.unfold(&mut unfolded, chosen, Depth::Summary).await?;
        let mut feedback = self.task.feedback.clone();
        for round in 0..=self.shop.method.unfold_rounds {
            feedback.extend(self.messages().await?);
            let may_unfold = round < self.shop.method.unfold_rounds;
            match self.think(&mut unfolded, &feedback, may_unfold).await? {
                Turn::Conclude(chain) => {
                    let labels = unfolded.iter().map(|one| one.label).collect();
                    return Ok((self.settle(chain)?, labels));
                }
                Turn::Unfold(labels) => self.unfold(&mut unfolded, labels, Depth::Summary).await?,
                Turn::DeepUnfold(labels) => self.unfold(&mut unfolded, labels, Depth::Raw).await?,
            }
        }
        Err(turned_down(Critic::Model, "it asked for more evidence than the rounds allow".to_owned(), None))
    }

    /// What the human told this agent since its last thought.
    async fn messages(&self) -> Result<Vec<Feedback>, Halt> {
        let (agent, working) = (self.agent, AgentState::Working(self.task.id));
        let read = move |run: &Run| {
            // What came after it lost the task is for its next one.
            let reader = run.agent(agent).filter(|agent| agent.state == working);
            let messages = reader.map(|agent| agent.messages.clone()).unwrap_or_default();
            let count = messages.len();
            (messages, if count == 0 { vec![] } else { vec![Fact::MessagesRead { agent, count }] })
        };
        let messages = self.shop.log.propose(vec![], read).await?;
        Ok(messages.iter().map(|message| Feedback::by_human(message)).collect())
    }

    /// One turn; with less evidence where that is what it takes.
    async fn think(
        &self,
        unfolded: &mut Vec<Unfolded>,
        feedback: &[Feedback],
        may_unfold: bool,
    ) -> Result<Turn, ReasonError> {
        loop {
            let thought = Thought {
                brief: self.brief.clone(),
                task: self.task.clone(),
                unfolded: unfolded.clone(),
                feedback: feedback.to_vec(),
                may_unfold,
            };
            match self.shop.reasoner.think(&self.desk, &thought).await {
                // Which was the longest is known, which mattered is not.
                Err(ReasonError::Call(CallError::TooLong(why))) if !unfolded.is_empty() => {
                    tracing::warn!(agent = %self.agent, task = %self.task.id, why, "unfolds less");
                    drop_longest(unfolded);
                }
                turn => return turn,
            }
        }
    }

    async fn unfold(&self, into: &mut Vec<Unfolded>, labels: Vec<Label>, depth: Depth) -> Result<(), Halt> {
        let found: Vec<Unfolded> = labels.into_iter().filter_map(|label| self.open(label, depth)).collect();
        let labels: Vec<Label> = found.iter().map(|one| one.label).collect();
        if labels.is_empty() {
            return Ok(());
        }
        match self.shop.ask(self.agent, Some(self.task.id), Ask::Unfold { labels: labels.clone() }).await? {
            Leave::Granted => {}
            Leave::Denied => return Err(Halt::Lost),
        }
        if let Some(first) = labels.first() {
            self.shop.tap.phase(self.agent, Phase::Reading(*first));
        }
        let fact = Fact::Unfolded { agent: self.agent, task: Some(self.task.id), labels, depth };
        self.shop.log.append(vec![], vec![fact]).await?;
        for one in found {
            if !into.contains(&one) {
                into.push(one);
            }
        }
        Ok(())
    }

    fn open(&self, label: Label, depth: Depth) -> Option<Unfolded> {
        let entry = self.brief.context.get(label)?;
        self.shop.library().unfold(entry, label, depth)
    }

    /// Makes the chain's citations exact, and refuses recalled entries and labels that this agent cannot have read.
    fn settle(&self, chain: Chain) -> Result<Chain, Halt> {
        let unknown = chain.citations().into_iter().find(|citation| self.brief.context.get(citation.label).is_none());
        if let Some(Citation { label, .. }) = unknown {
            return Err(turned_down(Critic::Verifier, format!("it cites {label}, which does not exist"), Some(&chain)));
        }
        if let Some(reason) = write::recalled(&chain.citations(), |label| self.brief.context.is_recalled(label)) {
            return Err(turned_down(Critic::Verifier, reason, Some(&chain)));
        }
        let library = self.shop.library();
        let mut chain = chain;
        for step in &mut chain.steps {
            step.citations = library.settle(&step.citations);
        }
        Ok(chain)
    }

    /// Stage 7.
    async fn verify(&self, chain: &Chain) -> Result<Verdict, Halt> {
        let mut labels: Vec<Label> = chain.citations().into_iter().map(|citation| citation.label).collect();
        labels.dedup();
        let mut evidence = Vec::new();
        for label in labels {
            if let Some(entry) = self.brief.context.get(label) {
                evidence.extend(self.shop.library().evidence(entry, label));
            }
        }
        let case = Case {
            brief: self.brief.clone(),
            task: self.task.clone(),
            label: self.label,
            chain: chain.clone(),
            evidence,
        };
        Ok(self.shop.reasoner.verify(&self.desk, &case).await?)
    }

    /// Stages 8 and 9: the gist, its form, and what a human should know of it.
    async fn compress(&self, chain: &Chain, verdict: &Verdict) -> Result<(Gist, String, Vec<Doubt>), Halt> {
        let paragraph = match &verdict.ruling {
            Ruling::Approved(paragraph) => paragraph.clone(),
            Ruling::Wrong(_) => chain.render(),
        };
        let approved =
            Approved { task: self.task.clone(), label: self.label, chain: chain.clone(), paragraph: paragraph.clone() };
        let gist = match self.shop.reasoner.gist(&self.desk, &approved).await? {
            GistReply::Gist(gist) => gist,
            GistReply::Refused(reason) => return Err(turned_down(Critic::GistGate, reason, Some(chain))),
        };
        if !self.form_holds(&gist).await? {
            let reason = "the gist does not stand on its own: name the sub-task and give a real result".to_owned();
            return Err(turned_down(Critic::FormCheck, reason, Some(chain)));
        }
        let negative = (chain.kind == EntryKind::Fail).then_some(Doubt::Negative);
        let doubts = negative.into_iter().chain(gist.doubts.iter().cloned().map(Doubt::Rule)).collect();
        Ok((gist, paragraph, doubts))
    }

    /// The majority of the votes; a draw does not hold.
    async fn form_holds(&self, gist: &Gist) -> Result<bool, Halt> {
        let votes = self.shop.method.form_votes.max(1);
        let mut holds = 0;
        for _ in 0..votes {
            holds += u32::from(self.shop.reasoner.check_form(&self.desk, gist).await?);
        }
        Ok(2 * holds > votes)
    }

    /// Stage 10, against C as it stands now: peers may have written since the snapshot.
    async fn is_redundant(&self, gist: &Gist, citations: &[Citation]) -> Result<bool, Halt> {
        let (agent, claim, task) = (self.agent, self.claim, self.task.id);
        let compare = move |run: &Run| {
            (run.context.snapshot(), vec![Fact::ContextRead { agent, task: Some(task), snapshot: run.head }])
        };
        let context = self.shop.log.propose(vec![], compare).await?;
        let brief = Brief { context, ..self.brief.clone() };
        match self.shop.reasoner.check_redundancy(&self.desk, &brief, gist, citations).await? {
            Redundancy::Accept => Ok(false),
            Redundancy::Redundant(of) => {
                self.shop.log.propose(vec![], move |run| ((), write::redundant(run, claim, task, of))).await?;
                Ok(true)
            }
        }
    }

    /// Stage 11: both levels are stored with the fact that makes the label visible.
    async fn publish(
        &self,
        chain: Chain,
        verdict: Verdict,
        gist: Gist,
        paragraph: String,
        doubts: Vec<Doubt>,
        unfolded: Vec<Label>,
    ) -> Result<(), Halt> {
        self.shop.checkpoint(self.agent, Checkpoint::Write).await?;
        self.shop.tap.phase(self.agent, Phase::Writing);
        let (agent, claim, task) = (self.agent, self.claim, self.task.id);
        let citations = chain.citations();
        let kind = chain.kind;
        let trajectory = Trajectory {
            task,
            agent,
            attempt: self.task.attempt,
            subtask: gist.subtask.clone(),
            feedback: self.task.feedback.clone(),
            unfolded,
            chain,
            verdict: verdict.clone(),
        };
        let summary = Summary { topic: paragraph, parts: vec![] };
        let bodies = [json_body(&summary), json_body(&trajectory)];
        let proposal = Proposal {
            label: self.label,
            kind,
            agent,
            task,
            attempt: self.task.attempt,
            subtask: gist.subtask,
            result: gist.result,
            citations,
            summary: bodies[0].id,
            trajectory: bodies[1].id,
            verdict,
            doubts,
        };
        // On the shelf before anybody can see the label.
        self.shop.library().keep_result(self.label, Arc::new(summary), &trajectory);
        let submit = move |run: &Run| write::submit(run, claim, proposal.clone());
        match self.shop.log.propose(bodies.into(), submit).await? {
            Submitted::Admitted(_) | Submitted::TurnedDown | Submitted::Stale => Ok(()),
            Submitted::Asked(decision) => {
                self.shop.decided(agent, Some(task), decision).await?;
                Ok(())
            }
        }
    }
}

fn drop_longest(unfolded: &mut Vec<Unfolded>) {
    let longest = unfolded.iter().enumerate().max_by_key(|(_, one)| one.bytes()).map(|(at, _)| at);
    longest.map(|at| unfolded.remove(at));
}

/// Plain data as a stored body.
pub fn json_body(value: &impl serde::Serialize) -> Body {
    Body::of(serde_json::to_vec(value).expect("plain data serialises"))
}
