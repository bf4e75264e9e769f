//! A model that plays a script: for tests and demos.
//!
//! It answers by what stands in the last message, never by what it has learnt; times are those of tokio, so a paused
//! clock plays it at once.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use async_trait::async_trait;
use regex::Regex;
use serde::Deserialize;

use super::{CallError, Chunk, Model, Reply, Request, Tokens};

/// What to answer to which request. The first rule that matches answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Texts that the request's last message must all contain.
    #[serde(rename = "match")]
    pub matching: Vec<String>,
    /// What replaces `{name}` in the replies, by name: the first group of the last match anywhere in the request. What is
    /// not found stays as it stands.
    #[serde(default)]
    pub find: BTreeMap<String, Pattern>,
    /// One for each request that this rule answers, in order.
    pub replies: Vec<Play>,
    #[serde(default)]
    pub then: Then,
}

impl Rule {
    #[must_use]
    pub fn on(text: &str, replies: Vec<Play>) -> Self {
        Rule { matching: vec![text.to_owned()], find: BTreeMap::new(), replies, then: Then::default() }
    }
}

/// A regular expression with a group.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let pattern = Regex::new(&text).map_err(|why| why.to_string())?;
        match pattern.captures_len() {
            1 => Err(format!("{text:?} has no group: put what is wanted in parentheses")),
            _ => Ok(Pattern(pattern)),
        }
    }
}

impl Pattern {
    fn last_in(&self, request: &Request) -> Option<String> {
        let mut texts = request.messages.iter().rev();
        texts.find_map(|message| Some(self.0.captures_iter(&message.text).last()?.get(1)?.as_str().trim().to_owned()))
    }
}

/// What a rule does when its replies are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Gives the last one again.
    #[default]
    Repeat,
    /// Starts over.
    Cycle,
    /// Leaves the request to the rules after it.
    Pass,
}

/// One reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Play {
    /// The text in one chunk.
    Whole(String),
    Beats(Vec<Beat>),
}

/// One thing that happens in a reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beat {
    Text(String),
    Reasoning(String),
    WaitMs(u64),
    /// Nothing more ever comes.
    Stall,
    Unreached(String),
    Transient(String),
    Busy {
        why: String,
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    Refused(String),
    TooLong(String),
    Tokens(Tokens),
}

/// Plays rules.
pub struct Scripted {
    name: String,
    rules: Vec<Rule>,
    /// How often each rule answered, and every request in order.
    played: Mutex<(Vec<usize>, Vec<Request>)>,
}

impl Scripted {
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Scripted::named("scripted".to_owned(), rules)
    }

    /// The same under a name of its own, where several play in one run.
    #[must_use]
    pub fn named(name: String, rules: Vec<Rule>) -> Self {
        let played = Mutex::new((vec![0; rules.len()], vec![]));
        Scripted { name, rules, played }
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.played.lock().expect("no holder panics").1.clone()
    }

    fn beats(&self, request: &Request) -> Option<Vec<Beat>> {
        let last = request.messages.last().map_or("", |message| message.text.as_str());
        let mut played = self.played.lock().expect("no holder panics");
        played.1.push(request.clone());
        for (rule, count) in self.rules.iter().zip(&mut played.0) {
            let replies = rule.replies.len();
            if replies == 0 || !rule.matching.iter().all(|text| last.contains(text.as_str())) {
                continue;
            }
            let at = match rule.then {
                Then::Repeat => (*count).min(replies - 1),
                Then::Cycle => *count % replies,
                Then::Pass if *count < replies => *count,
                Then::Pass => continue,
            };
            *count += 1;
            let found = rule.find.iter().filter_map(|(name, pattern)| Some((name, pattern.last_in(request)?)));
            let found: Vec<(&String, String)> = found.collect();
            let fill = |text: &String| {
                found.iter().fold(text.clone(), |text, (name, found)| text.replace(&format!("{{{name}}}"), found))
            };
            return Some(match &rule.replies[at] {
                Play::Whole(text) => vec![Beat::Text(fill(text))],
                Play::Beats(beats) => beats
                    .iter()
                    .map(|beat| match beat {
                        Beat::Text(text) => Beat::Text(fill(text)),
                        other => other.clone(),
                    })
                    .collect(),
            });
        }
        None
    }
}

#[async_trait]
impl Model for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    async fn send(&self, request: &Request, on_chunk: &mut (dyn FnMut(Chunk) + Send)) -> Result<Reply, CallError> {
        let Some(beats) = self.beats(request) else {
            let last = request.messages.last().map_or("", |message| message.text.as_str());
            let line = last.lines().next().unwrap_or_default();
            return Err(CallError::Refused(format!("the script has no reply to “{line}”")));
        };
        let mut reply = Reply { sent: serde_json::to_vec(request).unwrap_or_default(), ..Reply::default() };
        for beat in beats {
            match beat {
                Beat::Text(text) => {
                    reply.text.push_str(&text);
                    on_chunk(Chunk::Output(text));
                }
                Beat::Reasoning(text) => {
                    reply.reasoning.push_str(&text);
                    on_chunk(Chunk::Reasoning(text));
                }
                Beat::WaitMs(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Beat::Stall => std::future::pending().await,
                Beat::Unreached(why) => return Err(CallError::Unreached(why)),
                Beat::Transient(why) => return Err(CallError::Transient(why)),
                Beat::Busy { why, retry_after_ms } => {
                    return Err(CallError::Busy { why, retry_after: retry_after_ms.map(Duration::from_millis) });
                }
                Beat::TooLong(why) => return Err(CallError::TooLong(why)),
                Beat::Refused(why) => return Err(CallError::Refused(why)),
                Beat::Tokens(tokens) => reply.tokens = Some(tokens),
            }
        }
        reply.received = reply.text.clone().into_bytes();
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::{Message, Role};

    const SCRIPT: &str = r##"
        [[rule]]
        match = ["# Verify", "task two"]
        replies = ["WRONG: no"]
        then = "pass"

        [[rule]]
        match = ["# Verify"]
        find = { label = "Label: (.*)" }
        replies = [
            [{ reasoning = "hm" }, { wait_ms = 60000 }, { text = "for " }, { text = "{label}" }, { tokens = { input = 5, output = 2 } }],
            "second",
        ]

        [[rule]]
        match = ["broken"]
        replies = [[{ text = "half" }, { transient = "reset" }], [{ refused = "no key" }], ["stall"]]
        then = "cycle"
    "##;

    #[derive(Deserialize)]
    struct Script {
        rule: Vec<Rule>,
    }

    fn scripted() -> Scripted {
        Scripted::new(toml::from_str::<Script>(SCRIPT).unwrap().rule)
    }

    fn ask(text: &str) -> Request {
        let messages = vec![Message { role: Role::User, text: text.into() }];
        Request { messages, stable: 0, max_tokens: 10, temperature: None }
    }

    async fn text(model: &Scripted, request: &str) -> String {
        model.send(&ask(request), &mut |_| {}).await.unwrap().text
    }

    #[tokio::test(start_paused = true)]
    async fn rules_answer_in_order_and_then_as_they_say() {
        let model = scripted();
        assert_eq!(text(&model, "# Verify task two").await, "WRONG: no");
        let before = tokio::time::Instant::now();
        let reply = model.send(&ask("# Verify task two\nLabel: W1 S1\n"), &mut |_| {}).await.unwrap();
        assert_eq!(before.elapsed(), Duration::from_secs(60));
        assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("for W1 S1", "hm"));
        assert_eq!(reply.tokens, Some(Tokens { input: 5, output: 2, ..Tokens::default() }));
        assert_eq!(text(&model, "# Verify").await, "second");
        assert_eq!(text(&model, "# Verify").await, "second");
        assert_eq!(model.requests().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_played_too() {
        let model = scripted();
        let mut seen = vec![];
        let error = model.send(&ask("broken"), &mut |chunk| seen.push(chunk)).await.unwrap_err();
        assert!(matches!(error, CallError::Transient(why) if why == "reset"));
        assert_eq!(seen, [Chunk::Output("half".into())]);
        assert!(matches!(model.send(&ask("broken"), &mut |_| {}).await, Err(CallError::Refused(_))));
        let stalled = ask("broken");
        let never = tokio::time::timeout(Duration::from_secs(9999), model.send(&stalled, &mut |_| {})).await;
        assert!(never.is_err());
    }

    #[tokio::test]
    async fn an_unknown_request_is_refused_by_its_first_line() {
        let error = scripted().send(&ask("# Nobody knows\nthis"), &mut |_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), "the script has no reply to “# Nobody knows”");
    }
}
