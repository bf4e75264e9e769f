//! What kind of answer a question expects, and whether a sentence could hold one: a number for "how many", a name in
//! code letters for "which option", a cause for "why".

/// The kind of thing an answer must contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    Number,
    Duration,
    Size,
    Date,
    Version,
    /// The value that holds when nothing is said.
    Default,
    /// An option, command, function, file: something written in code letters.
    Code,
    Path,
    Reason,
    Person,
    /// What one may or must do.
    Permission,
    Condition,
    Definition,
    /// An address to write to or to visit.
    Address,
}

const UNITS_OF_TIME: &[&str] =
    &["second", "minute", "hour", "day", "week", "month", "year", "millisecond", "microsecond", "ms", "immediately"];
const UNITS_OF_SIZE: &[&str] = &[
    "byte",
    "bytes",
    "kb",
    "mb",
    "gb",
    "tb",
    "kib",
    "mib",
    "gib",
    "kilobyte",
    "megabyte",
    "gigabyte",
    "bit",
    "bits",
    "character",
    "characters",
    "octet",
    "octets",
    "pages",
    "lines",
    "columns",
    "k",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const NUMBERS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "fifteen",
    "sixteen",
    "twenty",
    "thirty",
    "sixty",
    "hundred",
    "thousand",
    "million",
    "once",
    "twice",
    "half",
    "zero",
    "no",
    "single",
    "unlimited",
    "none",
];
const CODE_NOUNS: &[&str] = &[
    "option",
    "flag",
    "switch",
    "command",
    "function",
    "method",
    "setting",
    "variable",
    "keyword",
    "parameter",
    "header",
    "class",
    "module",
    "signal",
    "attribute",
    "directive",
    "argument",
    "operator",
    "macro",
    "property",
    "subcommand",
    "syscall",
    "statement",
    "pragma",
    "field",
    "algorithm",
    "format",
    "type",
    "exception",
    "extension",
    "symbol",
];

/// What `question` expects; nothing when its form says nothing.
#[must_use]
pub fn expectations(question: &str) -> Vec<Expectation> {
    use Expectation::*;
    let lower = question.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    let follows = |a: &str, b: &[&str]| words.windows(2).any(|pair| pair[0] == a && b.contains(&pair[1]));
    let mut found = Vec::new();
    let mut expect = |is: bool, what: Expectation| {
        if is && !found.contains(&what) {
            found.push(what);
        }
    };
    let asks_for_code = words.windows(2).take(6).any(|pair| {
        matches!(pair[0], "which" | "what" | "the" | "name") && CODE_NOUNS.contains(&pair[1].trim_end_matches('s'))
    }) || words
        .windows(3)
        .take(4)
        .any(|three| matches!(three[0], "which" | "what") && CODE_NOUNS.contains(&three[2].trim_end_matches('s')));
    expect(asks_for_code, Code);
    expect(follows("how", &["long", "soon", "often", "quickly"]) || has("duration") || has("timeout"), Duration);
    expect(has("deadline") || follows("which", &["period"]) || has("days"), Duration);
    expect(follows("how", &["large", "big"]) || has("size") || has("bytes"), Size);
    expect(follows("how", &["many", "much", "far", "high", "deep"]) || has("limit") || has("maximum"), Number);
    expect(
        has("minimum") || has("percentage") || has("number") || has("port") || has("value") || has("status"),
        Number,
    );
    expect(has("year") || has("date") || follows("when", &["was", "were", "did"]), Date);
    expect(has("version") || has("release") || has("since"), Version);
    let unsaid =
        ["nothing is", "none is", "no value", "not set", "not given", "not specified", "i give no", "is missing"];
    let unsaid = unsaid.iter().any(|phrase| lower.contains(phrase));
    expect(unsaid || has("default") || has("unspecified") || has("omitted"), Default);
    expect(has("why") || has("reason") || has("purpose") || has("because"), Reason);
    expect(has("who") || has("whom") || has("whose") || has("author"), Person);
    let opens_with = words.first().copied().unwrap_or_default();
    expect(
        matches!(opens_with, "may" | "can" | "must" | "should" | "am" | "do")
            || has("allowed")
            || has("permitted")
            || has("required")
            || has("may")
            || has("must"),
        Permission,
    );
    expect(
        lower.contains("what happens") || lower.contains("what if") || has("when") && !has("was") && !has("were"),
        Condition,
    );
    expect(lower.contains("what is a") || lower.contains("what does") && has("mean") || has("meant"), Definition);
    expect(has("definition") || has("define") || has("defined") || lower.contains("what counts as"), Definition);
    let kept = ["stored", "kept", "saved", "located", "written", "put", "found", "live", "keep", "store"];
    let kept = kept.iter().any(|word| has(word));
    expect(follows("which", &["file", "directory", "folder", "path"]) || has("where") && kept, Path);
    expect(follows("what", &["file", "directory", "folder", "path"]) || has("located"), Path);
    expect(has("url") || has("address") || has("email") || has("website"), Address);
    found
}

/// How well a sentence could hold what is expected, 0 to 1.
#[must_use]
pub fn meets(expectation: Expectation, sentence: &str) -> f32 {
    use Expectation::*;
    let lower = sentence.to_lowercase();
    let words = || lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let any = |list: &[&str]| words().any(|word| list.contains(&word));
    let digits = lower.bytes().any(|byte| byte.is_ascii_digit());
    let number = digits || any(NUMBERS);
    let yes = |is: bool| -> f32 { if is { 1.0 } else { 0.0 } };
    match expectation {
        Number => yes(digits).max(0.7 * yes(number)),
        Duration => {
            let unit = words().any(|word| UNITS_OF_TIME.contains(&word.trim_end_matches('s')));
            yes(number && unit).max(0.4 * yes(unit || number))
        }
        Size => yes(number && any(UNITS_OF_SIZE)).max(0.5 * yes(number)),
        Date => yes(any(MONTHS) || words().any(is_year)),
        Version => {
            yes(words_with_points(&lower).any(|word| word.contains('.'))).max(0.5 * yes(lower.contains("version")))
        }
        Default => yes(lower.contains("default") || lower.contains("if not specified") || lower.contains("if omitted")),
        Code => yes(has_code(sentence)),
        Path => yes(lower.contains('/') || lower.contains("~") || lower.contains("directory")),
        Reason => yes(any(&[
            "because",
            "since",
            "therefore",
            "reason",
            "otherwise",
            "prevent",
            "avoid",
            "purpose",
            "thus",
            "hence",
            "ensure",
            "allows",
        ]) || lower.contains("so that")
            || lower.contains("in order to")
            || lower.contains("due to")),
        Person => yes(sentence.split_whitespace().skip(1).any(|word| word.starts_with(char::is_uppercase))),
        Permission => yes(any(&[
            "may",
            "must",
            "shall",
            "can",
            "cannot",
            "permitted",
            "allowed",
            "required",
            "grant",
            "grants",
            "granted",
            "not",
            "need",
            "prohibited",
            "should",
        ])),
        Condition => {
            yes(any(&["if", "when", "unless", "once", "until", "otherwise", "after", "whenever", "whether", "upon"]))
        }
        Definition => yes([
            " means ",
            " is a ",
            " is an ",
            " is the ",
            " refers to ",
            " are the ",
            " are defined ",
            " shall mean ",
        ]
        .iter()
        .any(|pattern| lower.contains(pattern))),
        Address => yes(lower.contains('@') || lower.contains("http") || lower.contains("www.")),
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|b| b.is_ascii_digit())
}

fn words_with_points(lower: &str) -> impl Iterator<Item = &str> {
    lower
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
}

/// Whether a sentence names something in code letters: `--option`, `snake_case`, `call()`, `camelCase`, a back-ticked or
/// capitalised name.
fn has_code(sentence: &str) -> bool {
    sentence.split_whitespace().any(|raw| {
        let word = raw.trim_matches([',', '.', ';', ':', '(', '"', '\'', '“', '”', '‘', '’']);
        let bytes = word.as_bytes();
        raw.contains('`')
            || word.starts_with("--") && word.len() > 3
            || word.starts_with('-') && word.len() >= 2 && bytes[1].is_ascii_alphanumeric()
            || word.contains('_') && bytes.iter().any(u8::is_ascii_alphabetic)
            || word.ends_with("()")
            || word.starts_with(['$', '%', '@', '\\']) && word.len() > 1
            || bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
            || word.len() >= 3 && bytes.iter().all(|b| b.is_ascii_uppercase() || *b == b'-')
            || raw.starts_with(['\'', '‘', '"', '“', '*', '<'])
            || word.contains('.') && !word.ends_with('.') && bytes.iter().any(u8::is_ascii_lowercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_question_says_what_it_expects() {
        assert!(expectations("How many days are there to cure a violation?").contains(&Expectation::Number));
        assert!(expectations("Which option keeps permissions?").contains(&Expectation::Code));
        assert!(expectations("Why is the cache cleared?").contains(&Expectation::Reason));
        assert!(expectations("Tell me about trees").is_empty());
    }

    #[test]
    fn a_sentence_meets_what_it_contains() {
        assert!(meets(Expectation::Duration, "You have 30 days.") > meets(Expectation::Duration, "You have rights."));
        assert_eq!(meets(Expectation::Code, "Use --keep for that."), 1.0);
        assert_eq!(meets(Expectation::Code, "Use your own judgement for that."), 0.0);
        assert_eq!(meets(Expectation::Date, "Written in 1991."), 1.0);
    }
}
