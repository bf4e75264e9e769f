//! Where a text stands: in facts, and in what is stored behind them. The first event that has it is what made the run
//! contain it.

use std::{collections::HashSet, ops::Range};

use regex::bytes::{Regex, RegexBuilder};

use crate::run::{
    event::{Event, Fact},
    id::BlobId,
    one_line,
    trace::Trace,
};

use super::{
    Made, Report, Row, Scene, Target, Tone,
    told::{target, told},
    words::{call_name, clock, count},
};

/// Rows that are shown; the rest is counted.
const SHOWN: usize = 500;
/// Bytes that are shown on either side of what was found.
const AROUND: usize = 80;

pub(super) fn find(text: &str, scene: &Scene) -> Made {
    let Some(pattern) = pattern(text) else { return Made::Refused("there is nothing to look for".to_owned()) };
    let mut search = Search { scene, pattern, rows: vec![], more: 0, unread: 0, skipped: 0, met: HashSet::new() };
    scene.timeline.events_so_far().for_each(|event| search.event(&event));
    let Search { mut rows, more, unread, skipped, .. } = search;
    let mut report = Report::new(format!("Where “{text}” stands, up to event {}", scene.timeline.run().head));
    match rows.first_mut() {
        None => report.row(0, Tone::Dim, "", "nowhere"),
        Some(first) => {
            first.tone = Tone::Title;
            first.text = format!("FIRST: {}", first.text);
        }
    }
    report.rows.extend(rows);
    if more > 0 {
        report.row(0, Tone::Warn, "", format!("and {more} more"));
    }
    if skipped > 0 {
        let said = format!("{} after that not looked into", count(skipped, "body was", "bodies were"));
        report.row(0, Tone::Warn, "", said);
    }
    if unread > 0 {
        let said = format!("{} not at hand; it may stand there too", count(unread, "body is", "bodies are"));
        report.row(0, Tone::Warn, "", said);
    }
    Made::Report(report)
}

/// The text in any case, between whatever white space, as it stands or as JSON writes it.
fn pattern(text: &str) -> Option<Regex> {
    let words: Vec<String> = text.split_whitespace().map(|word| word.chars().map(letter).collect()).collect();
    if words.is_empty() {
        return None;
    }
    RegexBuilder::new(&words.join(r"(?:\s|\\[nrt])+")).case_insensitive(true).build().ok()
}

fn letter(c: char) -> String {
    let plain = regex::escape(c.encode_utf8(&mut [0; 4]));
    match c {
        '"' => r#"\\*""#.to_owned(),
        '\\' => r"\\+".to_owned(),
        '/' => r"\\?/".to_owned(),
        c if c.is_ascii() => plain,
        c => {
            let cases = std::iter::once(c).chain(c.to_lowercase()).chain(c.to_uppercase());
            let written = cases.map(|c| c.encode_utf16(&mut [0; 2]).iter().map(|u| format!(r"\\u{u:04x}")).collect());
            let all: Vec<String> = std::iter::once(plain).chain(written).collect();
            format!("(?:{})", all.join("|"))
        }
    }
}

struct Search<'a> {
    scene: &'a Scene<'a>,
    pattern: Regex,
    rows: Vec<Row>,
    /// Facts beyond those that are shown.
    more: usize,
    /// Bodies that are not at hand.
    unread: usize,
    /// Bodies that were not looked into since there are enough rows.
    skipped: usize,
    /// A body says what it says once, whoever names it.
    met: HashSet<BlobId>,
}

impl Search<'_> {
    fn event(&mut self, event: &Event) {
        let said = told(&event.fact);
        if let Some(at) = self.pattern.find(said.as_bytes()) {
            let opens = target(&event.fact).unwrap_or(Target::Seq(event.seq));
            self.hit(event, "", said.as_bytes(), at.range(), opens);
        }
        match &event.fact {
            Fact::SourceRead { source } => {
                self.body(event, source.text, &format!("the text of {}", source.path), Target::Seq(event.seq));
            }
            Fact::EntryAdmitted { entry } => {
                let opens = || Target::Entry(entry.label);
                if let Some(id) = entry.summary {
                    self.body(event, id, &format!("the summary of {}", entry.label), opens());
                }
                if let Some(id) = entry.trajectory {
                    self.body(event, id, &format!("the steps of {}", entry.label), opens());
                }
            }
            Fact::WriteProposed { proposal } => {
                let what = format!("of the proposed {}", proposal.label);
                self.body(event, proposal.summary, &format!("the summary {what}"), Target::Seq(event.seq));
                self.body(event, proposal.trajectory, &format!("the steps {what}"), Target::Seq(event.seq));
            }
            Fact::CallFinished { call } => {
                let opens = || Target::Call(call.id);
                let name = call_name(call);
                self.body(event, call.request, &format!("the prompt of {name}"), opens());
                let told = call.trace.is_some_and(|id| self.trace(event, id, &name, &opens()));
                // The reply says again what was read from it.
                if !told && let Some(id) = call.reply {
                    self.body(event, id, &format!("the reply of {name}"), opens());
                }
            }
            _ => {}
        }
    }

    fn bytes(&mut self, id: BlobId) -> Option<Vec<u8>> {
        if !self.met.insert(id) {
            return None;
        }
        if self.rows.len() >= SHOWN {
            self.skipped += 1;
            return None;
        }
        let bytes = (self.scene.body)(id);
        self.unread += usize::from(bytes.is_none());
        bytes
    }

    fn body(&mut self, event: &Event, id: BlobId, what: &str, opens: Target) {
        let Some(bytes) = self.bytes(id) else { return };
        if let Some(at) = self.pattern.find(&bytes) {
            self.hit(event, what, &bytes, at.range(), opens);
        }
    }

    /// Whether what the model wrote has it; what it thought is told apart.
    fn trace(&mut self, event: &Event, id: BlobId, name: &str, opens: &Target) -> bool {
        let Some(bytes) = self.bytes(id) else { return false };
        if !self.pattern.is_match(&bytes) {
            return false;
        }
        let Ok(Trace { text, reasoning, .. }) = serde_json::from_slice(&bytes) else { return false };
        let mut found = false;
        for (what, part) in [("the reasoning", &reasoning), ("the reply", &text)] {
            if let Some(at) = self.pattern.find(part.as_bytes()) {
                self.hit(event, &format!("{what} of {name}"), part.as_bytes(), at.range(), opens.clone());
                found |= what == "the reply";
            }
        }
        found
    }

    fn hit(&mut self, event: &Event, what: &str, bytes: &[u8], at: Range<usize>, opens: Target) {
        if self.rows.len() >= SHOWN {
            self.more += 1;
            return;
        }
        let when = clock(self.scene.timeline.run(), event.at);
        let what = if what.is_empty() { String::new() } else { format!("{what}: ") };
        let said = format!("{when} {what}{}", excerpt(bytes, at));
        self.rows.push(Row::new(0, Tone::Plain, format!("event {}", event.seq), said).opens(opens));
    }
}

/// What stands around a place, in one line.
fn excerpt(bytes: &[u8], at: Range<usize>) -> String {
    let is_start = |place: &usize| bytes.get(*place).is_none_or(|byte| byte & 0xc0 != 0x80);
    let from = (at.start.saturating_sub(AROUND)..=at.start).find(is_start).unwrap_or(at.start);
    let last = (at.end + AROUND).min(bytes.len());
    let to = (at.end..=last).rev().find(is_start).unwrap_or(at.end);
    let text = String::from_utf8_lossy(&bytes[from..to]);
    let (before, after) = (if from > 0 { "…" } else { "" }, if to < bytes.len() { "…" } else { "" });
    format!("{before}{}{after}", one_line(&text.replace("\\n", " ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{CallKind, TaskId, report::fixture::Log};

    #[test]
    fn the_first_event_that_has_a_text_is_marked_whatever_its_case() {
        let log = Log::answered();
        let report = log.report("find COMPLETED  in 1871");
        assert_eq!(report.rows[0].head, "event 3", "the document had it first");
        assert!(report.rows[0].text.starts_with("FIRST: 00:02 the text of docs/land.txt: The lamp was completed"));
        let heads: Vec<&str> = report.rows.iter().map(|row| row.head.as_str()).collect();
        assert_eq!(heads, ["event 3", "event 23", "event 23"], "the entry and the steps behind it");
        assert_eq!(log.report("find nowhere at all").rows[0].text, "nowhere");
    }

    #[test]
    fn bodies_are_read_as_json_writes_them_and_those_that_are_gone_are_counted() {
        let mut log = Log::new();
        let said = "He said \"Grüße\\n\" and\nleft / now";
        let name = log.body(serde_json::to_string(&serde_json::json!({ "text": said })).unwrap().as_bytes());
        let ascii = log.body(br#"{"text":"Gr\u00FC\u00dfe"}"#);
        let gone = BlobId([99; 32]);
        for (summary, n) in [(name, 1), (ascii, 2), (gone, 3)] {
            let entry = crate::run::report::fixture::entry(crate::run::Label::unit(n), None, "", vec![]);
            log.admit(crate::run::Entry { summary: Some(summary), ..entry });
        }
        let heads = |text: &str| -> Vec<String> {
            log.report(&format!("find {text}")).rows.iter().map(|row| row.head.clone()).collect()
        };
        assert_eq!(heads("and left / NOW"), ["event 1", ""]);
        assert_eq!(heads("said \"GRÜ"), ["event 1", ""]);
        assert_eq!(heads("grüße"), ["event 1", "event 2", ""]);
        let last = log.report("find left").rows.pop().unwrap();
        assert_eq!(last.text, "1 body is not at hand; it may stand there too");
    }

    #[test]
    fn what_a_model_thought_is_told_from_what_it_wrote() {
        let mut log = Log::prepared(1);
        let id = log.sends(1, None, CallKind::Decompose);
        let trace = Trace { text: "colza it is".into(), reasoning: "maybe colza".into(), ..Trace::default() };
        let trace = log.body(&serde_json::to_vec(&trace).unwrap());
        log.answers_with(id, 100, Some(trace));
        let report = log.report("find colza it");
        assert!(report.rows[0].text.contains("the reply of c2 K decompose: colza it is"), "{}", report.text());
        assert!(log.report("find maybe colza").rows[0].text.contains("the reasoning of c2 K decompose"));
    }

    #[test]
    fn there_are_at_most_so_many_rows_and_the_rest_is_counted() {
        let mut log = Log::prepared(1);
        for n in 1..=600 {
            log.add(Fact::TaskFailed { task: TaskId(n), reason: "no such lamp".into() });
        }
        log.body(b"lamp");
        let report = log.report("find such lamp");
        assert_eq!(report.rows.len(), SHOWN + 1);
        assert_eq!(report.rows[SHOWN].text, "and 100 more");
    }
}
