//! Watched expressions: their value at the moment, their course until then, and what they may cost.

use crate::{
    run::*,
    tui::{
        Feed,
        fixture::{CLAIM, Story},
        msg::Msg,
        watches::{add, remove},
    },
};

fn values(story: &Story) -> Vec<(String, String)> {
    story.ui.watches.all().map(|watch| (watch.text.clone(), watch.value())).collect()
}

/// The numbers of the only watch, a cell an event.
fn course(story: &Story) -> Vec<Option<f64>> {
    let (upto, head) = (story.timeline.run().head, story.timeline.head().head);
    story.ui.watches.all().next().unwrap().curve(upto, head, head.0 as usize).unwrap()
}

#[test]
fn a_watch_is_added_and_removed_by_its_words() {
    let mut story = Story::working(140, 40);
    let before = story.picture();
    for (expr, value) in [("entries", "3"), ("seq > 5", "yes"), ("outcome", "–"), ("readers(W0 S2)", "none")] {
        add(&mut story.ui, &story.timeline, &format!(" {expr} ")).unwrap();
        story.pass(0);
        story.press("1");
        assert_eq!(values(&story).last().unwrap(), &(expr.to_owned(), value.to_owned()));
    }
    assert_eq!(story.ui.watches.exprs(), ["entries", "seq > 5", "outcome", "readers(W0 S2)"]);
    assert_eq!(add(&mut story.ui, &story.timeline, "entries").unwrap_err(), "entries is watched already");
    let why = add(&mut story.ui, &story.timeline, "queue.redy").unwrap_err();
    assert!(why.starts_with("column 7: ") && why.contains("ready"), "{why}");
    let why = remove(&mut story.ui, "cost").unwrap_err();
    assert!(why.starts_with("cost is not watched; entries, seq > 5"), "{why}");
    for expr in story.ui.watches.exprs() {
        remove(&mut story.ui, &expr).unwrap();
    }
    assert_eq!(remove(&mut story.ui, "entries").unwrap_err(), "nothing is watched");
    story.press("1");
    assert_eq!(story.picture(), before, "without watches there is no strip");
}

#[test]
fn the_course_is_what_the_fold_gives_and_ends_at_the_moment() {
    let mut story = Story::working(140, 40);
    add(&mut story.ui, &story.timeline, "queue.running").unwrap();
    let events: Vec<_> = story.timeline.events().collect();
    let mut run = Run::default();
    let folded: Vec<Option<f64>> = events
        .iter()
        .map(|event| {
            run.apply(event);
            Some(run.counts.running as f64)
        })
        .collect();
    story.press("1");
    assert_eq!(course(&story), folded);
    story.press("left left left");
    assert_eq!(course(&story), folded[..folded.len() - 3]);
    assert_eq!(values(&story)[0].1, format!("{}", folded[folded.len() - 4].unwrap()));
    // What comes meanwhile belongs to the course too, once it is looked at.
    story.decided(CLAIM);
    assert_eq!(course(&story), folded[..folded.len() - 3]);
    story.press("L");
    let running = story.timeline.head().counts.running as f64;
    assert_eq!(course(&story).last(), Some(&Some(running)));
    assert_eq!(course(&story).len(), folded.len() + 1);
}

#[test]
fn a_watch_says_what_holds_at_any_moment_of_a_long_log() {
    let mut story = Story::blank(140, 40);
    story.prepared();
    let head = story.timeline.head().head.0;
    let task = |n: u64| NewTask { id: TaskId(n as u32), text: format!("matter {n}"), deps: vec![], focus: vec![] };
    let facts: Vec<Event> = (1..=20_000)
        .map(|n| {
            let fact = match n % 4 {
                0 => Fact::TasksAdded { tasks: vec![task(n / 4)], by: Author::Human },
                1 => Fact::PauseAsked,
                2 => Fact::RunResumed,
                _ => Fact::ContextRead { agent: AgentId(1), task: None, snapshot: Seq(1) },
            };
            Event { seq: Seq(head + n), at: n as i64, fact }
        })
        .collect();
    story.send(Msg::Feed(Feed::Facts(facts)));
    add(&mut story.ui, &story.timeline, "queue.ready").unwrap();
    for keys in
        ["home", "shift-right", "right", "right", "left", "left", "shift-right shift-right", "left", "end", "left"]
    {
        story.press(keys);
        let run = story.timeline.run();
        assert_eq!(values(&story)[0].1, run.counts.ready.to_string(), "at {}", run.head);
    }
}
