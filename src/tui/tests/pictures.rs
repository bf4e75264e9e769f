//! Snapshots of what the person sees.

use crate::tui::fixture::Story;

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (50, 15)];

fn at_every_size(name: &str, tell: impl Fn(&mut Story)) {
    for (width, height) in SIZES {
        let mut story = Story::working(width, height);
        tell(&mut story);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), story.picture());
    }
}

#[test]
fn a_team_at_work() {
    at_every_size("working", |_| {});
}

#[test]
fn the_card_of_a_write() {
    at_every_size("card", |story| {
        story.press("4 j enter");
        story.pass(400);
    });
}

#[test]
fn the_raw_text_behind_a_citation() {
    at_every_size("evidence", |story| {
        story.press("4 j enter o");
    });
}

#[test]
fn an_entry_down_to_its_trajectory() {
    at_every_size("trajectory", |story| {
        story.press("3 k enter enter enter");
    });
}

#[test]
fn the_answer() {
    at_every_size("answer", |story| {
        story.answered();
        story.press("A j");
    });
}

#[test]
fn help() {
    at_every_size("help", |story| {
        story.press("?");
    });
}

#[test]
fn forms() {
    at_every_size("veto", |story| {
        story.press("4 j enter");
        story.press_later("d");
        story.type_text("the duty also covers prior versions");
    });
    at_every_size("inject", |story| {
        story.press("i");
        story.type_text("Look for transition rules between versions of each licence.");
    });
    at_every_size("edit", |story| {
        story.press("4 j enter");
        story.press_later("e");
    });
    at_every_size("quit", |story| {
        story.press("q");
    });
}

#[test]
fn other_views() {
    at_every_size("task", |story| {
        story.press("1 j j enter");
    });
    at_every_size("agent", |story| {
        story.press("2 j j j enter");
    });
    at_every_size("queue_zoomed", |story| {
        story.press("1 +");
    });
}

#[test]
fn too_small() {
    insta::assert_snapshot!(Story::working(38, 8).picture());
}

#[test]
fn before_there_is_anything() {
    insta::assert_snapshot!(Story::blank(140, 40).picture());
}
