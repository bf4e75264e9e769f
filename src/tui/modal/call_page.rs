//! What the sections of a call say. Long texts are laid out at their two ends, with what is hidden printed.

use crate::{
    plain::is_blank,
    run::{Call, CallId, Trace, estimate_tokens},
    tui::{
        difference::{Line, difference},
        excerpt::{Excerpt, excerpt},
        pane::meter::{seconds, speed},
        request::{End, Prefix, Sent},
        theme::Role,
        widget::page::Page,
        words,
    },
};

use super::task::field;

/// What it cost and how it went. `trace` is absent when it was not recorded, and a sentence while it is not here.
pub fn call(page: &mut Page, call: &Call, attempt: u32, trace: Result<Option<&Trace>, &String>) {
    if let Some(error) = &call.error {
        page.paragraph(12).add(&format!("{:<12}", "✗ error"), Role::Bad).add(error, Role::Text);
    }
    field(page, "model", &call.model, Role::Text);
    if let Some(task) = call.task {
        let attempt = if attempt > 0 { format!(", try {attempt}") } else { String::new() };
        field(page, "for", &format!("{task}{attempt}"), Role::Text);
    }
    if let Some(from) = call.from {
        field(page, "answered", &format!("from the record, by {from}; it cost nothing"), Role::Accent);
    }
    field(page, "used", &words::spent(&call.usage), Role::Text);
    let first = call.first_ms.map(|ms| format!(" · first piece after {}", seconds(ms))).unwrap_or_default();
    let speed = speed(call).map(|speed| format!(" · {}", speed.replace("/s", " tok/s"))).unwrap_or_default();
    field(page, "took", &format!("{}{first}{speed}", seconds(call.elapsed_ms)), Role::Text);
    let trace = match trace {
        Ok(Some(trace)) => trace,
        Ok(None) => return,
        Err(why) => return field(page, "trace", why, Role::Dim),
    };
    let silence = trace.pieces.windows(2).map(|two| two[1].at_ms.saturating_sub(two[0].at_ms)).max();
    let longest = silence.map(|ms| format!(", longest silence {}", seconds(ms))).unwrap_or_default();
    field(page, "streamed", &format!("{}{longest}", words::count(trace.pieces.len(), "piece", "pieces")), Role::Text);
    if !trace.tries.is_empty() {
        page.blank();
        page.line(&format!("Failed before, {}", words::count(trace.tries.len(), "try", "tries")), Role::Title);
    }
    for (number, one) in (1..).zip(&trace.tries) {
        page.paragraph(4).add(&format!("{number:>2}. "), Role::Dim).add(&one.why, Role::Warn);
        let wait = format!(" (after {}, then waited {})", seconds(one.at_ms), seconds(one.wait_ms));
        page.add(&wait, Role::Dim);
    }
    if !trace.headers.is_empty() {
        page.blank();
        page.line("Headers of the reply", Role::Title);
    }
    for (name, value) in &trace.headers {
        page.paragraph(4).add(&format!("{name}: "), Role::Accent).add(value, Role::Text);
    }
}

/// The messages with their sizes, the shared prefix marked by its head line and a bar.
pub fn request(page: &mut Page, sent: &Sent, prefix: Prefix) {
    let all: usize = sent.parts.iter().map(|part| part.text.len()).sum();
    let cut = sent.parts.get(prefix.parts).map_or(0, |_| prefix.bytes);
    let shared: usize = sent.parts.iter().take(prefix.parts).map(|part| part.text.len()).sum::<usize>() + cut;
    let tokens: u64 = sent.parts.iter().map(|part| estimate_tokens(part.text.chars().count())).sum();
    field(
        page,
        "messages",
        &format!("{}, {}, ~{} tok", sent.parts.len(), words::bytes(all), words::amount(tokens)),
        Role::Text,
    );
    let whole = words::count(prefix.parts, "message", "messages");
    let (rest, of) = match prefix.end {
        End::Whole => ("", "the same in the next call of its kind"),
        End::Compared => (" and the beginning of the next", "the same as in the call before"),
        End::Unseen => (" and more of the next", "an earlier call of its kind would show how much"),
    };
    let share = (shared * 100).checked_div(all).unwrap_or(0);
    let said = format!("{whole}{rest}, {}, {share} %: {of}", words::bytes(shared));
    field(page, "prefix", &said, Role::Good);
    for (name, value) in &sent.rest {
        let value: String = value.chars().take(400).collect();
        field(page, name, &value, Role::Dim);
    }
    for (at, part) in sent.parts.iter().enumerate() {
        let tokens = words::amount(estimate_tokens(part.text.chars().count()));
        let (mark, role) = if at < prefix.parts { ("≡ shared prefix", Role::Good) } else { ("", Role::Dim) };
        page.blank();
        page.paragraph(0).add(&format!("── {} {} ", at + 1, part.role), Role::Title);
        page.add(&format!("{} ~{tokens} tok  ", words::bytes(part.text.len())), Role::Dim).add(mark, role);
        if at == prefix.parts && cut > 0 {
            page.line("≡ shared with the call before", Role::Good);
            verbatim(page, &part.text.as_bytes()[..cut], Role::Text);
            page.line("≡ end of what is shared", Role::Good);
            verbatim(page, &part.text.as_bytes()[cut..], Role::Text);
        } else {
            verbatim(page, part.text.as_bytes(), Role::Text);
        }
    }
}

/// What was read from the reply: thought apart from text.
pub fn reply(page: &mut Page, trace: &Trace, call: &Call) {
    if let Some(error) = &call.error {
        page.paragraph(12).add(&format!("{:<12}", "✗ error"), Role::Bad).add(error, Role::Text);
        page.blank();
    }
    for (name, text, role) in [("Thought", &trace.reasoning, Role::Dim), ("Text", &trace.text, Role::Text)] {
        if !is_blank(text) {
            page.paragraph(0).add(name, Role::Title).add(&format!("  {}", words::bytes(text.len())), Role::Dim);
            verbatim(page, text.as_bytes(), role);
            page.blank();
        }
    }
    if is_blank(&trace.text) {
        page.line("no text came", Role::Dim);
    }
}

/// What changed in the request since an earlier one.
pub fn changes(page: &mut Page, earlier: CallId, before: &str, after: &str) {
    let lines = difference(before, after);
    let (new, gone) = lines.iter().fold((0, 0), |(new, gone), line| match line {
        Line::New(_) => (new + 1, gone),
        Line::Gone(_) => (new, gone + 1),
        _ => (new, gone),
    });
    page.paragraph(0).add(&format!("Since {earlier}: "), Role::Title);
    page.add(&format!("+{}", words::count(new, "line", "lines")), Role::Good).add(", ", Role::Dim);
    page.add(&format!("−{}", words::count(gone, "line", "lines")), Role::Bad);
    page.blank();
    if lines.is_empty() {
        page.line("the same request", Role::Dim);
    }
    for line in lines {
        let (mark, text, role) = match line {
            Line::Same(text) => ("  ", text, Role::Dim),
            Line::New(text) => ("+ ", text, Role::Good),
            Line::Gone(text) => ("− ", text, Role::Bad),
            Line::Skipped(lines) => {
                page.line(&format!("⋯ {} the same ⋯", words::count(lines, "line", "lines")), Role::Accent);
                continue;
            }
        };
        let Excerpt { head, hidden, .. } = excerpt(text.as_bytes());
        page.paragraph(2).add(mark, role).add(&String::from_utf8_lossy(head), role);
        if hidden > 0 {
            page.add(&format!(" ⋯ {} hidden", words::bytes(text.len() - head.len())), Role::Warn);
        }
    }
}

/// A text to the letter, or its two ends.
pub fn verbatim(page: &mut Page, bytes: &[u8], role: Role) {
    let Excerpt { head, hidden, tail } = excerpt(bytes);
    page.verbatim().add(&String::from_utf8_lossy(head), role);
    if hidden > 0 {
        page.line(&format!("⋯ {} hidden, of {} ⋯", words::bytes(hidden), words::bytes(bytes.len())), Role::Warn);
        page.verbatim().add(&String::from_utf8_lossy(tail), role);
    }
}
