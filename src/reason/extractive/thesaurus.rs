//! Which words may stand for one another: a built-in table of everyday synonyms, and endings by which English derives
//! one word from another where stemming does not join them.

use std::collections::HashMap;

use super::word::Vocabulary;

const TABLE: &str = include_str!("thesaurus.txt");

/// Endings of stems that belong together: `describ`/`descript`, `permit`/`permiss`, `verifi`/`verif`.
const ENDINGS: &[(&str, &str)] = &[
    ("ib", "ipt"),
    ("id", "is"),
    ("ud", "us"),
    ("od", "os"),
    ("end", "ens"),
    ("it", "iss"),
    ("ed", "ess"),
    ("i", ""),
    ("i", "ic"),
    ("eiv", "eipt"),
    ("eiv", "ept"),
    ("um", "umpt"),
    ("uc", "uct"),
    ("olv", "olut"),
    ("oy", "uct"),
    ("ain", "ent"),
    ("ain", "en"),
    ("ain", "an"),
    ("", "ur"),
    ("", "er"),
    ("", "or"),
    ("", "r"),
    ("", "abl"),
    ("", "ibl"),
    ("", "al"),
    ("", "ison"),
    ("", "anc"),
    ("", "enc"),
    ("", "age"),
    ("", "ag"),
    ("", "ment"),
    ("", "iv"),
    ("", "ion"),
    ("", "ed"),
    ("", "e"),
    ("", "i"),
    ("", "th"),
];

/// The shortest stem that an ending is exchanged on, in bytes without the ending.
const SHORTEST: usize = 3;

/// The synonym table under stems.
pub struct Thesaurus {
    groups: Vec<Vec<String>>,
    of: HashMap<String, Vec<usize>>,
}

impl Thesaurus {
    #[must_use]
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let groups: Vec<Vec<String>> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().map(|word| vocabulary.stem(word)).collect())
            .collect();
        let mut of: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, group) in groups.iter().enumerate() {
            for stem in group {
                of.entry(stem.clone()).or_default().push(at);
            }
        }
        Thesaurus { groups, of }
    }

    /// Stems that may stand for `stem`, each once, without itself.
    pub fn synonyms<'a>(&'a self, stem: &'a str) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for group in self.of.get(stem).into_iter().flatten() {
            for other in &self.groups[*group] {
                if other != stem && !found.contains(&other.as_str()) {
                    found.push(other);
                }
            }
        }
        found
    }
}

/// Stems that may be derived from the same word as `stem`; most of them are no words at all, so look them up.
#[must_use]
pub fn derivations(stem: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut exchange = |from: &str, to: &str| {
        if let Some(bare) = stem.strip_suffix(from)
            && bare.len() >= SHORTEST
            && bare.len() + from.len().min(to.len()) >= 4
            && (bare.len() >= 4 || !from.is_empty() && !to.is_empty())
        {
            found.push(format!("{bare}{to}"));
        }
    };
    for (a, b) in ENDINGS {
        exchange(a, b);
        exchange(b, a);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_words_meet() {
        let vocabulary = Vocabulary::new();
        for (a, b) in
            [("describe", "description"), ("permit", "permission"), ("fail", "failure"), ("verify", "verification")]
        {
            let (a, b) = (vocabulary.stem(a), vocabulary.stem(b));
            assert!(a == b || derivations(&a).contains(&b), "{a} {b}");
            assert!(a == b || derivations(&b).contains(&a), "{b} {a}");
        }
    }

    #[test]
    fn synonyms_are_mutual() {
        let vocabulary = Vocabulary::new();
        let thesaurus = Thesaurus::new(&vocabulary);
        let stem = |word| vocabulary.stem(word);
        assert!(thesaurus.synonyms(&stem("lawsuit")).contains(&stem("litigation").as_str()));
        assert!(thesaurus.synonyms(&stem("litigation")).contains(&stem("lawsuit").as_str()));
        assert!(thesaurus.synonyms("frobnicate").is_empty());
    }
}
