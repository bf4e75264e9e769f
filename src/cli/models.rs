//! `delm models`: which providers there are, where their keys were found, who answers, and whether a model works.

use std::collections::BTreeSet;

use anyhow::{anyhow, bail};
use clap::Args;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    app::{
        Catalogue, Exit, Key, KeySource, Probe,
        check::{self, Report},
        print::{out, out_json},
        runtime,
    },
    config::{self, Resolved, Settings, Where},
    llm::{listing::Reach, provider::Provider},
    plain::plain_line,
};

use super::flags::Shared;

#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Only these providers, with all their models; naming one allows its key to be used to ask for them
    #[arg(value_name = "PROVIDER")]
    providers: Vec<String>,
    /// Ask this model one small question, and say how it answers; costs what a few hundred tokens cost
    #[arg(long, value_name = "SPEC", value_parser = config::model, conflicts_with = "providers")]
    check: Option<String>,
    /// A provider a line, as JSON
    #[arg(long)]
    json: bool,
}

pub fn models(args: &ModelsArgs, shared: Shared) -> anyhow::Result<Exit> {
    let resolved = shared.resolve(Settings::default(), Where::Headless)?;
    let catalogue = Catalogue::of(&resolved)?;
    let runtime = runtime::of_one_thread()?;
    match &args.check {
        Some(spec) => {
            let report = runtime.block_on(check::check(spec, &resolved.options, &catalogue))?;
            if args.json { out_json(&check_json(&report))? } else { check_text(&report)? }
        }
        None => {
            let rows = runtime.block_on(rows(args, &resolved, &catalogue))?;
            for row in &rows {
                if args.json { out_json(&row_json(row))? } else { row_text(row, !args.providers.is_empty())? }
            }
        }
    }
    Ok(Exit::Answered)
}

struct Row<'a> {
    provider: &'a Provider,
    source: Option<KeySource>,
    /// Why its key could not be had.
    no_key: Option<String>,
    reach: Reach,
}

async fn rows<'a>(args: &ModelsArgs, resolved: &Resolved, catalogue: &'a Catalogue) -> anyhow::Result<Vec<Row<'a>>> {
    for name in &args.providers {
        // The error names the nearest.
        catalogue.providers.spec(&format!("{name}:m")).map_err(|why| anyhow!("{why}"))?;
        if catalogue.providers.named(name).is_none() {
            bail!("{name:?} is not a provider");
        }
    }
    let chosen = chosen(args, resolved);
    let wanted = |provider: &&Provider| args.providers.is_empty() || args.providers.contains(&provider.name);
    // Fetching a key may take as long as somebody types; nobody's answer waits for it meanwhile.
    let fetched = catalogue.providers.iter().filter(wanted).map(|provider| {
        let source = KeySource::of(provider);
        let used = source.clone().filter(|_| chosen.contains(&provider.name));
        let (key, no_key) = match used.map(KeySource::fetch).transpose() {
            Ok(key) => (key, None),
            Err(why) => (None, Some(why.to_string())),
        };
        (provider, source, key, no_key)
    });
    let fetched: Vec<_> = fetched.collect();
    let probe = Probe::new()?;
    let asked = fetched.into_iter().map(async |(provider, source, key, no_key): (_, _, Option<Key>, _)| {
        let reach = probe.reach(provider, key.as_ref()).await;
        Row { provider, source, no_key, reach }
    });
    Ok(join_all(asked).await)
}

/// Providers whose keys may be used: those of the models that the configuration names, and those named here.
fn chosen(args: &ModelsArgs, resolved: &Resolved) -> BTreeSet<String> {
    let specs = std::iter::once(&resolved.options.model).chain(resolved.options.roles.values());
    let configured = specs.filter_map(|spec| spec.split_once(':')).map(|(provider, _)| provider.to_owned());
    configured.chain(args.providers.iter().cloned()).collect()
}

fn row_text(row: &Row, whole: bool) -> anyhow::Result<()> {
    let Row { provider, source, no_key, reach } = row;
    let key = match (source, no_key) {
        (_, Some(why)) => why.clone(),
        (Some(source), None) => source.to_string(),
        (None, None) if provider.local => "none needed".to_owned(),
        (None, None) => format!("none in {}", provider.keys.join(", ")),
    };
    let models = match reach {
        Reach::Models(models) if models.is_empty() => "answers, has no model".to_owned(),
        Reach::Models(models) if whole => format!("answers, {}", count(models.len())),
        Reach::Models(models) => {
            let first = models.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
            let more = if models.len() > SHOWN { ", …" } else { "" };
            format!("answers, {}: {first}{more}", count(models.len()))
        }
        Reach::WantsKey if source.is_some() => format!("answers; `delm models {}` asks with the key", provider.name),
        Reach::WantsKey => "answers, wants a key".to_owned(),
        Reach::Answers(status) => format!("answers, but lists no models ({})", status.as_u16()),
        Reach::Unreached(why) => why.clone(),
    };
    let line = format!("{:<17} {:<28} {}  {models}", provider.name, key, provider.base_url);
    out(&plain_line(&line))?;
    if let (Reach::Models(models), true) = (reach, whole) {
        for model in models {
            out(&plain_line(&format!("  {}:{model}", provider.name)))?;
        }
    }
    Ok(())
}

/// Models in a provider's line.
const SHOWN: usize = 3;

fn count(models: usize) -> String {
    if models == 1 { "1 model".to_owned() } else { format!("{models} models") }
}

fn row_json(row: &Row) -> Value {
    let Row { provider, source, no_key, reach } = row;
    let (state, models, why) = match reach {
        Reach::Models(models) => ("answers", Some(models), None),
        Reach::WantsKey => ("wants_key", None, None),
        Reach::Answers(status) => ("answers", None, Some(format!("status {}", status.as_u16()))),
        Reach::Unreached(why) => ("unreached", None, Some(why.clone())),
    };
    json!({
        "provider": provider.name,
        "base_url": provider.base_url,
        "wire": provider.wire.name(),
        "local": provider.local,
        "key": source.as_ref().map(ToString::to_string),
        "key_error": no_key,
        "server": state,
        "why": why,
        "models": models,
    })
}

fn check_text(report: &Report) -> anyhow::Result<()> {
    let Report { name, elapsed_ms, first_ms, pieces, thoughts, tokens, price, usd, .. } = report;
    let seconds = |ms: u64| format!("{}.{:03} s", ms / 1000, ms % 1000);
    let line = |what: &str, said: String| out(&plain_line(&format!("{what:<10} {said}")));
    line("model", name.clone())?;
    let first = first_ms.map_or_else(String::new, |ms| format!(", first token after {}", seconds(ms)));
    line("answers", format!("in {}{first}", seconds(*elapsed_ms)))?;
    line("streams", if *pieces > 1 { format!("yes, {pieces} pieces") } else { "no, in one piece".to_owned() })?;
    line("reasoning", if *thoughts > 0 { "shown".to_owned() } else { "not shown".to_owned() })?;
    line(
        "usage",
        tokens.map_or_else(
            || "not counted; the program estimates it".to_owned(),
            |tokens| format!("counted: {} tokens in, {} out", tokens.input, tokens.output),
        ),
    )?;
    match (price, usd) {
        (Some(price), Some(usd)) => line(
            "price",
            format!("${} in, ${} out for a million tokens; this cost ${usd:.6}", price.input, price.output),
        ),
        (Some(price), None) => {
            line("price", format!("${} in, ${} out for a million tokens", price.input, price.output))
        }
        (None, _) => line("price", format!("not known; [prices.{name:?}] says it")),
    }
}

fn check_json(report: &Report) -> Value {
    let Report { name, elapsed_ms, first_ms, pieces, thoughts, tokens, price, usd, text } = report;
    json!({
        "model": name,
        "elapsed_ms": elapsed_ms,
        "first_ms": first_ms,
        "streams": *pieces > 1,
        "pieces": pieces,
        "reasoning": *thoughts > 0,
        "usage": tokens,
        "price": price,
        "usd": usd,
        "text": text,
    })
}
