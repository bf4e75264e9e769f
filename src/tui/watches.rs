//! Watched expressions: their value at the moment that is looked at, and how it came about over the log.
//!
//! A history is sampled: one fold of the log when the watch is added, then every so many events as they come. It never
//! holds more than [`POINTS`].

use crate::{
    plain::plain_line,
    run::{
        Run, Seq, Timeline,
        lang::{Expr, Value, Vocabulary, Watch as Values},
    },
};

use super::ui::Ui;

/// Points of a history at most.
const POINTS: usize = 200;
/// Points of what looks at every entry: so many entries are looked at for a whole history, at most.
const LOOKED_AT: usize = 1_000_000;
/// Watches at most.
const MOST: usize = 24;

/// Numbers at some events of the log; `None` where the value is undefined or no number.
#[derive(Debug)]
struct History {
    points: Vec<(Seq, Option<f64>)>,
    /// Events from one point to the next: a power of two.
    stride: u64,
}

#[derive(Debug)]
pub struct Watch {
    pub text: String,
    expr: Expr,
    history: History,
    /// The moment that `value` is for, once it was looked at.
    at: Option<Seq>,
    value: Option<Value>,
}

#[derive(Debug, Default)]
pub struct Watches {
    all: Vec<Watch>,
}

/// Watches an expression from now on.
///
/// # Errors
/// When it is none, with the column; when it is watched already, or too many are.
pub fn add(ui: &mut Ui, timeline: &Timeline, expr: &str) -> Result<(), String> {
    let text = expr.trim().to_owned();
    let expr = Expr::parse(&text, Vocabulary::Watch).map_err(|complaint| complaint.in_line())?;
    if ui.watches.all.iter().any(|watch| watch.text == text) {
        return Err(format!("{text} is watched already"));
    }
    if ui.watches.all.len() >= MOST {
        return Err(format!("{MOST} expressions are watched, and more cannot be: unwatch one first"));
    }
    let history = History::over(timeline, &expr);
    ui.watches.all.push(Watch { text, expr, history, at: None, value: None });
    Ok(())
}

/// Watches it no longer.
///
/// # Errors
/// When it is not watched; says what is.
pub fn remove(ui: &mut Ui, expr: &str) -> Result<(), String> {
    let text = expr.trim();
    let at = ui.watches.all.iter().position(|watch| watch.text == text);
    let exprs = ui.watches.exprs();
    match (at, exprs.as_slice()) {
        (Some(at), _) => drop(ui.watches.all.remove(at)),
        (None, []) => return Err("nothing is watched".to_owned()),
        (None, exprs) => return Err(format!("{text} is not watched; {} is", exprs.join(", "))),
    }
    Ok(())
}

impl Watches {
    /// What is watched, in the order in which it was added.
    #[must_use]
    pub fn exprs(&self) -> Vec<String> {
        self.all.iter().map(|watch| watch.text.clone()).collect()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn all(&self) -> impl Iterator<Item = &Watch> {
        self.all.iter()
    }

    /// The log has grown by one event, and the run with it.
    pub fn see(&mut self, head: &Run) {
        for watch in &mut self.all {
            watch.history.see(head, &watch.expr);
        }
    }

    /// Brings the values in line with the moment that is looked at.
    pub fn settle(&mut self, run: &Run) {
        for watch in self.all.iter_mut().filter(|watch| watch.at != Some(run.head)) {
            watch.at = Some(run.head);
            watch.value = watch.expr.value(&Values::from(run));
        }
    }
}

impl Watch {
    /// The value in words; undefined is `–`.
    #[must_use]
    pub fn value(&self) -> String {
        self.value.as_ref().map_or_else(|| "–".to_owned(), |value| plain_line(&value.to_string()).into_owned())
    }

    /// Its number over the log up to event `upto`, in so many cells that stand for a log of `head` events; the cells
    /// after it are left out. `None` when it is no number at all.
    #[must_use]
    pub fn curve(&self, upto: Seq, head: Seq, cells: usize) -> Option<Vec<Option<f64>>> {
        let now = self.value.as_ref().map(Value::number);
        if now == Some(None) {
            return None;
        }
        let last = super::marks::cell_of(upto, head, cells);
        let mut curve = vec![None; (last + 1).min(cells)];
        let points = self.history.points.iter().filter(|(seq, _)| *seq <= upto);
        let mut from = 0;
        for (seq, number) in points.copied().chain([(upto, now.flatten())]) {
            let at = super::marks::cell_of(seq, head, cells);
            // A point holds until the next one.
            let held = curve.get(from).copied().flatten();
            curve.iter_mut().take(at).skip(from).for_each(|cell| *cell = held);
            if let Some(cell) = curve.get_mut(at) {
                *cell = number;
            }
            from = at;
        }
        Some(curve)
    }
}

impl History {
    fn over(timeline: &Timeline, expr: &Expr) -> Self {
        let points = match looks_at_entries(expr) {
            true => (LOOKED_AT / timeline.head().context.len().max(1)).clamp(POINTS / 10, POINTS),
            false => POINTS,
        };
        let last = timeline.head().head.0;
        let stride = (last / points as u64 + 1).next_power_of_two();
        let (mut history, mut run) = (History { points: vec![], stride }, Run::default());
        for seq in (1..=last).step_by(stride as usize) {
            run = timeline.forward(run, Seq(seq));
            history.see(&run, expr);
        }
        history
    }

    fn see(&mut self, run: &Run, expr: &Expr) {
        let is_due = |seq: Seq, stride: u64| seq.0 % stride == 1 % stride;
        // What a saved run's log hands over later was looked at when the watch was added.
        let is_known = self.points.last().is_some_and(|(seq, _)| *seq >= run.head);
        if is_known || !is_due(run.head, self.stride) {
            return;
        }
        if self.points.len() == POINTS {
            self.stride *= 2;
            let stride = self.stride;
            self.points.retain(|(seq, _)| is_due(*seq, stride));
        }
        if is_due(run.head, self.stride) {
            self.points.push((run.head, expr.value(&Values::from(run)).as_ref().and_then(Value::number)));
        }
    }
}

/// Whether a value costs as much as there are entries.
fn looks_at_entries(expr: &Expr) -> bool {
    let looks = |name: &str, fields: usize| name == "text" || (name == "entries" && fields > 0);
    expr.names().iter().any(|name| name.path.first().is_some_and(|first| looks(first, name.path.len() - 1)))
}
