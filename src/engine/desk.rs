//! One agent's desk: every call of its reasoner passes a checkpoint and the caps here, streams to the screen and is
//! recorded whole.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use crate::{
    llm::{CallError, Reply, Request, Wait},
    reason::{Desk, ReasonError},
    run::{
        AgentId, Ask, BlobId, Call, CallId, CallKind, Checkpoint, Fact, Fault, Phase, Run, Stream, TaskId, Trace,
        Usage,
        rules::spend::{self, Begun, Wish},
    },
    store::Body,
};

use super::{
    Stopped,
    attempt::json_body,
    models::{Models, Voice},
    record::{Answer, Recorded, Unrecorded},
    recorder::{Heard, Recorder, announce},
    shop::{Leave, Shop},
};

/// A call on its way.
struct Sent<'a> {
    id: CallId,
    kind: CallKind,
    key: BlobId,
    request: &'a Request,
}

pub struct AgentDesk {
    pub shop: Arc<Shop>,
    pub agent: AgentId,
    /// What it works on, when it is a task.
    pub task: Option<TaskId>,
}

impl From<Stopped> for ReasonError {
    fn from(_: Stopped) -> Self {
        ReasonError::Stopped
    }
}

#[async_trait]
impl Desk for AgentDesk {
    async fn call(&self, kind: CallKind, request: Request) -> Result<String, ReasonError> {
        let Some(models) = &self.shop.models else {
            return Err(CallError::Refused("this run has no model to call".to_owned()).into());
        };
        self.think(kind).await?;
        let mut tries = 1;
        loop {
            match self.try_once(kind, models, &request, tries).await? {
                Tried::Answered(text) => return Ok(text),
                Tried::Broke(wait) => {
                    announce(&self.shop.tap, self.agent, kind, &wait);
                    self.shop.rest(self.agent, tokio::time::sleep(wait.wait)).await;
                    self.shop.checkpoint(self.agent, Checkpoint::Think).await?;
                    tries += 1;
                }
            }
        }
    }

    async fn think(&self, kind: CallKind) -> Result<(), ReasonError> {
        match self.shop.ask(self.agent, self.task, Ask::Think { call: kind }).await? {
            Leave::Granted => {
                self.shop.tap.phase(self.agent, Phase::Thinking(kind));
                Ok(())
            }
            Leave::Denied => Err(ReasonError::Denied),
        }
    }

    fn say(&self, stream: Stream, text: &str) {
        self.shop.turnstile.see(self.agent, Duration::ZERO);
        self.shop.tap.text(self.agent, stream, text);
    }
}

/// Calls in all that may break off after they had begun to answer, the first included.
const TRIES: u32 = 5;

/// What a try came to.
enum Tried {
    Answered(String),
    /// It broke off after it had begun to answer; another may follow after the wait.
    Broke(Wait),
}

/// A call that may be sent, and by what.
struct Sending {
    id: CallId,
    voice: Voice,
    key: BlobId,
}

impl AgentDesk {
    /// One call, from its reservation to its end in the log.
    async fn try_once(
        &self,
        kind: CallKind,
        models: &Models,
        request: &Request,
        tries: u32,
    ) -> Result<Tried, ReasonError> {
        let Sending { id, voice, key } = self.begin(kind, models, request).await?;
        if let Some(record) = self.shop.record.clone() {
            let ask = || record.answer(id, key).map_err(|why| CallError::Refused(format!("the record: {why}")));
            let mut answer = ask()?;
            if let Answer::Lost = answer {
                record.left().await;
                // Where the run parts from its record it may be held.
                self.shop.checkpoint(self.agent, Checkpoint::Think).await?;
                answer = ask()?;
            }
            match answer {
                Answer::Recorded(recorded) => return self.play(id, kind, *recorded).await,
                Answer::Unknown | Answer::Lost if record.unrecorded() == Unrecorded::Stop => {
                    self.shop.give_up(format!(
                        "{id} ({} {kind} by {}) is not in the record",
                        kind.letter(),
                        self.agent
                    ));
                    return Err(ReasonError::Stopped);
                }
                Answer::Unknown | Answer::Lost => {}
            }
        }
        let mut recorder = Recorder::start(&self.shop.tap, &self.shop.turnstile, self.agent, kind);
        let (breaks, mut broken) = mpsc::unbounded_channel();
        let mut on_chunk = |chunk| {
            if let Some(wait) = recorder.hear(chunk) {
                let _ = breaks.send(wait);
            }
        };
        let sent = tokio::select! {
            biased;
            // Whoever would try again has come to a wait, so nothing has been sent since.
            Some(wait) = broken.recv() => Err(wait),
            sent = AssertUnwindSafe(voice.model.send(request, &mut on_chunk)).catch_unwind() => Ok(sent),
        };
        // A call that was begun also ends in the log: what it reserved must not be held for ever.
        let (result, broke, panic) = match sent {
            Ok(Ok(result)) => (result, None, None),
            Ok(Err(panic)) => (Err(CallError::Transient("it failed unexpectedly".to_owned())), None, Some(panic)),
            Err(wait) if tries < TRIES => (Err(CallError::Transient(wait.why.clone())), Some(wait), None),
            Err(Wait { why, .. }) => (Err(CallError::Transient(format!("{why}; broke off {tries} times"))), None, None),
        };
        if let Err(error) = &result {
            tracing::warn!(agent = %self.agent, call = %kind, %error, "a call brought no reply");
        }
        let fault = result.as_ref().err().map(|error| if broke.is_some() { Fault::Broken } else { fault(error) });
        let sent = Sent { id, kind, key, request };
        self.record(sent, &voice, (&result, fault), recorder.finish()).await?;
        match (panic, broke) {
            (Some(panic), _) => resume_unwind(panic),
            (None, Some(wait)) => Ok(Tried::Broke(wait)),
            (None, None) => Ok(Tried::Answered(result?.text)),
        }
    }

    /// Waits until the call fits under every cap, and reserves what it may cost with the model that is set by then.
    async fn begin(&self, kind: CallKind, models: &Models, request: &Request) -> Result<Sending, ReasonError> {
        let agent = self.agent;
        let set = move |run: &Run| run.model_set(agent, kind).map(str::to_owned);
        let mut wakes = self.shop.log.wakes();
        loop {
            wakes.mark_unchanged();
            let name: Option<String> = self.shop.log.read(set).await.map_err(Stopped::from)?;
            let voice = name.as_ref().map_or_else(|| models.of(kind).clone(), |name| models.named(name));
            let key = request_key(voice.model.name(), request);
            let (model, worst) = (voice.model.name().to_owned(), voice.worst(request));
            let wish = Wish { kind, agent, task: self.task, model, key: Some(key), worst };
            let begin = move |run: &Run| match run.model_set(agent, kind) == name.as_deref() {
                true => {
                    let (begun, facts) = spend::begin(run, &wish);
                    (Some(begun), facts)
                }
                // Another was set in this instant.
                false => (None, vec![]),
            };
            let Some(begun) = self.shop.log.propose(vec![], begin).await.map_err(Stopped::from)? else { continue };
            match begun {
                Begun::Sent(id) => {
                    self.shop.tap.phase(self.agent, Phase::Thinking(kind));
                    return Ok(Sending { id, voice, key });
                }
                Begun::Short => {
                    self.shop.tap.phase(self.agent, Phase::WaitsForMoney);
                    self.shop.rest(self.agent, wakes.changed()).await.map_err(|_| Stopped)?;
                }
                Begun::Asked(decision) => match self.shop.decided(self.agent, self.task, decision).await? {
                    Leave::Granted => {}
                    Leave::Denied => return Err(ReasonError::Denied),
                },
                Begun::Closed => return Err(ReasonError::Closed),
                Begun::Denied => return Err(ReasonError::Denied),
            }
            // The run may have been paused while it waited.
            self.shop.checkpoint(self.agent, Checkpoint::Think).await?;
        }
    }

    /// Shows and records a call as it was answered before.
    async fn play(&self, id: CallId, kind: CallKind, recorded: Recorded) -> Result<Tried, ReasonError> {
        let Recorded { call, trace, bodies } = recorded;
        self.shop.tap.begin(self.agent, format!("{} {kind}, from the record", kind.letter()));
        self.shop.tap.text(self.agent, Stream::Reasoning, &trace.reasoning);
        self.shop.tap.text(self.agent, Stream::Output, &trace.text);
        let result = match (&call.error, call.fault) {
            (None, _) => Ok(Tried::Answered(trace.text)),
            (Some(why), Some(Fault::Broken)) => Ok(Tried::Broke(Wait { why: why.clone(), wait: Duration::ZERO })),
            (Some(why), fault) => Err(failure(fault.unwrap_or(Fault::Refused), why.clone())),
        };
        let call = Call { id, agent: self.agent, task: self.task, from: Some(call.id), ..call };
        let fact = Fact::CallFinished { call: Box::new(call) };
        self.shop.log.append(bodies, vec![fact]).await.map_err(Stopped::from)?;
        Ok(result?)
    }

    async fn record(
        &self,
        sent: Sent<'_>,
        voice: &Voice,
        (result, fault): (&Result<Reply, CallError>, Option<Fault>),
        heard: Heard,
    ) -> Result<(), Stopped> {
        let Sent { id, kind, key, request } = sent;
        let sent = match result {
            Ok(reply) => Body::of(reply.sent.clone()),
            Err(_) => json_body(request),
        };
        let received = result.as_ref().ok().map(|reply| Body::of(reply.received.clone()));
        let usage = usage(voice, request, result, &heard);
        let trace = json_body(&match result {
            // What the reply was read as may differ from what streamed: marks of thought are taken out.
            Ok(reply) => Trace {
                text: reply.text.clone(),
                reasoning: reply.reasoning.clone(),
                headers: reply.headers.clone(),
                ..heard.trace
            },
            Err(_) => heard.trace,
        });
        let call = Call {
            id,
            kind,
            agent: self.agent,
            task: self.task,
            model: voice.model.name().to_owned(),
            request: sent.id,
            reply: received.as_ref().map(|body| body.id),
            usage,
            elapsed_ms: heard.elapsed.as_millis() as u64,
            first_ms: heard.first.map(|first| first.as_millis() as u64),
            stable: request.stable as u32,
            key: Some(key),
            trace: Some(trace.id),
            from: None,
            error: result.as_ref().err().map(ToString::to_string),
            fault,
        };
        let bodies = [Some(sent), received, Some(trace)].into_iter().flatten().collect();
        let fact = Fact::CallFinished { call: Box::new(call) };
        Ok(self.shop.log.append(bodies, vec![fact]).await?)
    }
}

fn fault(error: &CallError) -> Fault {
    match error {
        CallError::Unreached(_) => Fault::Unreached,
        CallError::Transient(_) => Fault::Transient,
        CallError::Busy { .. } => Fault::Busy,
        CallError::Refused(_) => Fault::Refused,
        CallError::TooLong(_) => Fault::TooLong,
    }
}

fn failure(fault: Fault, why: String) -> CallError {
    match fault {
        Fault::Unreached => CallError::Unreached(why),
        Fault::Transient | Fault::Broken => CallError::Transient(why),
        Fault::Busy => CallError::Busy { why, retry_after: None },
        Fault::Refused => CallError::Refused(why),
        Fault::TooLong => CallError::TooLong(why),
    }
}

/// What is the same for two calls that may be answered alike.
fn request_key(model: &str, request: &Request) -> BlobId {
    json_body(&(model, request)).id
}

/// What the provider counted, else the method's estimate; nothing for a call that nobody received. One that broke off
/// counts by what it had written.
fn usage(voice: &Voice, request: &Request, result: &Result<Reply, CallError>, heard: &Heard) -> Usage {
    let written = |trace: &Trace| trace.text.chars().count() + trace.reasoning.chars().count();
    match result {
        Err(CallError::Unreached(_) | CallError::Busy { .. } | CallError::TooLong(_)) => Usage::NONE,
        Err(_) => voice.estimated(request, written(&heard.trace)),
        Ok(Reply { tokens: Some(tokens), .. }) => voice.counted(*tokens),
        Ok(reply) => voice.estimated(request, reply.text.chars().count() + reply.reasoning.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Message, Role, scripted::Scripted};

    #[test]
    fn a_call_that_reached_nobody_costs_nothing() {
        let messages = vec![Message { role: Role::User, text: "x".repeat(400) }];
        let request = Request { messages, stable: 0, max_tokens: 10, temperature: None };
        let voice = Voice { model: Arc::new(Scripted::new(vec![])), price: None };
        let heard = |text: &str| {
            let trace = Trace { text: text.to_owned(), ..Trace::default() };
            Heard { trace, elapsed: Default::default(), first: None }
        };
        let used = |result, text| usage(&voice, &request, &result, &heard(text));
        assert_eq!(used(Err(CallError::Unreached("refused".into())), ""), Usage::NONE);
        let broken = used(Err(CallError::Transient("broke off".into())), "");
        assert_eq!((broken.input_tokens, broken.usd), (100, None), "what was sent may have been charged");
        let late = used(Err(CallError::Transient("broke off".into())), &"x".repeat(40));
        assert_eq!((late.input_tokens, late.output_tokens), (100, 10), "so may what it wrote");
    }
}
