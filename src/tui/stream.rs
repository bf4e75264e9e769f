//! What is seen of one agent between facts: its phase, its sign of life, and the text it streams.

use std::ops::Range;

use crate::{
    plain::plain,
    run::{Phase, Sight, Stream as Voice},
};

use super::{msg::Now, pulse::Pulse, widget::wrap::Growing};

/// Bytes of text kept for an agent; when there are more, the older half goes.
const KEPT: usize = 512 << 10;

/// What a stretch of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// The head of a call or an attempt.
    Head,
    Reasoning,
    Output,
}

#[derive(Debug, Default)]
pub struct Stream {
    pub phase: Option<Phase>,
    pub last_sign: Option<Now>,
    pub pulse: Pulse,
    text: String,
    /// Where each stretch starts.
    tones: Vec<(usize, Tone)>,
    /// The text in the agents pane.
    pub wrapped: Growing,
    /// Grows when the text is no longer a continuation of what it was.
    pub generation: u64,
}

impl Stream {
    /// An empty one, which begins with that generation.
    #[must_use]
    pub fn of(generation: u64) -> Self {
        Stream { generation, ..Stream::default() }
    }

    pub fn see(&mut self, sight: Sight, now: Now) {
        self.last_sign = Some(now);
        self.pulse.see(&sight, now);
        match sight {
            Sight::Phase(phase) => self.phase = Some(phase),
            Sight::Begins(what) => {
                let fresh = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
                // Made plain before it is trimmed: a vertical tab is white space only until then.
                self.say(&format!("{fresh}┄ {}\n", plain(&what).trim()), Tone::Head);
            }
            Sight::Text(Voice::Reasoning, text) => self.say(&text, Tone::Reasoning),
            Sight::Text(Voice::Output, text) => self.say(&text, Tone::Output),
        }
    }

    fn say(&mut self, text: &str, tone: Tone) {
        if self.tones.last().is_none_or(|(_, last)| *last != tone) {
            let turns = tone != Tone::Head && !self.text.is_empty() && !self.text.ends_with('\n');
            if turns {
                self.text.push('\n');
            }
            self.tones.push((self.text.len(), tone));
        }
        self.text.push_str(&plain(text));
        if self.text.len() > KEPT {
            self.forget_older_half();
        }
    }

    fn forget_older_half(&mut self) {
        let middle = self.text.ceil_char_boundary(self.text.len() / 2);
        let cut = self.text[middle..].find('\n').map_or(middle, |at| middle + at + 1);
        let tone = self.tone_at(cut);
        self.text.drain(..cut);
        self.tones.retain(|(start, _)| *start > cut);
        for (start, _) in &mut self.tones {
            *start -= cut;
        }
        self.tones.insert(0, (0, tone));
        self.generation += 1;
        self.wrapped.forget(cut);
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn tone_at(&self, at: usize) -> Tone {
        let next = self.tones.partition_point(|(start, _)| *start <= at);
        next.checked_sub(1).map_or(Tone::Output, |at| self.tones[at].1)
    }

    /// What came last.
    #[must_use]
    pub fn last_tone(&self) -> Option<Tone> {
        self.tones.last().map(|(_, tone)| *tone)
    }

    /// Brings the pane's lines up to date.
    pub fn wrap(&mut self, cells: usize) {
        self.wrapped.grow(&self.text, cells);
    }
}

/// The last `room` lines; an empty line at the very end is left out.
#[must_use]
pub fn tail(lines: &[Range<usize>], room: usize) -> &[Range<usize>] {
    let end = lines.len() - usize::from(lines.last().is_some_and(Range::is_empty));
    &lines[end.saturating_sub(room)..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_bounded_and_keeps_its_tones() {
        let mut stream = Stream::default();
        stream.see(Sight::Begins("reason".into()), Now(1));
        for _ in 0..KEPT / 1000 + 1 {
            stream.see(Sight::Text(Voice::Reasoning, "thought ".repeat(125)), Now(2));
            stream.wrap(40);
        }
        stream.see(Sight::Text(Voice::Output, "said".into()), Now(3));
        assert!(stream.text().len() <= KEPT);
        assert_eq!(stream.generation, 1);
        assert_eq!(stream.tone_at(0), Tone::Reasoning);
        assert_eq!(stream.tone_at(stream.text().len() - 1), Tone::Output);
    }

    #[test]
    fn hostile_text_is_harmless_even_when_cut_in_two() {
        let mut stream = Stream::default();
        stream.see(Sight::Text(Voice::Output, "a\x1b".into()), Now(0));
        stream.see(Sight::Text(Voice::Output, "]0;owned\x07".into()), Now(0));
        assert_eq!(stream.text(), "a␛]0;owned␇");
    }
}
