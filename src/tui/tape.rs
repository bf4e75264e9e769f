//! What agents said, again: the words of their calls up to a recorded time, from the pieces in which they came.
//!
//! Calls follow one another in the order in which they were sent; none is left out and no word of it.

use std::collections::BTreeMap;

use crate::run::{AgentId, BlobId, Run, Seq, Sight, Stream as Voice, Timeline, Trace};

use super::{
    bodies::{Bodies, Body},
    calls::{Calls, Sent},
    msg::{Effect, Now},
    stream::Stream,
};

/// Where the numbers of generations begin, so that they are never taken for those of what streams live.
const GENERATIONS: u64 = 1 << 32;

#[derive(Debug, Default)]
pub struct Tape {
    pub streams: BTreeMap<AgentId, Stream>,
    reels: BTreeMap<AgentId, Reel>,
    /// The event at which it was rewound: what was said before the last call until then is not shown.
    from: Seq,
    rewound: u64,
    waits: bool,
}

/// How far an agent's calls were shown.
#[derive(Debug, Default)]
struct Reel {
    /// Place among the calls that the agent sent.
    at: usize,
    begun: bool,
    tries: usize,
    pieces: usize,
    /// Bytes of each stream that were shown: of what was thought, then of what was written.
    shown: [usize; 2],
    trace: Option<Trace>,
}

impl Tape {
    /// Begins anew at an event.
    pub fn rewind(&mut self, from: Seq) {
        let rewound = self.rewound + 1;
        *self = Tape { from, rewound, ..Tape::default() };
    }

    /// Whether something that is to be shown is not here yet.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Shows what was said up to the moment of the run and the recorded time `until`.
    pub fn wind(
        &mut self,
        run: &Run,
        until: i64,
        calls: &Calls,
        timeline: &Timeline,
        bodies: &mut Bodies,
        effects: &mut Vec<Effect>,
    ) {
        self.waits = false;
        for agent in &run.agents {
            let sent = calls.sent(agent.id, run.head);
            if sent.is_empty() {
                continue;
            }
            let from = self.from;
            let reel = self.reels.entry(agent.id).or_insert_with(|| {
                let at = sent.partition_point(|call| call.seq <= from).saturating_sub(1);
                Reel { at, ..Reel::default() }
            });
            let generation = GENERATIONS + self.rewound;
            let stream = self.streams.entry(agent.id).or_insert_with(|| Stream::of(generation));
            while let Some(call) = sent.get(reel.at) {
                let back = calls.back(call.id);
                let is_back = back.is_some_and(|place| place.seq() <= run.head);
                let trace = back.and_then(|place| place.call(timeline)?.trace);
                match reel.load(trace, bodies, effects) {
                    Loaded::Waits => {
                        self.waits = true;
                        break;
                    }
                    Loaded::Here | Loaded::Never => {}
                }
                reel.show(call, if is_back { i64::MAX } else { until }, stream);
                // One that never came back was lost; the next one goes on without it.
                let over = is_back || back.is_none();
                if !over || reel.at + 1 >= sent.len() {
                    break;
                }
                *reel = Reel { at: reel.at + 1, ..Reel::default() };
            }
        }
    }

    /// When the next word of a call in flight comes after the recorded time `at`, as far as it is known.
    #[must_use]
    pub fn next_word(&self, run: &Run, at: i64, calls: &Calls) -> Option<i64> {
        let next = |(agent, reel): (&AgentId, &Reel)| {
            let call = calls.sent(*agent, run.head).get(reel.at)?;
            let trace = reel.trace.as_ref().filter(|_| run.in_flight.contains_key(&call.id))?;
            let since = at - call.at;
            let piece = trace.pieces.partition_point(|piece| piece.at_ms as i64 <= since);
            let retry = trace.tries.partition_point(|retry| retry.at_ms as i64 <= since);
            let piece = trace.pieces.get(piece).map(|piece| piece.at_ms);
            let retry = trace.tries.get(retry).map(|retry| retry.at_ms);
            piece.into_iter().chain(retry).min().map(|ms| call.at + ms as i64)
        };
        self.reels.iter().filter_map(next).min()
    }
}

enum Loaded {
    Here,
    Waits,
    /// Nothing was recorded, or it is gone.
    Never,
}

impl Reel {
    fn load(&mut self, trace: Option<BlobId>, bodies: &mut Bodies, effects: &mut Vec<Effect>) -> Loaded {
        let Some(id) = trace else { return Loaded::Never };
        if self.trace.is_some() {
            return Loaded::Here;
        }
        match bodies.want(id, effects) {
            Body::Waiting => return Loaded::Waits,
            Body::Missing(_) => return Loaded::Never,
            Body::Here(bytes) => self.trace = serde_json::from_slice(&bytes).ok(),
        }
        if self.trace.is_some() { Loaded::Here } else { Loaded::Never }
    }

    /// Everything of the call up to a recorded time.
    fn show(&mut self, call: &Sent, until: i64, stream: &mut Stream) {
        let title = format!("{} {}", call.kind.letter(), call.kind);
        if !self.begun {
            self.begun = true;
            stream.see(Sight::Begins(title.clone()), Now(call.at));
        }
        let Some(trace) = &self.trace else { return };
        let since = until.saturating_sub(call.at);
        while let Some(retry) = trace.tries.get(self.tries).filter(|retry| retry.at_ms as i64 <= since) {
            self.tries += 1;
            let again = format!("{title} again: {}", retry.why);
            stream.see(Sight::Begins(again), Now(call.at + retry.at_ms as i64));
        }
        while let Some(piece) = trace.pieces.get(self.pieces).filter(|piece| piece.at_ms as i64 <= since) {
            self.pieces += 1;
            let (at, text) = match piece.stream {
                Voice::Reasoning => (0, &trace.reasoning),
                Voice::Output => (1, &trace.text),
            };
            let end = text.floor_char_boundary(self.shown[at].saturating_add(piece.bytes));
            if let Some(words) = text.get(self.shown[at]..end).filter(|words| !words.is_empty()) {
                stream.see(Sight::Text(piece.stream, words.to_owned()), Now(call.at + piece.at_ms as i64));
                self.shown[at] = end;
            }
        }
        if until < i64::MAX {
            return;
        }
        // Words that no piece accounts for.
        for (at, voice, text) in [(0, Voice::Reasoning, &trace.reasoning), (1, Voice::Output, &trace.text)] {
            if let Some(words) = text.get(self.shown[at]..).filter(|words| !words.is_empty()) {
                stream.see(Sight::Text(voice, words.to_owned()), Now(call.at));
                self.shown[at] = text.len();
            }
        }
    }
}
