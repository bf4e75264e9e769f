//! What must not be in this room, and what big runs may cost.

use std::{fs, path::Path, time::Instant};

use crate::{
    run::*,
    tui::{Feed, fixture::Story, msg::Msg},
};

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

#[test]
fn colours_come_from_themes_only() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui");
    let wanted = concat!("Color", "::");
    for (path, text) in sources(&room) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(path.contains("/tests/") || !code.contains(wanted), "{path} names a colour");
    }
}

/// Drawing and keys cost what is visible, not what exists.
#[test]
fn a_big_run_is_drawn_as_fast_as_a_small_one() {
    let mut story = Story::blank(140, 40);
    story.prepared();
    let head = story.timeline.head().head.0;
    let events = 100_000;
    let facts: Vec<Event> = (1..=events)
        .map(|n| {
            let fact = match n % 2 {
                0 => Fact::TasksAdded {
                    tasks: vec![NewTask {
                        id: TaskId(n as u32 / 2),
                        text: format!("look into matter {n}"),
                        deps: vec![],
                        focus: vec![],
                    }],
                    by: Author::Human,
                },
                _ => Fact::EntryAdmitted {
                    entry: Box::new(Entry {
                        label: Label::new(Author::Human, n as u32),
                        kind: EntryKind::Fact,
                        task: None,
                        subtask: String::new(),
                        gist: format!("finding {n} is long enough to take more than one line of the pane it stands in"),
                        citations: vec![],
                        admission: Admission::Injected,
                        taint: vec![],
                        summary: None,
                        trajectory: None,
                    }),
                },
            };
            Event { seq: Seq(head + n), at: 0, fact }
        })
        .collect();
    story.send(Msg::Feed(Feed::Facts(facts)));
    let start = Instant::now();
    for _ in 0..20 {
        story.press("3 k k pgdn g G 1 j pgdn g G");
        story.picture();
    }
    // Unoptimised and on a busy machine; what counts is that it does not grow with the run.
    assert!(start.elapsed().as_millis() < 4_000, "{:?}", start.elapsed());
}
