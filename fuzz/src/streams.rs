//! The three stream decoders: an answer to the last byte, through what reads every answer of a server.
//!
//! Held true: no panic; the pieces that the bytes come in do not matter; the key that was sent is in nothing that comes
//! out; what streamed is what the reply says.

#![allow(clippy::unwrap_used, reason = "it fails as tests do")]

use std::{io, sync::LazyLock};

use delm::llm::{
    CallError, Chunk, Patience, Proxies, Reply, ServerOptions, Tokens, chat::ChatModel, messages::MessagesModel,
    responses::ResponsesModel,
};
use futures_util::stream;
use reqwest::{Body, Response};
use tokio::runtime::{Builder, Runtime};

/// What stands in no reply by chance; in the corpus it does, so that hiding it is tried.
pub const KEY: &str = "sk-canary";

/// The cap that the request named.
const MOST_TOKENS: u32 = 9;

/// The highest bit of the first byte: the connection breaks off behind the last piece.
const BREAKS: u8 = 0x80;

/// The whole answer in one piece.
const WHOLE: u8 = b'A';

fn options() -> ServerOptions {
    ServerOptions {
        name: "fuzz:m".into(),
        base_url: "http://127.0.0.1:9/v1".into(),
        model: "m".into(),
        key: Some(KEY.to_owned().into()),
        patience: Patience::default(),
        proxies: Proxies::None,
        quirks: Default::default(),
    }
}

/// One input against one wire. The first byte says how the rest, the answer, is cut into pieces.
macro_rules! wire {
    ($name:ident, $model:ty) => {
        pub fn $name(data: &[u8]) {
            static MODEL: LazyLock<$model> = LazyLock::new(|| <$model>::new(options()).unwrap());
            let Some((&how, body)) = data.split_first() else { return };
            let read = |how: u8| {
                let mut chunks = Vec::new();
                let mut hear = |chunk| chunks.push(chunk);
                let read = MODEL.read(answer(how, body), MOST_TOKENS, &mut hear);
                let reply = RUNTIME.with(|runtime| runtime.block_on(read));
                Outcome::of(reply, chunks)
            };
            let (cut, whole) = (read(how), read(how & BREAKS | WHOLE));
            assert_eq!(cut, whole, "the pieces mattered");
            whole.check();
        }
    };
}

wire!(chat, ChatModel);
wire!(responses, ResponsesModel);
wire!(messages, MessagesModel);

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().unwrap();
}

/// The body as a server sends it: pieces of 1 to 16 bytes that `how` decides, or one piece.
fn answer(how: u8, body: &[u8]) -> Response {
    let mut pieces: Vec<Result<Vec<u8>, io::Error>> = Vec::new();
    let mut rest = body;
    let mut random = u32::from(how & !BREAKS) + 1;
    while !rest.is_empty() {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = if how & !BREAKS == WHOLE { rest.len() } else { 1 + (random >> 28) as usize };
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        pieces.push(Ok(piece.to_vec()));
        rest = behind;
    }
    if how & BREAKS != 0 {
        pieces.push(Err(io::ErrorKind::ConnectionReset.into()));
    }
    http::Response::new(Body::wrap_stream(stream::iter(pieces))).into()
}

/// All that a reader gives, but for how it was cut.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    thought: String,
    said: String,
    reply: Result<(String, String, Option<Tokens>), String>,
    keeps_the_key: bool,
}

impl Outcome {
    fn of(reply: Result<Reply, CallError>, chunks: Vec<Chunk>) -> Self {
        let (mut thought, mut said) = (String::new(), String::new());
        for chunk in chunks {
            match chunk {
                Chunk::Reasoning(text) => thought.push_str(&text),
                Chunk::Output(text) => said.push_str(&text),
                Chunk::Waiting(wait) => panic!("a reader does not wait: {wait:?}"),
            }
        }
        let mut keeps_the_key = false;
        let reply = match reply {
            Ok(reply) => {
                keeps_the_key = reply.received.windows(KEY.len()).any(|window| window == KEY.as_bytes());
                Ok((reply.text, reply.reasoning, reply.tokens))
            }
            Err(error) => Err(format!("{error:?}")),
        };
        Outcome { thought, said, reply, keeps_the_key }
    }

    fn check(&self) {
        let mut shown = vec![&self.thought, &self.said];
        match &self.reply {
            Ok((text, reasoning, tokens)) => {
                shown.extend([text, reasoning]);
                if let Some(Tokens { input, cached, cache_write, output, reasoning }) = *tokens {
                    assert!(cached.checked_add(cache_write).is_some_and(|parts| parts <= input), "{tokens:?}");
                    assert!(reasoning <= output, "{tokens:?}");
                }
                let all = format!("{}{}", self.thought, self.said);
                assert!(all.contains(text.trim()) && all.contains(reasoning.trim()), "{self:?}");
            }
            Err(why) => shown.push(why),
        }
        assert!(!self.keeps_the_key && shown.iter().all(|text| !text.contains(KEY)), "the key came out: {self:?}");
    }
}
