//! All that goes wrong between us and a server, on each wire, over real sockets: one table that names each fault and what
//! the user sees. Every answer quotes the key wherever it can, and nothing that comes of it may.

#[path = "support/fault_server.rs"]
mod fault_server;
#[path = "support/model_server.rs"]
mod server;
#[path = "support/wires.rs"]
mod wires;

use std::{sync::Arc, time::Duration};

use delm::llm::{CallError, Chunk, Limiter, Model, Patience, Reply, Retrying, ServerOptions, Tokens};
use fault_server::{Answer, Then, serve};
use server::{KEY, said};
use tokio::sync::Notify;
use wires::{Trouble, Wire};

/// What the user sees of a fault. Sentences stand behind the model's name; `…` at the end is whatever the system adds.
#[derive(Debug)]
enum Sees {
    /// The reply, with its counts, as if nothing were wrong.
    Reply,
    /// The reply, without counts.
    Uncounted,
    /// A failure that is tried again.
    Again(&'static str),
    /// The same, without a connection.
    Unreached(&'static str),
    /// A wait for so many milliseconds, or for as long as the limiter thinks.
    Wait(&'static str, Option<u64>),
    /// A failure that is not tried again.
    Never(&'static str),
    /// The same, and a shorter request may help.
    Shorter(&'static str),
}

use Sees::{Again, Never, Shorter, Uncounted, Unreached, Wait};

const THOUGHT: &str = "hm, é";
const TEXT: &str = "naïve “words” [key] 😀";

const SHORT: Duration = Duration::from_millis(60);
const MIDDLE: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_millis(400);
const PLENTY: Duration = Duration::from_secs(20);

const CALM: Patience = Patience { connect: PLENTY, first: PLENTY, silence: PLENTY };
const HASTY_AT_FIRST: Patience = Patience { first: SHORT, ..CALM };
const HASTY_LATER: Patience = Patience { silence: SHORT, ..CALM };
const HASTY_ABOUT_WORDS: Patience = Patience { first: LONG, silence: MIDDLE, ..CALM };

/// The reply that is told in full by `THOUGHT`, `TEXT` and `COUNTS`; the key stands in it.
fn clean(wire: Wire) -> String {
    half(wire) + &wire.text(&format!("“words” {KEY} 😀")) + &wire.end()
}

fn half(wire: Wire) -> String {
    wire.start() + &wire.thought("hm, ") + &wire.thought("é") + &wire.text("naïve ")
}

fn counts(wire: Wire) -> Tokens {
    let cache_write = if wire == Wire::Messages { 3 } else { 0 };
    Tokens { input: 9, cached: 4, cache_write, output: 5, reasoning: 0 }
}

fn stream(body: &str) -> Answer {
    Answer::of("200 OK", &format!("content-type: text/event-stream\r\nx-request-id: req-{KEY}\r\n"), body)
}

/// The table: a fault, what the server does, how patient we are, and what the user sees.
#[rustfmt::skip]
fn faults(wire: Wire) -> Vec<(&'static str, Answer, Patience, Sees)> {
    let down = |status: &str, headers: &str, trouble, message: &str| {
        Answer::of(status, &format!("x-request-id: {KEY}\r\n{headers}"), wire.error(trouble, &format!("{message} {KEY}")))
    };
    let page = |status: &str, body: &str| Answer::of(status, "content-type: text/html\r\n", body);
    let cut_off = |trouble, message: &str| stream(&(half(wire) + &wire.error_event(trouble, &format!("{message} {KEY}"))));
    let no_head = || Answer { head: None, ..stream("") };
    let pinged = clean(wire).replace("\n\n", &format!("\n\n{}: {KEY}\n\n", wire.ping()));
    let (start, nothing, long) = (wire.start(), String::new(), wire.text(&"words and more ".repeat(4096)));
    vec![
        ("a clean stream", stream(&clean(wire)), CALM, Sees::Reply),
        ("CRLF and a byte order mark", stream(&format!("\u{feff}{}", clean(wire).replace('\n', "\r\n"))), CALM, Sees::Reply),
        ("keep-alive comments and pings", stream(&pinged), CALM, Sees::Reply),
        ("no blank line behind the last event", stream(clean(wire).trim_end()), CALM, Sees::Reply),
        ("no stream but one object", Answer::of("200 OK", &format!("request-id: {KEY}\r\n"), wire.whole(THOUGHT, &TEXT.replace("[key]", KEY))), CALM, Sees::Reply),
        ("usage missing", stream(&(wire.thought(THOUGHT) + &wire.text(TEXT) + &wire.end_without_counts())), CALM, Uncounted),

        ("429 with Retry-After", down("429 Too Many", "retry-after: 2\r\n", Trouble::Busy, "slow down"), CALM, Wait("the server asks for fewer requests (429): slow down [key]", Some(2000))),
        ("429 with retry-after-ms", down("429 Too Many", "retry-after-ms: 40\r\n", Trouble::Busy, "slow down"), CALM, Wait("the server asks for fewer requests (429): slow down [key]", Some(40))),
        ("429 with a date", down("429 Too Many", "date: Wed, 21 Oct 2015 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2015 07:28:03 GMT\r\n", Trouble::Busy, "slow down"), CALM, Wait("the server asks for fewer requests (429): slow down [key]", Some(3000))),
        ("429 with a limit that is used up", down("429 Too Many", "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1.5s\r\n", Trouble::Busy, "slow down"), CALM, Wait("the server asks for fewer requests (429): slow down [key]", Some(1500))),
        ("429 without Retry-After", down("429 Too Many", "", Trouble::Busy, "slow down"), CALM, Wait("the server asks for fewer requests (429): slow down [key]", None)),
        ("429 for want of money", Answer::of("429 Too Many", "", r#"{"error":{"code":"insufficient_quota","message":"pay"}}"#), CALM, Never("the account has no credit left (429): pay")),
        ("429 whose body never ends", down("429 Too Many", "", Trouble::Busy, "slow down").then(Then::Silence), HASTY_AT_FIRST, Wait("the server asks for fewer requests (429): slow down [key]", None)),
        ("500", down("500 Oops", "", Trouble::Server, "bug"), CALM, Again("the server failed (500): bug [key]")),
        ("503 with Retry-After", down("503 Full", "retry-after: 1\r\n", Trouble::Server, "full"), CALM, Wait("the server failed (503): full [key]", Some(1000))),
        ("503 without", down("503 Full", "", Trouble::Server, "full"), CALM, Again("the server failed (503): full [key]")),
        ("529", down("529 Overloaded", "", Trouble::Busy, "Overloaded"), CALM, Wait("the server has too much to do (529): Overloaded [key]", None)),

        ("reset before headers", no_head().then(Then::Reset), CALM, Again("the request failed (…")),
        ("reset mid-stream", stream(&half(wire)).then(Then::Reset), CALM, Again("the connection broke off (…")),
        ("an end mid-stream", stream(&half(wire)), CALM, Again("the stream ended in the middle of the reply")),
        ("an end in an event", stream(&(half(wire) + "data: {\"type\":\"re")), CALM, Again("a piece of the stream is garbled: {\"type\":\"re")),
        ("silence before headers", no_head().then(Then::Silence), HASTY_AT_FIRST, Again("the server was silent for 60ms before its first word")),
        ("silence behind headers", stream(&nothing).then(Then::Silence), HASTY_AT_FIRST, Again("the server was silent for 60ms before its first word")),
        ("silence mid-stream", stream(&half(wire)).then(Then::Silence), HASTY_LATER, Again("the server was silent for 60ms in the middle of the reply")),
        ("pings only", stream(&start).then(Then::Again(wire.ping())), HASTY_AT_FIRST, Again("the server gave nothing but signs of life for 60ms before its first word")),
        ("comments only", stream(&nothing).then(Then::Again(": working\n\n")), HASTY_AT_FIRST, Again("the server gave nothing but signs of life for 60ms before its first word")),
        ("pings only, mid-stream", stream(&half(wire)).then(Then::Again(wire.ping())), HASTY_ABOUT_WORDS, Again("the server gave nothing but signs of life for 400ms in the middle of the reply")),

        ("an HTML error page", page("502 Bad", &format!("<html><title>502 Bad Gateway</title>{KEY}{}", "x".repeat(200_000))), CALM, Again("the server failed (502): an HTML page, “502 Bad Gateway”")),
        ("an HTML page for a reply", page("200 OK", &format!("<html><title>Login {KEY}</title></html>")), CALM, Never("the answer is no completion but an HTML page, “Login [key]”")),
        ("a malformed event", stream(&(half(wire) + &format!("data: {{no json {KEY}}}\n\n"))), CALM, Again("a piece of the stream is garbled: {no json [key]}")),
        ("a malformed object", Answer::of("200 OK", "content-type: application/json\r\n", format!("{{\"{KEY}")), CALM, Again("the answer is no completion but {\"[key]")),
        ("an object of another kind", Answer::of("200 OK", "content-type: application/json\r\n", format!("{{\"models\":\"{KEY}\"}}")), CALM, Never("the answer is no …")),
        ("signs of life and an end", stream(wire.ping()), CALM, Again("the answer is no completion but …")),
        ("a key that is cut short with the sentence", stream(&format!("data: {}{KEY}\n\n", "x".repeat(295))), CALM, Again("a piece of the stream is garbled: xxx…")),
        ("an empty reply", stream(&nothing), CALM, Again("the server sent an empty reply")),
        ("an error in the stream that may pass", cut_off(Trouble::Server, "upstream died"), CALM, Again("the server reports: upstream died [key]")),
        ("an error in the stream for want of room", cut_off(Trouble::Busy, "Overloaded"), CALM, Wait("the server reports: Overloaded [key]", None)),
        ("an error in the stream that will last", cut_off(Trouble::Request, "bad field"), CALM, Never("the server reports: bad field [key]")),
        ("an error in the stream about length", cut_off(Trouble::TooLong, "prompt is too long: 9000 tokens > 8192 maximum"), CALM, Shorter("the server reports: prompt is too long: 9000 tokens > 8192 maximum [key]")),
        ("a reply without end", stream(&long.repeat(34 * 1024 * 1024 / long.len())), CALM, Again("the reply is longer than 32 MiB")),

        ("a redirect", Answer::of("307 Elsewhere", "location: http://elsewhere.invalid:9/v1?to=all\r\n", String::new()), CALM, Never("the server sends requests on to elsewhere.invalid, where they do not go by themselves (307): set `base_url` to it if it is to have them")),
        ("401", down("401 No", "", Trouble::Request, "no such key"), CALM, Never("the server did not accept the key (401): no such key [key]")),
        ("403", down("403 No", "", Trouble::Request, "not yours"), CALM, Never("the key may not use this model (403): not yours [key]")),
        ("404", down("404 No", "", Trouble::Request, "no such model"), CALM, Never("there is no such model or address (404): no such model [key]")),
        ("400", down("400 Bad", "", Trouble::Request, "bad field"), CALM, Never("the server did not understand the request (400): bad field [key]")),
        ("context too long", down("400 Bad", "", Trouble::TooLong, "prompt is too long: 9000 tokens > 8192 maximum"), CALM, Shorter("the request is too long for the model (400): prompt is too long: 9000 tokens > 8192 maximum [key]")),
        ("413", page("413 Too Large", "<html><title>413 Request Entity Too Large</title>"), CALM, Shorter("the request is too long for the model (413): an HTML page, “413 Request Entity Too Large”")),
    ]
}

/// What a call came to, and what was shown of it. Neither may hold the key.
async fn ask(model: &dyn Model, heard: &Notify) -> (Result<Reply, CallError>, Vec<Chunk>) {
    let mut chunks = vec![];
    let mut on_chunk = |chunk| {
        chunks.push(chunk);
        heard.notify_one();
    };
    let (request, limit) = (server::request(), Duration::from_secs(60));
    let outcome = tokio::time::timeout(limit, model.send(&request, &mut on_chunk)).await.expect("every call ends");
    let mut shown = format!("{outcome:?} {chunks:?} {} {}", said(&chunks), thought(&chunks));
    if let Ok(reply) = &outcome {
        let bytes = [&reply.sent, &reply.received].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        shown += &bytes.concat();
    }
    assert!(!shown.contains(KEY) && !shown.contains("canary"), "{shown:.2000}");
    (outcome, chunks)
}

fn thought(chunks: &[Chunk]) -> String {
    let thought = chunks.iter().filter_map(|chunk| match chunk {
        Chunk::Reasoning(text) => Some(text.as_str()),
        Chunk::Output(_) | Chunk::Waiting(_) => None,
    });
    thought.collect()
}

fn model(wire: Wire, port: u16, patience: Patience) -> Box<dyn Model> {
    wire.model(ServerOptions { patience, ..server::options(port) })
}

fn check(sees: &Sees, wire: Wire, outcome: &Result<Reply, CallError>, chunks: &[Chunk]) -> Result<(), String> {
    let sentence = |wanted: &str, found: &str| {
        let found = found.strip_prefix("test:tiny: ").ok_or("without the model's name")?;
        match wanted.strip_suffix('…') {
            Some(start) if found.starts_with(start) => Ok(()),
            None if found == wanted => Ok(()),
            _ => Err(format!("wanted {wanted:?}")),
        }
    };
    match (sees, outcome) {
        (Sees::Reply | Uncounted, Ok(reply)) => {
            let counts = matches!(sees, Sees::Reply).then(|| counts(wire));
            let whole = (reply.reasoning.as_str(), reply.text.as_str(), reply.tokens) == (THOUGHT, TEXT, counts);
            let shown = said(chunks) == TEXT;
            let id = reply.headers.iter().any(|(name, value)| name.ends_with("request-id") && value.ends_with("[key]"));
            if whole && shown && id { Ok(()) } else { Err("another reply".to_owned()) }
        }
        (Again(wanted), Err(CallError::Transient(found)))
        | (Unreached(wanted), Err(CallError::Unreached(found)))
        | (Never(wanted), Err(CallError::Refused(found)))
        | (Shorter(wanted), Err(CallError::TooLong(found))) => sentence(wanted, found),
        (Wait(wanted, ms), Err(CallError::Busy { why, retry_after })) => {
            sentence(wanted, why)?;
            let same = *retry_after == ms.map(Duration::from_millis);
            if same { Ok(()) } else { Err(format!("wanted {ms:?} ms")) }
        }
        _ => Err(format!("wanted {sees:?}")),
    }
}

async fn every_fault(wire: Wire) {
    let mut wrong = vec![];
    for (fault, answer, patience, sees) in faults(wire) {
        let heard = Arc::new(Notify::new());
        let port = serve(vec![answer], heard.clone()).await;
        let (outcome, chunks) = ask(&*model(wire, port, patience), &heard).await;
        if let Err(why) = check(&sees, wire, &outcome, &chunks) {
            wrong.push(format!("{fault}: {why}, saw {:.500}", format!("{outcome:?}")));
        }
    }
    let (outcome, chunks) = ask(&*model(wire, server::nobody().await, CALM), &Notify::new()).await;
    if let Err(why) = check(&Unreached("the server was not reached (…"), wire, &outcome, &chunks) {
        wrong.push(format!("nobody there: {why}, saw {outcome:?}"));
    }
    assert!(wrong.is_empty(), "{wire:?}:\n{}", wrong.join("\n"));
}

/// (FAILURES 8)
#[tokio::test]
async fn every_fault_of_chat_is_seen_for_what_it_is() {
    every_fault(Wire::Chat).await;
}

/// (FAILURES 8)
#[tokio::test]
async fn every_fault_of_responses_is_seen_for_what_it_is() {
    every_fault(Wire::Responses).await;
}

/// (FAILURES 8)
#[tokio::test]
async fn every_fault_of_messages_is_seen_for_what_it_is() {
    every_fault(Wire::Messages).await;
}

/// Pings and comments keep a connection open and are no work: nothing is shown of them, and the wait for a word ends with
/// its reason (FAILURES 9).
#[tokio::test]
async fn signs_of_life_are_never_shown_as_work() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages] {
        for life in [wire.ping(), ": working\n\n"] {
            let heard = Arc::new(Notify::new());
            let port = serve(vec![stream("").then(Then::Again(life))], heard.clone()).await;
            let (outcome, chunks) = ask(&*model(wire, port, HASTY_AT_FIRST), &heard).await;
            assert!(chunks.is_empty(), "{wire:?}: {chunks:?}");
            let Err(CallError::Transient(why)) = outcome else { panic!("{wire:?}: {outcome:?}") };
            assert!(why.ends_with("nothing but signs of life for 60ms before its first word"), "{wire:?}: {why}");
        }
    }
}

/// Characters, lines, fields, events and the key are all cut somewhere.
#[tokio::test]
async fn a_stream_may_be_cut_at_every_byte() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages] {
        for text in [clean(wire), clean(wire).replace('\n', "\r\n")] {
            let cut: Vec<_> = (1..text.len()).map(|at| stream(&text).cut(at)).collect();
            let model = model(wire, serve(cut, Arc::default()).await, CALM);
            for at in 1..text.len() {
                let (outcome, chunks) = ask(&*model, &Notify::new()).await;
                check(&Sees::Reply, wire, &outcome, &chunks).unwrap_or_else(|why| panic!("{wire:?} at {at}: {why}"));
            }
        }
    }
}

/// (FAILURES 14)
#[tokio::test]
async fn ten_megabytes_are_a_reply() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages] {
        let words = "words and more ".repeat(4096);
        let count = 10_000_000 / words.len() + 1;
        let body = wire.start() + &wire.text(&words).repeat(count) + &wire.end();
        let port = serve(vec![stream(&body)], Arc::default()).await;
        let (outcome, chunks) = ask(&*model(wire, port, CALM), &Notify::new()).await;
        let reply = outcome.unwrap();
        assert!(reply.text == words.repeat(count) && said(&chunks) == reply.text);
        assert_eq!((reply.received.len(), reply.tokens), (body.len(), Some(counts(wire))));
    }
}

/// The worst place for a key: each half is harmless, and both would stand in the record.
#[tokio::test]
async fn a_key_in_pieces_is_put_together_nowhere() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages] {
        for say in [Wire::thought, Wire::text] {
            let halves = (1..KEY.len()).map(|at| KEY.split_at(at));
            let body = |(first, second)| say(wire, first) + &say(wire, second) + &wire.text(" and text") + &wire.end();
            let answers = halves.clone().map(|halves| stream(&body(halves))).collect();
            let model = model(wire, serve(answers, Arc::default()).await, CALM);
            for (_, second) in halves {
                let (outcome, chunks) = ask(&*model, &Notify::new()).await;
                let reply = outcome.unwrap();
                assert_eq!(reply.reasoning.clone() + &reply.text, "[key] and text");
                assert_eq!((thought(&chunks), said(&chunks)), (reply.reasoning, reply.text));
                assert!(!String::from_utf8_lossy(&reply.received).contains(second));
            }
        }
    }
}

/// The whole way: a wait that is told, then the reply of the second try.
/// (FAILURES 8)
#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_said_so() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages] {
        let busy = Answer::of("429 Too Many", "retry-after-ms: 200\r\n", wire.error(Trouble::Busy, "slow down"));
        let port = serve(vec![busy, stream(&clean(wire))], Arc::default()).await;
        let retrying = Retrying::new(model(wire, port, CALM).into(), Arc::new(Limiter::new(7)), 7);
        let (outcome, chunks) = ask(&retrying, &Notify::new()).await;
        assert_eq!(check(&Sees::Reply, wire, &outcome, &chunks), Ok(()));
        let Some(Chunk::Waiting(wait)) = chunks.first() else { panic!("{chunks:?}") };
        assert_eq!(wait.why, "test:tiny: the server asks for fewer requests (429): slow down");
        // A bit of the 200 ms is over when the wait is told.
        assert!((100..=400).contains(&wait.wait.as_millis()), "{wait:?}");
    }
}
