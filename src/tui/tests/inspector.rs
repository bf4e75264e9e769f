//! The history of an agent's calls, one call whole, and what is copied.

use crate::{
    plain::plain,
    run::*,
    tui::{
        copy,
        fixture::{Answered, Story},
        modal::Modal,
        msg::Effect,
    },
};

use super::hostile::is_obeyed_by_nobody;

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

const CONTEXT: &str =
    "# Shared context\n[W0 S1] GPL-3 §13–§14: permission to combine.\n[W0 S2] AGPL-3 §13: who modifies.\n";

fn request(task: &str) -> Vec<u8> {
    let body = serde_json::json!({
        "model": "gpt",
        "messages": [
            { "role": "system", "content": "You are one agent of a team. Cite every step." },
            { "role": "user", "content": format!("{CONTEXT}\n# Work on your task\n{task}") },
        ],
        "stream": true,
        "max_tokens": 4000,
    });
    body.to_string().into_bytes()
}

fn trace() -> Trace {
    let text = "1. GPL-3 §13 permits linking with AGPL-3 works [W0 S1.1].\nOUTPUT FACT: It names no duty [W0 S1].";
    let reasoning = "The task asks for a duty in the GPL-3 itself. §13 only permits combining.";
    let piece = |at_ms, bytes| Piece { at_ms, stream: Stream::Output, bytes };
    Trace {
        text: text.to_owned(),
        reasoning: reasoning.to_owned(),
        pieces: vec![piece(1_900, 10), piece(2_000, 20), piece(3_400, text.len() - 30)],
        tries: vec![Try {
            at_ms: 300,
            why: "openai: the server asks for fewer requests (429)".to_owned(),
            wait_ms: 1_500,
        }],
        headers: vec![("x-request-id".to_owned(), "req_0007".to_owned())],
    }
}

/// An agent with three calls behind it and one in flight.
fn called(width: u16, height: u16) -> Story {
    let mut story = Story::working(width, height);
    let usage =
        Usage { input_tokens: 4_100, cached_tokens: 3_000, output_tokens: 620, usd: Some(0.0042), ..Usage::NONE };
    let whole = |task: &str, trace| Answered {
        request: request(task),
        reply: b"data: {\"choices\":[{\"delta\":{\"content\":\"1. \"}}]}\n\ndata: [DONE]\n\n".to_vec(),
        trace,
        usage,
        ms: 3_400,
        first_ms: Some(1_900),
        stable: 2,
        ..Answered::default()
    };
    let first = "Does the GPL-3 itself oblige anybody?\nTry 1.";
    let second = "Does the GPL-3 itself oblige anybody?\nTry 2: the verifier turned the first down.";
    story.call(3, Some(3), CallKind::Reason, whole(first, Trace::default()));
    let failed = Answered {
        error: Some("openai: the key may not use this model (403)".to_owned()),
        ..whole(first, Trace::default())
    };
    story.call(3, Some(3), CallKind::Verify, failed);
    story.call(3, Some(3), CallKind::Reason, whole(second, trace()));
    story.sends(3, Some(3), CallKind::Verify);
    story.press("2 j j j enter");
    story
}

/// The same, on the newest call that came back.
fn inspecting(width: u16, height: u16) -> Story {
    let mut story = called(width, height);
    story.press("enter j enter");
    assert!(matches!(story.ui.modals.last(), Some(Modal::Call(_))));
    story
}

fn copied(effects: &[Effect]) -> String {
    let text = |effect: &Effect| if let Effect::Copy(text) = effect { Some(text.clone()) } else { None };
    let all: Vec<String> = effects.iter().filter_map(text).collect();
    assert_eq!(all.len(), effects.len(), "copying does nothing else");
    all.concat()
}

fn said(story: &Story) -> String {
    story.ui.notices.all().next_back().map(|(_, text)| text.clone()).unwrap_or_default()
}

#[test]
fn the_history_of_an_agent() {
    for (width, height) in SIZES {
        let story = called(width, height);
        insta::assert_snapshot!(format!("history_{width}x{height}"), story.picture());
    }
}

#[test]
fn the_sections_of_a_call() {
    for (width, height) in SIZES {
        let mut story = inspecting(width, height);
        for section in ["call", "request", "reply", "raw", "changes"] {
            insta::assert_snapshot!(format!("call_{section}_{width}x{height}"), story.picture());
            story.press("]");
        }
    }
    let mut story = inspecting(140, 40);
    story.press("[");
    assert!(story.picture().contains("▸changes"), "the sections go round");
}

#[test]
fn a_selected_call_keeps_its_place_while_others_come_back() {
    let mut story = called(140, 40);
    story.press("enter j");
    let selected = |story: &Story| {
        let picture = story.picture();
        picture.lines().find(|line| line.contains("▸✓") || line.contains("▸…")).unwrap_or_default()[..20].to_owned()
    };
    let before = selected(&story);
    story.answers(CallId(4), Answered::default());
    story.call(3, None, CallKind::Gist, Answered::default());
    assert_eq!(selected(&story), before);
    story.press("enter");
    assert!(story.picture().contains("c3 F reason"), "{}", story.picture());
}

#[test]
fn what_is_in_flight_cannot_be_opened_yet() {
    let mut story = called(140, 40);
    story.press("enter enter");
    assert!(said(&story).contains("has not come back yet"), "{}", said(&story));
    let mut story = Story::working(140, 40);
    story.press("2 j j j enter enter");
    assert!(said(&story).contains("it has called no model"));
}

#[test]
fn the_prefix_that_the_next_call_shares_is_marked() {
    let mut story = inspecting(140, 40);
    story.press("]");
    let picture = story.picture();
    assert!(picture.contains("1 message and the beginning of the next, 210 B, 84 %: the same as in the call before"));
    let after = picture.split("≡ end of what is shared").nth(1).unwrap();
    assert!(after.contains("2: the verifier turned"), "what differs stands behind it: {after}");
}

#[test]
fn a_call_is_copied_as_the_command_that_sends_it_again() {
    let mut story = inspecting(140, 40);
    let command = copied(&story.press("y"));
    assert!(command.starts_with("curl -sSN \"$OPENAI_BASE_URL/chat/completions\""), "{command}");
    assert!(command.contains("Bearer $KEY") && command.contains("Cite every step."));
    assert!(said(&story).starts_with("copied ") && said(&story).ends_with("3 lines"), "{}", said(&story));
    story.press("] ]");
    assert_eq!(copied(&story.press("y")), trace().text);
    assert!(copied(&story.press("Y")).starts_with("\n```\n1. GPL-3"));
    story.press("]");
    assert!(copied(&story.press("y")).starts_with("data: {"));
    story.press("]");
    assert!(copied(&story.press("y")).contains("+ Try 2: the verifier turned the first down."));
}

#[test]
fn views_and_selected_rows_are_copied_without_borders_and_wraps() {
    let mut story = Story::working(50, 15);
    story.press("3");
    assert_eq!(story.press("y"), []);
    assert!(said(&story).contains("nothing is selected"));
    story.press("k");
    let gist = "GPL-3 §13 lets a covered work be combined with one under the AGPL-3; the network clause then applies to the \
                combination as such.";
    assert_eq!(copied(&story.press("y")), format!("[W1 S1] {gist}\n"));
    story.press("enter");
    assert!(copied(&story.press("y")).starts_with(&format!("{gist}\n")), "one line, however narrow the view");
    assert!(copied(&story.press("Y")).starts_with(&format!("## {gist}\n")));
    let mut story = Story::working(140, 40);
    story.press("4 j enter o");
    assert!(copied(&story.press("y")).starts_with("13. Remote Network Interaction;"));
    story.press("esc");
    assert_eq!(story.ui.modals.len(), 1, "on a card y approves and nothing else");
}

/// The clipboard is a border, too (FAILURES 15).
#[test]
fn what_is_copied_is_disarmed_and_capped() {
    let mut story = Story::working(140, 40);
    let hostile = "\x1b]52;c;cm0gLXJm\x07 \u{202e}gpj ".repeat(10_000);
    let trace = Trace { text: hostile.clone(), ..Trace::default() };
    let answered = Answered { trace, reply: hostile.clone().into_bytes(), ..Answered::default() };
    story.call(3, Some(3), CallKind::Reason, answered);
    story.press("2 j j j enter enter enter");
    for section in ["] ]", "]"] {
        story.press(section);
        let text = copied(&story.press("y"));
        assert_eq!(plain(&text), text);
        assert!(text.len() <= copy::MOST && text.len() > copy::MOST - 4, "{}", text.len());
        assert!(said(&story).contains("copied the first 74.0 kB of 240.0 kB"), "{}", said(&story));
    }
}

#[test]
fn hostile_bodies_are_obeyed_by_nobody() {
    let hostile = "\x1b]52;c;cm0gLXJm\x07\u{9b}2J\u{202e}gpj\x08\r\u{200b} approve? y";
    let told = Trace {
        text: hostile.to_owned(),
        reasoning: hostile.to_owned(),
        tries: vec![Try { at_ms: 1, why: hostile.to_owned(), wait_ms: 1 }],
        headers: vec![(hostile.to_owned(), hostile.to_owned())],
        ..Trace::default()
    };
    let raw = [hostile.as_bytes(), b"\x1b[31m"].concat();
    for request in [request(hostile), raw.clone()] {
        let mut story = Story::working(140, 40);
        for error in [None, Some(hostile.to_owned())] {
            let (request, reply, trace) = (request.clone(), raw.clone(), told.clone());
            story.call(3, Some(3), CallKind::Reason, Answered { request, reply, trace, error, ..Answered::default() });
        }
        story.see(3, Sight::Phase(Phase::TriesAgain { why: hostile.to_owned(), until: 0 }));
        is_obeyed_by_nobody(&story);
        for keys in ["2 j j j enter", "enter enter", "]", "]", "]", "]", "esc j enter", "]", "]", "]", "]"] {
            let effects = story.press(keys);
            assert_eq!(effects, []);
            is_obeyed_by_nobody(&story);
            let text = copied(&story.press("y")) + &copied(&story.press("Y"));
            assert_eq!(plain(&text), text, "{keys}");
        }
    }
}

#[test]
fn of_a_reply_of_ten_megabytes_the_middle_is_hidden_and_said_to_be() {
    let mut story = Story::working(140, 40);
    let text = "a reply that never ends, over many lines, until somebody stops it\n".repeat(10 << 20 >> 6);
    let trace = Trace { text: text.clone(), ..Trace::default() };
    let answered = Answered { trace, reply: text.clone().into_bytes(), request: request(&text), ..Answered::default() };
    story.call(3, Some(3), CallKind::Reason, answered);
    story.press("2 j j j enter enter enter");
    for section in ["request", "reply", "raw", "changes"] {
        story.press("]");
        assert!(story.picture().contains(section), "{section}");
        if section != "changes" {
            story.press("G");
            let hidden = (0..40).any(|_| {
                story.press("ctrl-u");
                story.picture().contains("MB hidden, of ")
            });
            assert!(hidden, "{section} says what it hides");
        }
    }
}
