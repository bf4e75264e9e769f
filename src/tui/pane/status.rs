//! The status line: the question, whether the team runs, and the totals. On narrow screens it takes two lines; what does
//! not fit is left out from the right, never the state and the open decisions.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    plain::plain_start,
    run::{Outcome, Scope},
    tui::{
        Saving,
        pane::moment,
        theme::Role,
        ui::Screen,
        widget::row::{Row, START},
        widget::wrap,
        words,
    },
};

/// Cells of the question that are kept before totals go.
const QUESTION: usize = 24;

pub fn draw(buffer: &mut Buffer, area: Rect, screen: &Screen) {
    let parts = parts(screen);
    if area.height > 1 {
        let mut line = title(usize::from(area.width), screen);
        line.pad_to(0);
        line.draw(buffer, area.x, area.y);
        let mut totals = Row::new(usize::from(area.width));
        totals.push(" ", screen.theme.style(Role::Text));
        totals.append(fitting(&parts, totals.left(), screen));
        totals.draw(buffer, area.x, area.y + 1);
        return;
    }
    let width = usize::from(area.width);
    let right = fitting(&parts, width.saturating_sub(QUESTION), screen);
    let used = width.saturating_sub(QUESTION) - right.left();
    let mut row = title(width - used, screen);
    row.pad_to(0);
    let mut line = Row::new(width);
    line.append(row);
    line.append(right);
    line.draw(buffer, area.x, area.y);
}

fn title(width: usize, screen: &Screen) -> Row {
    let mut row = Row::new(width);
    row.push(" delm  ", screen.theme.style(Role::Focus));
    let mut question = Row::new(row.left().saturating_sub(2));
    question.push(plain_start(&screen.run().question, START), screen.theme.style(Role::Title));
    row.append(question);
    row
}

/// In the order of their weight.
fn parts(screen: &Screen) -> Vec<(String, Role)> {
    let (run, ui) = (screen.run(), screen.ui);
    let (badge, role) = match ui.saving {
        Saving::Waits => ("! NOT SAVED", Role::Bad),
        Saving::Goes => words::badge(run, ui.attachment),
    };
    let mut parts = vec![];
    if ui.past.is_some() {
        parts.push((format!("◂ {}", moment::name(screen)), Role::Warn));
        parts.extend(moment::missed(screen).map(|missed| (missed, Role::Accent)));
        // Whoever waits for the person waits behind the past too.
        let open = screen.timeline.head().decisions.len();
        parts.extend((open > 0).then(|| (format!("◆ {open} live"), Role::Ask)));
        parts.extend((!run.decisions.is_empty()).then(|| (format!("{} open then", run.decisions.len()), Role::Text)));
    } else {
        parts.push((badge.to_owned(), role));
        parts.extend((!run.decisions.is_empty()).then(|| (format!("◆ {} to decide", run.decisions.len()), Role::Ask)));
    }
    let following = words::following(ui.attachment, ui.options.utc_offset_secs);
    parts.extend(following.map(|following| (following, Role::Accent)));
    match &run.outcome {
        Some(Outcome::Answered) => parts.push(("answer ready: press A".to_owned(), Role::Key)),
        Some(Outcome::Unanswered(why) | Outcome::OverBudget(why)) => {
            parts.push((wrap::cut(&plain_start(why, START), 40).into_owned(), Role::Bad));
        }
        None => {}
    }
    if let Some(stage) = words::stage(run) {
        parts.push((stage, Role::Accent));
    }
    let weighty = parts.len();
    // Nobody works on a saved run, so its clock stands.
    let until = if ui.attachment.is_live() { ui.now.0 } else { run.last_at };
    if ui.past.is_none() {
        parts.push((words::clock(ui.stopwatch.elapsed(run.head, until)), Role::Text));
    }
    if run.counts.total() > 0 {
        parts.push((format!("{}/{} tasks", run.counts.done, run.counts.total()), Role::Text));
    }
    parts.push((words::count(run.context.len(), "entry", "entries"), Role::Text));
    parts.push((words::count(run.agents.len(), "agent", "agents"), Role::Text));
    let cap = run.cap(Scope::Run);
    let spent = [words::tokens_of(&run.usage, cap), words::money_of(&run.usage, cap)];
    match cap.is_none() {
        true => parts.extend(spent),
        // What can stop the run weighs more than what it is made of.
        false => drop(parts.splice(weighty..weighty, spent)),
    }
    parts
}

/// As many parts as fit, whole.
fn fitting(parts: &[(String, Role)], width: usize, screen: &Screen) -> Row {
    let mut row = Row::new(width);
    for (text, role) in parts {
        if wrap::width(text) + 2 > row.left() {
            break;
        }
        row.push(text, screen.theme.style(*role));
        row.push("  ", screen.theme.style(Role::Text));
    }
    row
}
