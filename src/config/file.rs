//! The settings of one TOML text. Whatever is wrong is told with its line, and with the name that was probably meant.

use serde_json::{Map, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::run::Method;

use super::{
    Origin, Settings,
    page::{Entry, Mistake, Page, bad_value, in_order, plain, table},
    section,
    value::{Form, KEYS, Key, nearest},
};

const METHOD: &str = "method";
const TABLES: [&str; 5] = [METHOD, BUDGET, "roles", "providers", "prices"];
const BUDGET: &str = "budget";

/// What is wrong, and in which line, from 1.
pub(super) struct Wrong {
    pub line: usize,
    pub reason: String,
}

/// `file` is what places are called by.
pub(super) fn parse(file: &str, text: &str) -> Result<Settings, Wrong> {
    let line = |at: usize| 1 + text[..at].matches('\n').count();
    let wrong = |(at, reason): Mistake| Wrong { line: line(at.start), reason };
    let table = DeTable::parse(text).map_err(|error| {
        let reason = error.message().lines().collect::<Vec<_>>().join("; ");
        wrong((error.span().unwrap_or_default(), reason))
    })?;
    let mut settings = Settings::default();
    let mut page = Page { text, places: vec![] };
    for entry in in_order(table.get_ref()) {
        read(&mut page, &entry, &mut settings).map_err(wrong)?;
    }
    for (name, at) in page.places {
        settings.origins.set(name, Origin::File { file: file.to_owned(), line: line(at.start) });
    }
    Ok(settings)
}

fn read(page: &mut Page<'_>, entry: &Entry<'_, '_>, settings: &mut Settings) -> Result<(), Mistake> {
    match entry.name {
        METHOD => settings.method = Some(method(page.text, entry.value)?),
        BUDGET => {
            for inner in in_order(table(page, BUDGET, entry.value)?) {
                let known = KEYS.iter().find(|key| key.table == Some(BUDGET) && key.name == inner.name);
                let names = KEYS.iter().filter(|key| key.table == Some(BUDGET)).map(|key| key.name);
                let known = known.ok_or_else(|| page.unknown(&inner, "[budget]", names))?;
                set(page, known, &inner, settings)?;
            }
        }
        "roles" => settings.roles = section::roles(page, entry.value)?,
        "providers" => settings.providers = section::providers(page, entry.value)?,
        "prices" => settings.prices = section::prices(page, entry.value)?,
        name => {
            let known = KEYS.iter().find(|known| known.table.is_none() && known.name == name);
            set(page, known.ok_or_else(|| (entry.key.clone(), unknown_key(name)))?, entry, settings)?;
        }
    }
    Ok(())
}

fn set(page: &mut Page<'_>, key: &Key, entry: &Entry<'_, '_>, settings: &mut Settings) -> Result<(), Mistake> {
    let fits = match entry.value.get_ref() {
        DeValue::Integer(_) => matches!(key.form, Form::Number | Form::Amount | Form::Count),
        DeValue::Float(_) => key.form == Form::Amount,
        _ => matches!(key.form, Form::Text | Form::Count),
    };
    // A text where a number belongs, or a table where a text does, is as wrong as any other value, and a rule that no
    // text meets says best what must stand there.
    let set = match plain(entry.value).filter(|_| fits) {
        Some(plain) => (key.set)(settings, &plain),
        None => Err((key.set)(&mut Settings::default(), "").expect_err("no setting may be empty")),
    };
    set.map_err(|reason| (entry.value.span(), bad_value(&key.dotted(), page.text, entry.value, &reason)))?;
    page.places.push((key.dotted(), entry.key.clone()));
    Ok(())
}

/// The constants of the method; what the file leaves out is the default.
fn method(text: &str, table: &Spanned<DeValue<'_>>) -> Result<Method, Mistake> {
    let DeValue::Table(table) = table.get_ref() else {
        return Err((table.span(), bad_value(METHOD, text, table, "must be a table: [method]")));
    };
    let mut all = defaults();
    for Entry { name, key, value } in in_order(table) {
        let Some(slot) = all.get_mut(name) else {
            return Err((key, unknown_method_key(name, &defaults())));
        };
        let least = least(name);
        let number = plain(value)
            .filter(|_| matches!(value.get_ref(), DeValue::Integer(_)))
            .and_then(|text| text.parse::<u32>().ok())
            .filter(|number| *number >= least);
        *slot = number.map(Value::from).ok_or_else(|| {
            let reason = format!("must be a whole number, {least}–{}", u32::MAX);
            (value.span(), bad_value(&format!("{METHOD}.{name}"), text, value, &reason))
        })?;
    }
    Ok(serde_json::from_value(Value::Object(all)).expect("known names with numbers that fit"))
}

/// The method's names and values, as its own serialisation has them: a new constant needs a line here only when its default is not written.
fn defaults() -> Map<String, Value> {
    match serde_json::to_value(Method::default()) {
        Ok(Value::Object(mut map)) => {
            map.entry("claim_seconds").or_insert_with(|| Method::default().claim_seconds.into());
            map
        }
        other => unreachable!("a method is a table of numbers, not {other:?}"),
    }
}

/// Rounds and tries may be none; what is a size, or what a run cannot be without, may not.
fn least(name: &str) -> u32 {
    match name {
        "unit_min_chars" | "gap_rounds" | "unfold_rounds" | "regenerations" | "requeues" | "coarse_unfold"
        | "claim_seconds" => 0,
        _ => 1,
    }
}

fn unknown_key(name: &str) -> String {
    if defaults().contains_key(name) {
        return format!("unknown key {name:?}; it belongs under [{METHOD}]");
    }
    let names = || KEYS.iter().filter(|key| key.table.is_none()).map(|key| key.name).chain(TABLES);
    match nearest(name, names()) {
        meant if meant.is_empty() => {
            format!("unknown key {name:?}; the keys are {}", names().collect::<Vec<_>>().join(", "))
        }
        meant => format!("unknown key {name:?}{meant}"),
    }
}

fn unknown_method_key(name: &str, all: &Map<String, Value>) -> String {
    if KEYS.iter().any(|key| key.table.is_none() && key.name == name) {
        return format!("unknown key {name:?} in [{METHOD}]; it belongs above, before any [table]");
    }
    let names = || all.keys().map(String::as_str);
    match nearest(name, names()) {
        meant if meant.is_empty() => {
            format!("unknown key {name:?} in [{METHOD}]; its keys are {}", names().collect::<Vec<_>>().join(", "))
        }
        meant => format!("unknown key {name:?} in [{METHOD}]{meant}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::GateLevel;

    fn settings(text: &str) -> Settings {
        parse("c.toml", text).map_err(|wrong| format!("{}: {}", wrong.line, wrong.reason)).unwrap()
    }

    fn said(text: &str) -> String {
        let wrong = parse("c.toml", text).expect_err("it is wrong");
        format!("{}: {}", wrong.line, wrong.reason)
    }

    #[test]
    fn every_key_is_read() {
        let text = "agents = 8\nmodel = 'ollama:qwen3:8b'\nbase_url = \"http://localhost:11434/v1\"\ngate = 'all'\n\
                    seed = 7\npace = 1_000\ntheme = 'paper'\nrun_dir = '/tmp/runs'\n[method]\nregenerations = 0\n";
        let settings = settings(text);
        assert_eq!((settings.agents, settings.seed, settings.pace), (Some(8), Some(7), Some(1000)));
        assert_eq!((settings.model.as_deref(), settings.gate), (Some("ollama:qwen3:8b"), Some(GateLevel::All)));
        assert_eq!(settings.method, Some(Method { regenerations: 0, ..Method::default() }));
        assert!(settings.base_url.is_some() && settings.theme.is_some() && settings.run_dir.is_some());
        assert_eq!(super::parse("c.toml", "").ok(), Some(Settings::default()));
    }

    #[test]
    fn every_constant_of_the_method_can_be_set() {
        let text: String = defaults().keys().map(|name| format!("method.{name} = 77\n")).collect();
        let set = serde_json::to_value(settings(&text).method.unwrap()).unwrap();
        assert!(set.as_object().unwrap().values().all(|value| *value == 77));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        assert_eq!(said("\n\nagnets = 4"), "3: unknown key \"agnets\"; did you mean \"agents\"?");
        assert_eq!(said("Seed = 4"), "1: unknown key \"Seed\"; did you mean \"seed\"?");
        assert_eq!(said("[methd]\ngist_words = 4"), "1: unknown key \"methd\"; did you mean \"method\"?");
        assert_eq!(
            said("[method]\ngist_word = 4"),
            "2: unknown key \"gist_word\" in [method]; did you mean \"gist_words\"?"
        );
        assert_eq!(said("gist_words = 4"), "1: unknown key \"gist_words\"; it belongs under [method]");
        assert_eq!(
            said("[method]\nagents = 4"),
            "2: unknown key \"agents\" in [method]; it belongs above, before any [table]"
        );
        assert_eq!(
            said("colour = 1"),
            "1: unknown key \"colour\"; the keys are agents, model, base_url, gate, seed, pace, theme, run_dir, method, \
             budget, roles, providers, prices"
        );
    }

    #[test]
    fn a_bad_value_says_what_it_must_be() {
        assert_eq!(said("# é\nseed = 1\n\nagents = 0"), "4: agents = 0: must be 1–64");
        assert_eq!(said("agents = \"4\""), "1: agents = \"4\": must be 1–64");
        assert_eq!(said("agents = [\n4]"), "1: agents = [: must be 1–64");
        assert_eq!(said("seed = -1"), "1: seed = -1: must be a whole number, 0–18446744073709551615");
        assert_eq!(said("pace = 1.5"), "1: pace = 1.5: must be milliseconds, 0–60000");
        assert_eq!(said("model = 'gpt'"), "1: model = 'gpt': must be \"extractive\" or \"provider:model\"");
        assert_eq!(
            said("model = 'extractve'"),
            "1: model = 'extractve': must be \"extractive\" or \"provider:model\"; did you mean \"extractive\"?"
        );
        assert_eq!(
            said("gate = \"doubt\""),
            "1: gate = \"doubt\": must be one of auto, doubts, writes, claims, all; did you mean \"doubts\"?"
        );
        assert_eq!(said("gate = true"), "1: gate = true: must be one of auto, doubts, writes, claims, all");
        assert_eq!(
            said("base_url = 'localhost'"),
            "1: base_url = 'localhost': must begin with http:// or https:// and a host"
        );
        assert_eq!(said("theme = 3"), "1: theme = 3: must name a theme");
        assert_eq!(said("run_dir = ''"), "1: run_dir = '': must name a folder");
        assert_eq!(said("method = 3"), "1: method = 3: must be a table: [method]");
        assert_eq!(said("[method]\ngist_words = 0"), "2: method.gist_words = 0: must be a whole number, 1–4294967295");
    }

    #[test]
    fn a_model_may_be_an_address() {
        let model = "http://127.0.0.1:8080/v1#qwen3:8b";
        assert_eq!(settings(&format!("model = '{model}'")).model.as_deref(), Some(model));
        let bare = said("model = 'http://host/v1'");
        assert!(bare.ends_with("must name the model behind the address: \"http://host/v1#model\""), "{bare}");
        assert!(said("model = 'https://#m'").ends_with("and a host"));
        assert!(said("model = 'https://me:secret@host/v1#m'").ends_with("must not hold a user name or password"));
    }

    #[test]
    fn a_password_in_an_address_is_refused() {
        let said = said("base_url = 'https://me:secret@host/v1'");
        assert!(said.ends_with("must not hold a user name or password"), "{said}");
        assert!(settings("base_url = 'https://host/v1?to=a@b'").base_url.is_some());
    }

    #[test]
    fn a_password_is_refused_without_being_said() {
        assert_eq!(
            said("base_url = 'https://me:secret@host/v1'"),
            "1: base_url = 'https://[hidden]@host/v1': must not hold a user name or password"
        );
    }

    #[test]
    fn a_budget_is_read() {
        let budget = settings("[budget]\nusd = 2\ntokens = '1.5M'\nagent_usd = 0.5\ntask_tokens = 40_000\n").budget;
        assert_eq!((budget.usd, budget.tokens), (Some(2.0), Some(1_500_000)));
        assert_eq!((budget.agent_usd, budget.agent_tokens), (Some(0.5), None));
        assert_eq!((budget.task_usd, budget.task_tokens), (None, Some(40_000)));
        assert_eq!(said("[budget]\nusd = -1"), "2: budget.usd = -1: must be US dollars, such as 2.50");
        assert_eq!(said("[budget]\nusd = nan"), "2: budget.usd = nan: must be US dollars, such as 2.50");
        let tokens = "must be a number of tokens, such as 40k or 1.5M";
        assert_eq!(said("[budget]\ntokens = 0.5"), format!("2: budget.tokens = 0.5: {tokens}"));
        assert_eq!(said("[budget]\ntokens = '1.0005k'"), format!("2: budget.tokens = '1.0005k': {tokens}"));
        assert_eq!(said("[budget]\ntokens = '40kk'"), format!("2: budget.tokens = '40kk': {tokens}"));
        assert_eq!(said("budget = 3"), "1: budget = 3: must be a table: [budget]");
        assert_eq!(said("[budget]\nusdd = 3"), "2: unknown key \"usdd\" in [budget]; did you mean \"usd\"?");
        assert_eq!(
            said("[budget]\nzzzzzz = 3"),
            "2: unknown key \"zzzzzz\" in [budget]; its keys are usd, tokens, agent_usd, agent_tokens, task_usd, \
             task_tokens"
        );
    }

    #[test]
    fn each_value_remembers_its_line() {
        let settings = settings("seed = 1\n\ntheme = 'x'\n[roles]\nverify = 'a:b'\n[budget]\nusd = 1\n");
        let place = |name| settings.origins.of(name).map(ToString::to_string);
        assert_eq!(place("theme").as_deref(), Some("c.toml:3"));
        assert_eq!(place("roles.verify").as_deref(), Some("c.toml:5"));
        assert_eq!(place("budget.usd").as_deref(), Some("c.toml:7"));
        assert_eq!(place("model"), None);
    }

    #[test]
    fn broken_toml_names_its_line() {
        let said = said("agents = 4\nmodel = \n");
        assert!(said.starts_with("2: "), "{said}");
        let said = super::parse("c.toml", "seed = 1\nseed = 2\n").err().unwrap();
        assert_eq!((said.line, said.reason.as_str()), (2, "duplicate key"));
    }

    #[test]
    fn the_first_mistake_of_the_file_is_told() {
        assert!(said("zeal = 1\nagents = 0").starts_with("1: unknown key"));
    }
}
