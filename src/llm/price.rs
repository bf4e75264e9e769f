//! What tokens cost: public list prices, as data with their dates (`prices.toml`).

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::Tokens;

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    /// Input that came from a cache; as other input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Input that was written to a cache; as other input when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    pub output: f64,
    /// Thought; as other output when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<f64>,
}

impl Price {
    /// Of a model on a machine of one's own.
    pub const FREE: Price = Price { input: 0.0, cached: None, cache_write: None, output: 0.0, reasoning: None };

    /// US dollars for one call.
    #[must_use]
    pub fn of(&self, tokens: Tokens) -> f64 {
        let plain = tokens.input.saturating_sub(tokens.cached + tokens.cache_write);
        let said = tokens.output.saturating_sub(tokens.reasoning);
        let sum = plain as f64 * self.input
            + tokens.cached as f64 * self.cached.unwrap_or(self.input)
            + tokens.cache_write as f64 * self.cache_write.unwrap_or(self.input)
            + said as f64 * self.output
            + tokens.reasoning as f64 * self.reasoning.unwrap_or(self.output);
        sum / 1e6
    }

    /// The most that a call of so many tokens can cost: nothing cached, everything at the dearer rate.
    #[must_use]
    pub fn worst(&self, input: u64, output: u64) -> f64 {
        let most = |one: f64, other: Option<f64>| one.max(other.unwrap_or(one));
        let sum = input as f64 * most(self.input, self.cache_write) + output as f64 * most(self.output, self.reasoning);
        sum / 1e6
    }
}

/// Prices of one provider's models, as one source had them on one day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    providers: Vec<String>,
    /// Year, month and day.
    date: String,
    models: BTreeMap<String, Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    list: Vec<List>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("prices.toml")).expect("the table that ships is read by a test"));

/// A price, and the day on which it was the list price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed {
    pub price: Price,
    pub date: &'static str,
}

/// The list price of a provider's model; `None` when it is not known. A name with a date behind it that is not listed
/// itself, such as `gpt-5.4-2026-03-05`, has the price of the name before the date.
#[must_use]
pub fn listed(provider: &str, model: &str) -> Option<Listed> {
    let exactly = |model: &str| {
        let lists = TABLE.list.iter().filter(|list| list.providers.iter().any(|name| name == provider));
        let found = |list: &'static List| Some(Listed { price: *list.models.get(model)?, date: &list.date });
        lists.into_iter().find_map(found)
    };
    names(model).find_map(exactly)
}

/// What a model's price may stand under: its name, then its name before a date.
pub fn names(model: &str) -> impl Iterator<Item = &str> {
    [Some(model), before_date(model)].into_iter().flatten()
}

/// What stands before `-YYYY-MM-DD` or `-YYYYMMDD` at the end of a name.
fn before_date(model: &str) -> Option<&str> {
    let dated = |shape: &str| {
        let (name, end) = model.split_at_checked(model.len().checked_sub(shape.len())?)?;
        let fits = |(found, wanted): (char, char)| if wanted == '0' { found.is_ascii_digit() } else { found == wanted };
        (!name.is_empty() && end.chars().zip(shape.chars()).all(fits)).then_some(name)
    };
    dated("-2000-00-00").or_else(|| dated("-20000000"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::provider::Providers;

    #[test]
    fn the_table_is_sound() {
        let providers = Providers::shipped();
        let mut all = std::collections::BTreeSet::new();
        for list in &TABLE.list {
            let digits = |part: Option<&str>| part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            let mut date = list.date.split('-');
            assert!((0..3).all(|_| digits(date.next())) && list.date.starts_with("202"), "{}", list.date);
            for (model, price) in &list.models {
                for provider in &list.providers {
                    assert!(providers.named(provider).is_some_and(|provider| !provider.local), "{provider}");
                    assert!(all.insert((provider, model)), "{provider}:{model} twice");
                }
                assert!(price.input > 0.0 && price.output >= price.input, "{model}");
                // A cache never makes reading dearer, and writing to one never cheaper.
                assert!(price.cached.is_none_or(|cached| cached < price.input), "{model}");
                assert!(price.cache_write.is_none_or(|write| write >= price.input), "{model}");
            }
        }
    }

    #[test]
    fn a_price_is_found_by_the_exact_name_or_by_the_name_before_a_date() {
        let input = |provider, model| listed(provider, model).map(|listed| listed.price.input);
        assert_eq!(input("openai", "gpt-5.4"), Some(2.5));
        assert_eq!(input("openai-responses", "gpt-5.4-2026-03-05"), Some(2.5));
        assert_eq!(input("anthropic", "claude-haiku-4-5-20251001"), Some(1.0));
        // A longer name is another model, and another provider has other prices.
        for (provider, model) in [
            ("openai", "gpt-5.4-mega"),
            ("openai", "gpt-5.4-2026"),
            ("openai", "gpt-5.4-2026-03-0x"),
            ("openai", "-2026-03-05"),
            ("openai", "gpt-5.4é2026-03-05"),
            ("openai", "gpt"),
            ("openai", ""),
            ("groq", "gpt-5.4"),
            ("nobody", "gpt-5.4"),
        ] {
            assert_eq!(input(provider, model), None, "{provider}:{model}");
        }
    }

    #[test]
    fn each_part_has_its_price() {
        let price = Price { input: 3.0, cached: Some(0.3), cache_write: Some(3.75), output: 15.0, reasoning: None };
        let tokens =
            Tokens { input: 1_000_000, cached: 400_000, cache_write: 200_000, output: 100_000, reasoning: 50_000 };
        // 0.4 M plain at 3, 0.4 M cached at 0.3, 0.2 M written at 3.75, 0.1 M out at 15.
        assert!((price.of(tokens) - (1.2 + 0.12 + 0.75 + 1.5)).abs() < 1e-9);
        assert!((price.worst(1_000_000, 100_000) - (3.75 + 1.5)).abs() < 1e-9);
        assert!(price.of(tokens) <= price.worst(tokens.input, tokens.output));
    }
}
