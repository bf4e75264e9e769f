//! `delm run --dry-run`: the units, the first calls and what they may cost. Nothing is sent and no run is begun.

use serde_json::{Value, json};

use crate::{
    app::{
        Exit, Forecast, Mind,
        print::{out, out_json},
    },
    plain::plain_line,
    run::{Cost, Fact, Limits, estimate_tokens},
    store::Body,
};

use super::cost;

/// What nobody can say before.
const UNKNOWN: [&str; 3] = [
    "how many tasks the plan has, and how many follow it: the first wave takes one for each agent at most",
    "how much an agent unfolds: the most counts the longest units, one for each unfolding that the method allows",
    "calls that are repeated because a server fails, the plan's later rounds and the final answer: they are left out",
];

const CUTS: &str = "where a model cuts the long documents: the units stand for even parts";

pub fn dry_run(mind: &Mind, facts: &[Fact], bodies: &[Body], limits: &Limits, json: bool) -> anyhow::Result<Exit> {
    let forecast = Forecast::of(mind, facts, bodies)?;
    match json {
        true => out_json(&as_json(&forecast, limits))?,
        false => lines(&forecast, limits).iter().try_for_each(|line| out(line))?,
    }
    Ok(Exit::Answered)
}

fn unknown(forecast: &Forecast) -> Vec<&'static str> {
    if forecast.lines.is_empty() {
        return vec![];
    }
    UNKNOWN.into_iter().chain(forecast.cuts.then_some(CUTS)).collect()
}

fn lines(forecast: &Forecast, limits: &Limits) -> Vec<String> {
    let mut lines = vec!["Nothing is sent, and no run is begun.".to_owned(), "\nUnits".to_owned()];
    for (unit, characters) in forecast.units.iter().zip(&forecast.characters) {
        let tokens = format!("~{}", estimate_tokens(*characters));
        let label = unit.label.to_string();
        lines.push(format!("  {label:<8} {characters:>8} characters  {tokens:>7} tokens  {}", plain_line(&unit.title)));
    }
    if forecast.lines.is_empty() {
        lines.push("\nNo model is called, so it costs nothing.".to_owned());
        return lines;
    }
    let tasks = if forecast.tasks == 1 { "1 task".to_owned() } else { format!("1 to {} tasks", forecast.tasks) };
    lines.push(format!("\nCalls of the preparation and of the first wave, {tasks}: at least and at most"));
    for line in &forecast.lines {
        let name = format!("{} {}", line.kind.letter(), line.kind);
        lines.push(format!("  {name:<15} {}  {}", range(line.least, line.most), plain_line(&line.model)));
    }
    let [least, most] = forecast.total();
    lines.push(format!("  {:<15} {}", "in all", range(least, most)));
    for (scope, cap) in [("the run", limits.run), ("each agent", limits.agent), ("each task", limits.task)] {
        if !cap.is_none() {
            lines.push(format!("  cap of {scope}: {cap}"));
        }
    }
    lines.push("\nCannot be known before".to_owned());
    lines.extend(unknown(forecast).into_iter().map(|what| format!("  {what}")));
    lines
}

fn range(least: Cost, most: Cost) -> String {
    let calls = format!("{}–{} calls", least.calls, most.calls);
    let tokens = format!("~{}–{} tokens", least.usage.tokens(), most.usage.tokens());
    let price = match (least.usage.usd, most.usage.usd) {
        (Some(least), Some(most)) => format!("${least:.4}–${most:.4}"),
        _ => "price unknown".to_owned(),
    };
    format!("{calls:>14}  {tokens:>26}  {price}")
}

fn as_json(forecast: &Forecast, limits: &Limits) -> Value {
    let unit = |(unit, characters): (&crate::run::Unit, &usize)| {
        json!({
            "label": unit.label,
            "title": unit.title,
            "characters": characters,
            "estimated_tokens": estimate_tokens(*characters),
        })
    };
    let call = |line: &crate::app::ForecastLine| {
        json!({
            "letter": line.kind.letter(),
            "kind": line.kind,
            "model": line.model,
            "least": cost::cost(&line.least),
            "most": cost::cost(&line.most),
        })
    };
    let [least, most] = forecast.total();
    json!({
        "type": "dry_run",
        "units": forecast.units.iter().zip(&forecast.characters).map(unit).collect::<Value>(),
        "tasks": { "least": 1, "most": forecast.tasks },
        "calls": forecast.lines.iter().map(call).collect::<Value>(),
        "total": { "least": cost::cost(&least), "most": cost::cost(&most) },
        "caps": limits,
        "unknown": unknown(forecast),
    })
}
