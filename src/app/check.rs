//! One small call to a model, and how it went.

use tokio::time::Instant;

use crate::{
    llm::{Chunk, Message, Request, Role, Tokens, price::Price},
    run::Options,
};

use super::{Catalogue, voices::Voices};

/// Long enough that a server that streams sends it in several pieces.
const QUESTION: &str = "Write the numbers from one to ten as English words, separated by commas. Write nothing else.";

/// Leaves a model room to think that cannot be told not to.
const MOST_TOKENS: u32 = 2_000;

/// How a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub name: String,
    pub elapsed_ms: u64,
    /// Until the first piece of thought or reply.
    pub first_ms: Option<u64>,
    /// How many pieces the reply came in.
    pub pieces: usize,
    /// How many pieces of thought came.
    pub thoughts: usize,
    pub tokens: Option<Tokens>,
    pub price: Option<Price>,
    pub usd: Option<f64>,
    pub text: String,
}

/// Asks once: a failure is told at once, not tried again.
///
/// # Errors
/// When the SPEC names no model, its key cannot be had, or no whole reply came.
pub async fn check(spec: &str, options: &Options, catalogue: &Catalogue) -> anyhow::Result<Report> {
    // The address of the configuration belongs to its own model's provider, which may be this one.
    let voice = Voices::new(options, catalogue).once("--check", spec)?;
    let message = Message { role: Role::User, text: QUESTION.to_owned() };
    let request = Request { messages: vec![message], stable: 0, max_tokens: MOST_TOKENS, temperature: None };
    let (mut first, mut pieces, mut thoughts) = (None, 0, 0);
    let sent = Instant::now();
    let mut on_chunk = |chunk| {
        match chunk {
            Chunk::Output(_) => pieces += 1,
            Chunk::Reasoning(_) => thoughts += 1,
            Chunk::Waiting(_) => return,
        }
        first.get_or_insert_with(|| sent.elapsed());
    };
    let reply = voice.model.send(&request, &mut on_chunk).await?;
    let elapsed = sent.elapsed();
    Ok(Report {
        name: spec.to_owned(),
        elapsed_ms: elapsed.as_millis() as u64,
        first_ms: first.map(|first| first.as_millis() as u64),
        pieces,
        thoughts,
        tokens: reply.tokens,
        price: voice.price,
        usd: voice.price.zip(reply.tokens).map(|(price, tokens)| price.of(tokens)),
        text: reply.text,
    })
}
