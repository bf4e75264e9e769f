//! What a typed line does on the screen: one place for every command and everything that can be looked at. Keys that
//! stand for a command come through here too.
//!
//! It carries out nothing itself: commands and questions to others become effects, and what decides is shown first.

use crate::run::{
    Command, Decision, Pace, Run, Timeline,
    lang::{Expr, Vocabulary, Watch},
    line::{Line, Listing, Look},
    policy::proposed_rule,
    report::Report,
    rules::human,
    travel,
};

use super::{
    Attachment, Left,
    modal::{
        Modal,
        batch::{BatchForm, Deed},
        report::ReportView,
    },
    msg::Effect,
    player, scrub,
    sheet::{Sheet, Wish},
    ui::Ui,
    watches,
};

/// Carries out a line.
///
/// # Errors
/// Why not, as a sentence; nothing was done then.
pub fn carry_out(line: Line, ui: &mut Ui, timeline: &mut Timeline, effects: &mut Vec<Effect>) -> Result<(), String> {
    match line {
        Line::Nothing => Ok(()),
        Line::Do(command) => act(command, ui, timeline, effects),
        Line::Look(look) => show(look, ui, timeline, effects),
        Line::Expect(expr) => {
            let said = evaluated(&expr, timeline.run())?;
            ui.notices.push(format!("{said}; in a script, expect would fail there unless it holds"), ui.now);
            Ok(())
        }
        Line::Wait(expr) => {
            let said = evaluated(&expr, timeline.run())?;
            ui.notices.push(format!("{said}; wait is for scripts, a breakpoint stops for you"), ui.now);
            Ok(())
        }
    }
}

/// Whether an expression holds, as a sentence.
fn evaluated(expr: &str, run: &Run) -> Result<String, String> {
    let parsed = Expr::parse(expr, Vocabulary::Watch).map_err(|why| why.in_line())?;
    let holds = if parsed.holds(&Watch::from(run)) { "holds" } else { "does not hold" };
    Ok(format!("{expr} {holds}"))
}

/// Why a command cannot be given here and now.
#[must_use]
pub fn why_not(command: &Command, ui: &Ui, timeline: &Timeline) -> Option<String> {
    let run = timeline.head();
    match command {
        Command::Stop | Command::Pause => None,
        _ if run.outcome.is_some() => {
            let why = human::after_the_end(run, command).err()?;
            Some(format!("{why}; `recall` and `again` open it once more, `fork` makes one that goes on from it"))
        }
        _ if ui.attachment == Attachment::Saved && !matches!(command, Command::Resume) => {
            Some("nobody works on this run: continue it first".to_owned())
        }
        Command::Resume if ui.attachment.is_live() && run.pace == Pace::Running => {
            Some("the team is running".to_owned())
        }
        Command::Resume => None,
        _ if !timeline.is_live() => {
            let seq = timeline.run().head;
            Some(format!("this is the past, event {seq}: `live` goes back to now, `fork` goes on from here"))
        }
        _ => None,
    }
}

fn act(command: Command, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Result<(), String> {
    if let Some(why) = why_not(&command, ui, timeline) {
        return Err(why);
    }
    match command {
        Command::Stop => stop(ui, timeline.head(), effects),
        Command::Decide { .. } | Command::DecideOldest { .. } => {
            let form = Modal::decide(command, ui, timeline.run())?;
            ui.modals.push(form);
        }
        Command::StopAgent { agent } => ui.modals.push(Modal::confirm(
            format!("Stop {agent} for good?"),
            "stop it",
            vec!["what it has claimed goes back to the queue".to_owned()],
            Effect::Send(command),
            ui.now,
        )),
        command => effects.push(Effect::Send(command)),
    }
    Ok(())
}

/// Asks what becomes of a running team; leaves when there is none.
pub fn stop(ui: &mut Ui, run: &Run, effects: &mut Vec<Effect>) {
    match ui.attachment {
        Attachment::Live if run.outcome.is_none() => ui.modals.push(Modal::quit()),
        _ => effects.push(Effect::Leave(Left::Quit)),
    }
}

fn show(look: Look, ui: &mut Ui, timeline: &mut Timeline, effects: &mut Vec<Effect>) -> Result<(), String> {
    match look {
        Look::Watch(expr) => watches::add(ui, timeline, &expr),
        Look::Unwatch(expr) => watches::remove(ui, &expr),
        Look::Goto(moment) => {
            let seq = travel::find(timeline, &moment).map_err(|refusal| refusal.0)?;
            scrub::show(ui, timeline, seq);
            Ok(())
        }
        Look::Back(back) => {
            let seq = travel::back(timeline, back).map_err(|refusal| refusal.0)?;
            scrub::go(ui, timeline, seq);
            Ok(())
        }
        Look::Live => {
            scrub::live(ui, timeline);
            Ok(())
        }
        Look::Play(speed) => player::play(ui, timeline, speed),
        Look::Compare(_) | Look::Family | Look::WhatIf(_) => {
            ui.modals.push(Modal::Report(ReportView::awaited(title(&look))));
            effects.push(Effect::Look(look));
            Ok(())
        }
        Look::Fork(at) => {
            let title = at.map_or_else(|| "Fork this run?".to_owned(), |at| format!("Fork this run at event {at}?"));
            leave(title, "fork it", Left::Fork(at), ui, timeline.head(), effects);
            Ok(())
        }
        Look::Open(run) => {
            leave(format!("Open {run}?"), "open it", Left::Open(run), ui, timeline.head(), effects);
            Ok(())
        }
        Look::List(Listing::Breakpoints) => {
            ui.modals.push(Modal::breakpoints());
            Ok(())
        }
        Look::Editor => edit(ui, timeline, effects),
        Look::Always(id) => {
            let run = timeline.run();
            let decision = id.map_or_else(|| run.inbox().next(), |id| run.decisions.get(&id));
            let rule = proposed(decision)?;
            report(&look, ui, timeline, effects)?;
            ui.modals.push(Modal::prompt(&format!("rule {rule}")));
            Ok(())
        }
        look => report(&look, ui, timeline, effects),
    }
}

fn proposed(decision: Option<&Decision>) -> Result<String, String> {
    let rule = proposed_rule(decision.ok_or("no such decision is open")?);
    match rule.strip_prefix('#') {
        Some(remark) => Err(remark.trim().to_owned()),
        None => Ok(rule),
    }
}

/// Shows what can be made of the run.
fn report(look: &Look, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Result<(), String> {
    let Some(view) = ReportView::made(look, ui, timeline, effects)? else {
        return Err("that cannot be looked at here".to_owned());
    };
    // One value needs no view of its own.
    if let (Look::Print(_), [row]) = (look, view.report().rows.as_slice()) {
        ui.notices.push(format!("{} {}", row.head, row.text).trim(), ui.now);
        return Ok(());
    }
    ui.modals.push(Modal::Report(view));
    Ok(())
}

/// Leaves for another run; asks first where a team works.
fn leave(title: String, does: &'static str, left: Left, ui: &mut Ui, run: &Run, effects: &mut Vec<Effect>) {
    let works = ui.attachment == Attachment::Live && run.outcome.is_none();
    if !works {
        effects.push(Effect::Leave(left));
        return;
    }
    let what = vec!["this run is stopped and saved; it can be resumed".to_owned()];
    ui.modals.push(Modal::confirm(title, does, what, Effect::Leave(left), ui.now));
}

/// What each awaited report is called until it is there.
fn title(look: &Look) -> &'static str {
    match look {
        Look::Compare(_) => "Where another run went otherwise",
        Look::Family => "Runs that share a past with this one",
        _ => "What if",
    }
}

/// Hands all open decisions to the person's editor, or what they wrote there before and that was not carried out.
fn edit(ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Result<(), String> {
    let choice = crate::run::Choice::Approve;
    if let Some(why) = why_not(&Command::DecideOldest { choice }, ui, timeline) {
        return Err(why);
    }
    let run = timeline.head();
    ui.sheet = ui.sheet.take().filter(|sheet| sheet.is_about(run)).or_else(|| Sheet::of(run));
    let sheet = ui.sheet.as_ref().ok_or("no decision is open that a text can decide")?;
    effects.push(Effect::Edit(sheet.text.clone()));
    Ok(())
}

/// What came back from the editor is shown before any of it is done. What cannot be read is kept.
pub fn edited(text: Result<String, String>, ui: &mut Ui, run: &Run) {
    let Some(sheet) = &mut ui.sheet else { return };
    let wish = text.and_then(|text| {
        sheet.text = text;
        sheet.read().map_err(|why| format!("{why}; your text is kept, E opens it again"))
    });
    let form = match wish {
        Ok(Wish::Nothing) => {
            ui.sheet = None;
            ui.notices.push("nothing was changed: nothing is done", ui.now);
            return;
        }
        Ok(Wish::Deeds(deeds)) => {
            let is_open = |deed: &Deed| !matches!(deed, Deed::Decide(id, _) if !run.decisions.contains_key(id));
            let open: Vec<Deed> = deeds.into_iter().filter(is_open).collect();
            BatchForm::new(open, run, ui.now)
        }
        Err(why) => Err(why),
    };
    match form {
        Ok(form) => ui.modals.push(Modal::Batch(form)),
        Err(why) => ui.notices.push(why, ui.now),
    }
}

/// What came from whoever has other runs at hand. It fills the view that waits for it; a form or a card that is open
/// keeps the keys.
pub fn receive(report: Report, ui: &mut Ui) {
    let awaits = |modal: &&mut Modal| matches!(modal, Modal::Report(view) if view.is_awaited());
    if let Some(Modal::Report(view)) = ui.modals.iter_mut().rev().find(awaits) {
        view.fill(report);
        return;
    }
    if !ui.modals.is_empty() {
        ui.notices.push(format!("{}: below what is open", report.title), ui.now);
    }
    ui.modals.insert(0, Modal::Report(ReportView::given(report)));
}
