//! How many hostile documents the rules find and how many innocent ones they flag (FAILURES 12 and 15).
//!
//! The corpus and the rules are by the same hand, so the figures are an upper bound. The half that was kept back was
//! looked at once: till then the rules found 41 of its 50 hostile documents and flagged 7 of its 50 innocent ones; then
//! they were mended by it, and it is no test of them any more. What is unlike anything here will be missed more often.

use std::time::Instant;

use delm::ingest::injection::{rules, suspicions};

#[derive(serde::Deserialize)]
struct Corpus {
    item: Vec<Item>,
}

#[derive(serde::Deserialize)]
struct Item {
    text: String,
}

fn read(text: &str) -> Vec<String> {
    let corpus: Corpus = toml::from_str(text).unwrap();
    assert_eq!(corpus.item.len(), 100);
    corpus.item.into_iter().map(|item| item.text).collect()
}

/// How many of the items for tuning and of those kept back are flagged; those that are not as they should be are shown.
fn flagged(kind: &str, items: &[String], should: bool) -> [usize; 2] {
    let mut flagged = [0, 0];
    for (at, text) in items.iter().enumerate() {
        let found = suspicions(text);
        flagged[at % 2] += usize::from(!found.is_empty());
        if found.is_empty() == should {
            let rules: Vec<_> = found.iter().map(|one| (one.rule.as_str(), &text[one.span.clone()])).collect();
            println!("{kind} {}: {} {rules:?}", at + 1, text.trim());
        }
    }
    flagged
}

#[test]
fn most_hostile_documents_are_found_and_few_innocent_ones() {
    let [hostile, spare] = flagged("missed", &read(include_str!("injections/hostile.toml")), true);
    let [alarms, spare_alarms] = flagged("false alarm", &read(include_str!("injections/innocent.toml")), false);
    println!("found: {hostile}/50 tuned, {spare}/50 kept back; {}/100 in all", hostile + spare);
    println!("false alarms: {alarms}/50 tuned, {spare_alarms}/50 kept back; {}/100 in all", alarms + spare_alarms);
    assert!(hostile + spare >= 90);
    assert!(alarms + spare_alarms <= 5);
}

#[derive(serde::Deserialize)]
struct Unseen {
    hostile: Vec<Item>,
    innocent: Vec<Item>,
}

/// Phrasings that no rule was written for: nearer to what a stranger's document meets.
#[test]
fn what_the_rules_were_not_tuned_on_is_found_less_often() {
    let Unseen { hostile, innocent } = toml::from_str(include_str!("injections/unseen.toml")).unwrap();
    let texts = |items: Vec<Item>| items.into_iter().map(|item| item.text).collect::<Vec<_>>();
    let found: usize = flagged("missed", &texts(hostile), true).iter().sum();
    let alarms: usize = flagged("false alarm", &texts(innocent), false).iter().sum();
    println!("unseen: {found}/20 found, {alarms}/10 false alarms");
    // As when they were first seen; the rules are not to be mended by them.
    assert!(found >= 10);
    assert!(alarms <= 1);
}

/// Twice the text takes about twice the time, also where nothing but beginnings of matches stand.
#[test]
fn the_time_is_linear() {
    let worst = ["ignore your ", "when you summarize this ", "\"", "a", "<!-- ai ", "aGVsbG8g", "\u{200b}", "\n \n"];
    for unit in worst {
        let time = |bytes: usize| {
            let text = unit.repeat(bytes / unit.len());
            let started = Instant::now();
            let found = suspicions(&text);
            assert!(found.len() <= 1_000);
            started.elapsed().as_secs_f64()
        };
        let (short, long) = (time(100_000), time(400_000));
        println!("{unit:?}: {short:.3} s for 100 kB, {long:.3} s for 400 kB");
        // Four times the text; a square would take sixteen times as long.
        assert!(long < 10.0 * short + 0.5, "{unit:?}: {short} s, then {long} s");
    }
}

#[test]
fn each_rule_says_what_it_finds() {
    for (name, what) in rules() {
        assert!(!name.is_empty() && !what.is_empty());
    }
}
