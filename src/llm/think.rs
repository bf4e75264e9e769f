//! Telling thought from reply where a server sends both in one text: `<think>…</think>` at its very start.
//!
//! Works on a stream: a tag may come in any number of pieces, and nothing is held back longer than it must be.

use super::Chunk;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits the text of one reply.
#[derive(Debug, Default)]
pub struct ThinkTags {
    place: Place,
    /// Text that may turn out to be the start of a tag.
    held: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    #[default]
    Start,
    Thought,
    /// Behind the closing tag, where white space belongs to neither.
    Between,
    Reply,
}

impl ThinkTags {
    /// Takes the next piece of text and gives what is certain by now.
    pub fn push(&mut self, text: &str) -> Vec<Chunk> {
        if self.place == Place::Reply {
            return if text.is_empty() { vec![] } else { vec![Chunk::Output(text.to_owned())] };
        }
        self.held.push_str(text);
        let mut chunks = Vec::new();
        if self.place == Place::Start {
            let start = self.held.trim_start();
            if let Some(thought) = start.strip_prefix(OPEN) {
                self.held = thought.to_owned();
                self.place = Place::Thought;
            } else if !OPEN.starts_with(start) {
                self.place = Place::Reply;
            }
        }
        if self.place == Place::Thought {
            match self.held.find(CLOSE) {
                Some(at) => {
                    let rest = self.held.split_off(at + CLOSE.len());
                    self.held.truncate(at);
                    chunks.extend(self.release(Chunk::Reasoning));
                    self.held = rest;
                    self.place = Place::Between;
                }
                None => {
                    let keep = self.held.split_off(self.held.len() - unfinished(&self.held));
                    chunks.extend(self.release(Chunk::Reasoning));
                    self.held = keep;
                }
            }
        }
        if self.place == Place::Between {
            self.held = self.held.trim_start().to_owned();
            if !self.held.is_empty() {
                self.place = Place::Reply;
            }
        }
        if self.place == Place::Reply {
            chunks.extend(self.release(Chunk::Output));
        }
        chunks
    }

    /// What was held back when the reply ended.
    pub fn finish(&mut self) -> Option<Chunk> {
        match self.place {
            Place::Thought => self.release(Chunk::Reasoning),
            Place::Start | Place::Between | Place::Reply => self.release(Chunk::Output),
        }
    }

    fn release(&mut self, as_chunk: fn(String) -> Chunk) -> Option<Chunk> {
        (!self.held.is_empty()).then(|| as_chunk(std::mem::take(&mut self.held)))
    }
}

/// How many bytes at the end of `text` could be the start of the closing tag.
fn unfinished(text: &str) -> usize {
    (1..CLOSE.len()).rev().find(|&len| text.ends_with(&CLOSE[..len])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&str]) -> (String, String) {
        let mut tags = ThinkTags::default();
        let mut chunks: Vec<Chunk> = pieces.iter().flat_map(|piece| tags.push(piece)).collect();
        chunks.extend(tags.finish());
        chunks.into_iter().fold(Default::default(), |(mut thought, mut reply): (String, String), chunk| {
            match chunk {
                Chunk::Reasoning(text) => thought.push_str(&text),
                Chunk::Output(text) => reply.push_str(&text),
                Chunk::Waiting(wait) => panic!("{wait:?}"),
            }
            (thought, reply)
        })
    }

    #[test]
    fn thought_at_the_start_is_told_apart() {
        assert_eq!(split(&["\n<think>why < not</think>\n\nyes"]), ("why < not".into(), "yes".into()));
        assert_eq!(split(&["yes <think>no</think>"]), (String::new(), "yes <think>no</think>".into()));
        assert_eq!(split(&["<think>never closed"]), ("never closed".into(), String::new()));
        assert_eq!(split(&["<thi"]), (String::new(), "<thi".into()));
    }

    #[test]
    fn plain_text_is_handed_on_at_once() {
        let mut tags = ThinkTags::default();
        assert_eq!(tags.push("y"), [Chunk::Output("y".into())]);
        assert_eq!(tags.push("es"), [Chunk::Output("es".into())]);
        assert_eq!(tags.finish(), None);
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(text in "(<think>)?[a</think> é]{0,20}(</think>)?[a<é ]{0,8}", cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            places.push(text.len());
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| places[cut.index(places.len())]).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(&pieces), split(&[&text]));
        }
    }
}
