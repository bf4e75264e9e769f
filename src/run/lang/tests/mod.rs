//! The language as a whole: what is said reads back, and nothing that is typed does harm.

use proptest::prelude::*;

use super::*;

mod values;

const GRAMMAR: &str = include_str!("../GRAMMAR.md");

/// The lines of the blocks that are marked with a word.
pub(in crate::run) fn examples<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let mut inside = false;
    let mut found = vec![];
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(word) => inside = !inside && word == mark,
            None if inside => found.push(line),
            None => {}
        }
    }
    assert!(!found.is_empty(), "there are examples of {mark}");
    found
}

fn all_examples() -> Vec<(&'static str, Vocabulary)> {
    let marked = |mark, vocabulary| examples(GRAMMAR, mark).into_iter().map(move |line| (line, vocabulary));
    let rows = MomentAndWatch::rows();
    let or = |(example, vocabulary): (&'static str, Vocabulary)| {
        example.split(" or ").map(move |part| (part, vocabulary)).collect::<Vec<_>>()
    };
    marked("expr", Vocabulary::Moment)
        .chain(marked("watch", Vocabulary::Watch))
        .chain(rows.into_iter().flat_map(or))
        .collect()
}

struct MomentAndWatch;

impl MomentAndWatch {
    fn rows() -> Vec<(&'static str, Vocabulary)> {
        [Vocabulary::Watch, Vocabulary::Moment]
            .into_iter()
            .flat_map(|vocabulary| vocabulary.rows().map(move |row| (row.example, vocabulary)))
            .collect()
    }
}

#[test]
fn every_example_is_understood_and_reads_back() {
    for (text, vocabulary) in all_examples() {
        let expr = Expr::parse(text, vocabulary).unwrap_or_else(|why| panic!("{text}: {why}"));
        let written = expr.to_string();
        assert_eq!(Expr::parse(&written, vocabulary), Ok(expr), "{text} is written {written}");
    }
}

#[test]
fn an_example_uses_the_name_it_is_for() {
    for row in Vocabulary::Moment.rows() {
        let expr = Expr::parse(row.example, Vocabulary::Moment).unwrap();
        assert!(expr.names()[0].to_string().starts_with(row.name), "{}: {}", row.name, row.example);
    }
}

fn complaint(text: &str, vocabulary: Vocabulary) -> String {
    Expr::parse(text, vocabulary).unwrap_err().in_line()
}

#[test]
fn a_complaint_has_its_column_and_the_way_out() {
    let rule = |text| complaint(text, Vocabulary::Moment);
    assert_eq!(
        rule("verdit fails"),
        "column 1: expected a name such as cost or queue.ready, found verdit; did you mean verdict?"
    );
    assert_eq!(rule("verdict failz"), "column 9: expected one of passes, fails, found failz; did you mean fails?");
    assert_eq!(rule("cost.a2 >"), "column 10: expected a number, found the end");
    assert_eq!(rule("(fails or error"), "column 16: expected and, or, or a closing ), found the end");
    assert_eq!(rule("contradicts a1"), "column 13: expected any, or a label such as W1 S2, found a1");
    assert_eq!(rule("author W1 S2"), "column 8: expected an author: a1 (or W1), document or you, found W1 S2");
    assert_eq!(rule("text > 5"), "column 6: expected = != ~ or contains, since text has no size, found >");
    assert!(rule("queue.redy = 0").starts_with("column 7: expected one of ready, blocked"));
    assert!(rule("queue.redy = 0").ends_with("found redy; did you mean ready?"));
    assert!(rule("text ~ \"(\"").starts_with("column 8: expected a pattern: unclosed group"));
    assert!(rule("cost foo").starts_with("column 6: expected = !="), "{}", rule("cost foo"));
    assert_eq!(rule("fails fails fails"), "column 7: expected true or false, found fails; did you mean false?");
    assert_eq!(
        complaint("verdict fails", Vocabulary::Watch),
        "column 1: expected a name over the run; verdict says something of a single fact, in a rule or after if"
    );
    assert_eq!(
        complaint("entries.by", Vocabulary::Watch),
        "column 11: expected one of an author such as a1 after entries.by., found the end"
    );
    assert_eq!(
        complaint("text = 1", Vocabulary::Watch),
        "column 1: expected brackets after text, such as text(\"deadline\") > 0"
    );
    assert!(complaint(&"(".repeat(10_000), Vocabulary::Watch).contains("at most 64 brackets"));
    assert!(complaint(&"not ".repeat(10_000), Vocabulary::Watch).contains("at most 64"));
}

/// What names stand for in a test.
struct Known(Vec<(&'static str, Value)>);

impl Values for Known {
    fn value(&self, name: &Name) -> Option<Value> {
        let name = name.to_string();
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

#[test]
fn expressions_come_to_what_they_say() {
    let label = |text: &str| text.parse().unwrap();
    let known = Known(vec![
        ("author", Value::word("a1")),
        ("kind", Value::word("FACT")),
        ("evidence", Value::word("none")),
        ("text", Value::Text("The Deadline is 12 March.".into())),
        ("cites", Value::labels([label("W0 S3.2"), label("W1 S1")])),
        ("contradicts", Value::labels([])),
        ("call", Value::call(crate::run::CallKind::GapFill)),
        ("try", Value::Number(2.0)),
        ("cost.a2", Value::Number(0.6)),
        ("fails", Value::Flag(false)),
    ]);
    let table = [
        ("author W1 and kind fact", true),
        ("author != a1", false),
        ("evidence", false),
        ("evidence none", true),
        ("text ~ \"deadline\"", false),
        ("text ~ \"(?i)deadline\"", true),
        ("text contains \"deadline is\"", true),
        ("cites W0 S3", true),
        ("cites W0 S3.1", false),
        ("cites contains W1 S1", true),
        ("cites != W1 S1", false),
        ("cites ~ \"^W1\"", true),
        ("cites > 1 and cites = 2", true),
        ("contradicts any", false),
        ("contradicts none and not contradicts", true),
        ("contradicts = any or contradicts != any", true),
        ("call gap-fill and call c", true),
        ("cost.a2 > $0.50 and try < 40k", true),
        ("try > cost.a2", true),
        ("fails false and not fails", true),
        // What says nothing compares as false, whichever way it is asked.
        ("verdict fails or verdict != fails or round < 3 or round >= 3 or label", false),
        ("not verdict fails", true),
        ("kind fail or kind fact and try 1", false),
        ("(kind fail or kind fact) and try 2", true),
    ];
    for (text, wanted) in table {
        let expr = Expr::parse(text, Vocabulary::Moment).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(expr.holds(&known), wanted, "{text}");
    }
    let shown = |text| Expr::parse(text, Vocabulary::Moment).unwrap().value(&known).map(|value| value.to_string());
    assert_eq!(shown("cites").as_deref(), Some("W0 S3.2, W1 S1"));
    assert_eq!(shown("cost.a2 > 1").as_deref(), Some("no"));
    assert_eq!(shown("verdict"), None);
}

#[test]
fn what_can_follow_is_known() {
    let next =
        |prefix: &str, vocabulary| complete(prefix, vocabulary).into_iter().map(|one| one.text).collect::<Vec<_>>();
    let moment = |prefix: &str| next(prefix, Vocabulary::Moment);
    assert_eq!(moment("verd"), ["verdict"]);
    assert_eq!(moment("fails and (evid"), ["evidence"]);
    assert_eq!(moment("verdict "), ["passes", "fails", "=", "!=", "~", "contains", "and", "or"]);
    assert_eq!(moment("verdict f"), ["fails"]);
    assert_eq!(moment("verdict = p"), ["passes"]);
    assert_eq!(moment("verdict fails "), ["and", "or"]);
    assert_eq!(moment("queue.re"), ["ready"]);
    assert_eq!(moment("entries.by."), ["a1", "document", "you"]);
    assert!(next("", Vocabulary::Watch).contains(&"readers".to_owned()));
    assert!(!next("", Vocabulary::Watch).contains(&"verdict".to_owned()));
    assert!(moment("text ~ \"open").is_empty());
}

/// Expressions in every shape, as a person may type them.
fn typed() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(all_examples()).prop_map(|(text, _)| format!("({text})"));
    let bare = prop::sample::select(vec![
        "fails",
        "try >= 2",
        "cost.T5 = $0.25",
        "kind  FACT",
        "author w2",
        "label H S3",
        "elapsed < 90s",
        "elapsed > 2m",
        "text \"a\\\\\\\"b\\d\"",
        "doubts negative",
        "readers(W0 S3.2) none",
        "tokens.finalize <= 1500000",
    ]);
    prop_oneof![leaf, bare.prop_map(str::to_owned)].prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not {one}")),
            inner.clone().prop_map(|one| format!("( {one} )")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} OR {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a} or {b})")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(text in typed()) {
        let expr = Expr::parse(&text, Vocabulary::Moment).unwrap();
        let written = expr.to_string();
        prop_assert_eq!(Expr::parse(&written, Vocabulary::Moment), Ok(expr), "{} was {}", written, text);
    }

    #[test]
    fn no_text_does_harm(text in "\\PC{0,60}") {
        let _ = Expr::parse(&text, Vocabulary::Moment).map(|expr| expr.holds(&Known(vec![])));
        let _ = complete(&text, Vocabulary::Watch);
    }

    #[test]
    fn a_slip_does_no_harm(text in typed(), at in any::<prop::sample::Index>(), slip in "\\PC{0,3}", cut in 0..4usize) {
        let at = text.char_indices().map(|(at, _)| at).nth(at.index(text.chars().count())).unwrap_or(0);
        let after: String = text[at..].chars().skip(cut).collect();
        let text = format!("{}{slip}{after}", &text[..at]);
        if let Err(why) = Expr::parse(&text, Vocabulary::Moment) {
            prop_assert!(why.column as usize <= text.chars().count() + 1, "{}: {}", text, why);
            prop_assert!(why.message.contains("expected"), "{}", why);
        }
        let _ = complete(&text[..at], Vocabulary::Moment);
    }
}
