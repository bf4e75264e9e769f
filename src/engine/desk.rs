//! One agent's desk: every call of its reasoner passes a checkpoint here, streams to the screen and is recorded whole.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    llm::{CallError, Chunk, Reply, Request},
    reason::{Desk, ReasonError},
    run::{AgentId, Ask, Call, CallId, CallKind, Fact, Phase, Run, Stream, TaskId, Usage, estimate_tokens},
    store::Body,
};

use super::{
    Stopped,
    shop::{Leave, Shop},
};

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
        let Some(model) = self.shop.model.clone() else {
            return Err(CallError::Refused("this run has no model to call".to_owned()).into());
        };
        self.think(kind).await?;
        self.shop.tap.begin(self.agent, format!("{} {kind}", kind.letter()));
        let started = Instant::now();
        let mut on_chunk = |chunk| match chunk {
            Chunk::Reasoning(text) => self.say(Stream::Reasoning, &text),
            Chunk::Output(text) => self.say(Stream::Output, &text),
            Chunk::Waiting(wait) => {
                self.say(Stream::Reasoning, &format!("\n[{}; trying again in {:?}]\n", wait.why, wait.wait))
            }
        };
        let result = model.send(&request, &mut on_chunk).await;
        let elapsed_ms = started.elapsed().as_millis() as u64;
        if let Err(error) = &result {
            tracing::warn!(agent = %self.agent, call = %kind, %error, "a call brought no reply");
        }
        self.record(kind, model.name(), &request, &result, elapsed_ms).await?;
        Ok(result?.text)
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
        self.shop.tap.text(self.agent, stream, text);
    }
}

impl AgentDesk {
    async fn record(
        &self,
        kind: CallKind,
        model: &str,
        request: &Request,
        result: &Result<Reply, CallError>,
        elapsed_ms: u64,
    ) -> Result<(), Stopped> {
        let sent = match result {
            Ok(reply) => Body::of(reply.sent.clone()),
            Err(_) => Body::of(serde_json::to_vec(request).expect("a request is plain data")),
        };
        let received = result.as_ref().ok().map(|reply| Body::of(reply.received.clone()));
        let call = Call {
            id: CallId(0),
            kind,
            agent: self.agent,
            task: self.task,
            model: model.to_owned(),
            request: sent.id,
            reply: received.as_ref().map(|body| body.id),
            usage: usage(request, result),
            elapsed_ms,
            error: result.as_ref().err().map(ToString::to_string),
        };
        let bodies = [Some(sent), received].into_iter().flatten().collect();
        let numbered = move |run: &Run| {
            let call = Call { id: CallId(run.calls + 1), ..call.clone() };
            ((), vec![Fact::CallFinished { call: Box::new(call) }])
        };
        Ok(self.shop.log.propose(bodies, numbered).await?)
    }
}

/// What the provider counted, else the method's estimate; nothing for a call that nobody received. The price is unknown
/// until there is a price table.
fn usage(request: &Request, result: &Result<Reply, CallError>) -> Usage {
    if let Err(CallError::Unreached(_)) = result {
        return Usage::NONE;
    }
    let counted = result.as_ref().ok().and_then(|reply| reply.tokens);
    let estimate = || {
        let input = request.messages.iter().map(|message| message.text.chars().count()).sum();
        let output = |reply: &Reply| reply.text.chars().count() + reply.reasoning.chars().count();
        (estimate_tokens(input), estimate_tokens(result.as_ref().map_or(0, output)))
    };
    let (input_tokens, output_tokens) = counted.map_or_else(estimate, |tokens| (tokens.input, tokens.output));
    Usage { input_tokens, output_tokens, usd: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Message, Role};

    #[test]
    fn a_call_that_reached_nobody_costs_nothing() {
        let messages = vec![Message { role: Role::User, text: "x".repeat(400) }];
        let request = Request { messages, stable: 0, max_tokens: 10, temperature: None };
        assert_eq!(usage(&request, &Err(CallError::Unreached("refused".into()))), Usage::NONE);
        let broken = usage(&request, &Err(CallError::Transient("broke off".into())));
        assert_eq!((broken.input_tokens, broken.usd), (100, None), "what was sent may have been charged");
    }
}
