//! What the program prints on the normal screen: warnings, answers, results. Hostile text is made plain here.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    plain::{plain, plain_line},
    run::{Author, Citation, Corpus, Label, Run, RunId, Taint, Usage, one_line, rules::taint},
};

/// A line on standard error.
pub fn warn(text: &str) {
    // Who closed standard error does not want to read it.
    let _ = writeln!(io::stderr().lock(), "delm: {}", plain_line(text));
}

/// Whoever read standard output has enough, as in `delm runs | head`. A command that only reads then ends quietly; one
/// that has a run in hand saves it.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads standard output any more")]
pub struct ReaderGone;

/// A line on standard output.
///
/// # Errors
/// [`ReaderGone`], or why standard output cannot be written to.
pub fn out(text: &str) -> anyhow::Result<()> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

fn written(done: io::Result<()>) -> anyhow::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        done => Ok(done?),
    }
}

/// A value as a line of JSON on standard output. The value stays what it is: characters that could steer a terminal or
/// hide text are escaped, as JSON allows.
///
/// # Errors
/// As [`out`].
pub fn out_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    out(&harmless_json(&serde_json::to_string(value)?))
}

/// JSON that stays what it is, with what could steer a terminal escaped. What `plain` would change is outside of ASCII, so
/// it stands in a string.
#[must_use]
pub fn harmless_json(json: &str) -> String {
    let mut harmless = String::with_capacity(json.len());
    for c in json.chars() {
        let (mut utf8, mut utf16) = ([0; 4], [0; 2]);
        let alone: &str = c.encode_utf8(&mut utf8);
        if plain(alone) == alone {
            harmless.push(c);
        } else {
            c.encode_utf16(&mut utf16).iter().for_each(|unit| harmless.push_str(&format!("\\u{unit:04x}")));
        }
    }
    harmless
}

/// Bytes as they are; a terminal gets what is safe to look at.
///
/// # Errors
/// As [`out`].
pub fn out_raw(text: &str) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        return out(&plain(text));
    }
    written(io::stdout().lock().write_all(text.as_bytes()))
}

/// Time passed, in one unit.
#[must_use]
pub fn ago(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3600 => format!("{}min ago", seconds / 60),
        3600..86_400 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// Milliseconds since the Unix epoch as a date in UTC.
#[must_use]
pub fn iso(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Money, or that it is unknown.
#[must_use]
pub fn usd(usd: Option<f64>) -> String {
    match usd {
        None => "unknown".to_owned(),
        // Less than a tenth of a cent is not nothing.
        Some(usd) if usd > 0.0 && usd < 0.001 => format!("${usd:.5}"),
        Some(usd) => format!("${usd:.3}"),
    }
}

/// Tokens and money in full; `usd` is null where it is unknown, `estimated_tokens` is the part that nobody counted.
#[must_use]
pub fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "estimated_tokens": usage.estimated_tokens,
        "usd": usage.usd,
    })
}

/// The answer with its citations, as a person reads it.
///
/// # Errors
/// When standard output cannot be written to.
pub fn answer(run: &Run, corpus: &Corpus) -> anyhow::Result<()> {
    let Some(answer) = &run.answer else { return Ok(()) };
    out(&plain(&answer.text))?;
    for taint in tainted(run) {
        out(&format!("! {}", plain_line(&taint.to_string())))?;
    }
    if answer.citations.is_empty() {
        return findings(run, &answer.entries);
    }
    out("")?;
    let said = one_line(&answer.text);
    for citation in &answer.citations {
        let Some(Cited { path, start, end, quote }) = cited(corpus, citation) else { continue };
        out(&format!("[{}] {} {start}–{end}", citation.label, plain_line(path)))?;
        // What the answer quotes already need not be read twice.
        let quote = one_line(quote);
        if !said.contains(&quote) {
            out(&format!("    “{}”", plain_line(&quote)))?;
        }
    }
    Ok(())
}

/// What taints the answer.
fn tainted(run: &Run) -> Vec<Taint> {
    let Some(answer) = &run.answer else { return vec![] };
    let entries = answer.entries.iter().map(|label| Citation::of_entry(*label));
    taint::of(run, &answer.citations.iter().cloned().chain(entries).collect::<Vec<_>>())
}

/// The findings that an answer rests on which rests on no document.
fn findings(run: &Run, labels: &[Label]) -> anyhow::Result<()> {
    let entries = labels.iter().filter_map(|label| run.context.get(*label));
    for (at, entry) in entries.enumerate() {
        if at == 0 {
            out("")?;
        }
        out(&format!("[{}] {}", entry.label, plain_line(&entry.gist)))?;
    }
    Ok(())
}

struct Cited<'a> {
    path: &'a str,
    start: usize,
    end: usize,
    quote: &'a str,
}

fn cited<'a>(corpus: &'a Corpus, citation: &Citation) -> Option<Cited<'a>> {
    let span = citation.span.clone()?;
    Some(Cited { path: corpus.path(citation.label)?, start: span.start, end: span.end, quote: corpus.quote(citation)? })
}

/// Citations as JSON: offsets count in the unit's text, which `delm show --source LABEL` prints; `unit_start` is where
/// the unit begins in its source's extracted text.
#[must_use]
pub fn citations(corpus: &Corpus, citations: &[Citation]) -> Value {
    let one = |citation: &Citation| {
        if citation.label.author != Author::Source {
            return Some(json!({ "label": citation.label }));
        }
        let Cited { path, start, end, quote } = cited(corpus, citation)?;
        let unit_start = corpus.unit(citation.label)?.start;
        let label = citation.label.whole();
        Some(
            json!({ "label": label, "source": path, "start": start, "end": end, "quote": quote, "unit_start": unit_start }),
        )
    };
    citations.iter().filter_map(one).collect()
}

/// The last line of `--json`.
#[must_use]
pub fn result(id: &RunId, run: &Run, corpus: &Corpus) -> Value {
    let counts = run.counts;
    json!({
        "type": "result",
        "run": id,
        "state": crate::store::RunState::of(run).to_string(),
        "answer": run.answer.as_ref().map(|answer| &answer.text),
        "citations": run.answer.as_ref().map_or_else(|| json!([]), |answer| citations(corpus, &answer.citations)),
        "taint": tainted(run),
        "tasks": {
            "total": counts.total(),
            "done": counts.done,
            "failed": counts.failed,
            "dropped": counts.dropped,
            "open": counts.total() - counts.over(),
        },
        "entries": run.findings(),
        "usage": usage(&run.usage),
        "elapsed_ms": run.last_at - run.started_at,
    })
}

/// Whether a progress bar would be seen.
#[must_use]
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_text_and_nothing_in_it_acts() {
        let hostile = "a\u{9b}2Jb\u{7f}\u{202e}c\u{200d}\u{e0041}\u{2028}\x1b]0;x\x07 日本 naïve e\u{301} 🦀";
        let json = harmless_json(&serde_json::to_string(hostile).unwrap());
        assert_eq!(plain(&json), json);
        assert!(json.contains("日本 naïve e\u{301} 🦀"), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }
}
