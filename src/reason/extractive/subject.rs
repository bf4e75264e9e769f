//! What a question or a task is about, in words: clauses, topics, and the text of the tasks that the plan is made of.

use crate::run::normalised_subject;

use super::word::{Vocabulary, words};

/// How the tasks of the plan begin; the rest of a task is its topic.
const SAYS_ON: &str = " says on ";
const FIND: &str = "Find ";
pub const COMBINE: &str = "Put side by side what was found on ";
pub const ANYWHERE: &str = "Look in all other documents for ";

/// `Find what "GPL-3" says on offering source to network users`.
#[must_use]
pub fn task_text(place: &str, clause: &str) -> String {
    format!("{FIND}what \"{place}\"{SAYS_ON}{}", topic(clause))
}

/// The topic of a task: without the frame that the plan put around it.
#[must_use]
pub fn topic_of_task(text: &str) -> &str {
    for frame in [COMBINE, ANYWHERE] {
        if let Some(topic) = text.strip_prefix(frame) {
            return topic;
        }
    }
    match text.split_once(SAYS_ON) {
        Some((frame, topic)) if frame.starts_with(FIND) => topic,
        _ => text,
    }
}

/// A question cut into what can be asked alone, each a text of its own; at least one.
#[must_use]
pub fn clauses(question: &str) -> Vec<String> {
    const ASKING: &[&str] = &["how", "what", "which", "when", "who", "whom", "whose", "why", "where", "whether"];
    let mut clauses: Vec<String> = Vec::new();
    for sentence in question.split_inclusive(['?', ';', '\n']).flat_map(|part| part.split_inclusive(". ")) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let mut clause: Vec<&str> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let joins = matches!(word.to_lowercase().as_str(), "and" | "or")
                && words.get(at + 1).is_some_and(|next| ASKING.contains(&next.to_lowercase().as_str()))
                && clause.len() >= 3;
            if joins {
                push_clause(&mut clauses, &clause);
                clause.clear();
            } else {
                clause.push(word);
            }
        }
        push_clause(&mut clauses, &clause);
    }
    if clauses.is_empty() {
        clauses.push(question.trim().to_owned());
    }
    clauses
}

/// A clause without a subject of its own ("how do I change it") keeps what stands before it.
fn push_clause(clauses: &mut Vec<String>, clause: &[&str]) {
    if clause.is_empty() {
        return;
    }
    let text = clause.join(" ").trim_end_matches(',').to_owned();
    let dangles = clause.len() < 3
        || clause.iter().any(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            matches!(bare.as_str(), "it" | "its" | "they" | "them" | "their" | "those" | "these" | "one")
        });
    match clauses.last_mut() {
        Some(last) if dangles => *last = format!("{last} {text}"),
        _ => clauses.push(text),
    }
}

/// Nouns by which a question asks for the documents themselves: "which licences require …" is about what follows.
const DOCUMENTS: &[&str] =
    &["licences", "licenses", "licence", "license", "documents", "document", "files", "texts", "papers", "contracts"];

/// A question as a noun phrase that can follow "on": `What is the default port?` is `the default port`.
#[must_use]
pub fn topic(clause: &str) -> String {
    let bare = clause.trim().trim_end_matches(['?', '.', '!']).trim();
    let words: Vec<&str> = bare.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let at = |n: usize| lower.get(n).map_or("", String::as_str);
    let is_verb = |n: usize| {
        matches!(
            at(n),
            "is" | "are"
                | "was"
                | "were"
                | "does"
                | "do"
                | "did"
                | "can"
                | "may"
                | "must"
                | "should"
                | "will"
                | "has"
                | "have"
        )
    };
    let pronoun = |n: usize| matches!(at(n), "i" | "you" | "we" | "it" | "they" | "one" | "someone" | "anyone");
    let rest = |n: usize| words.get(n..).unwrap_or_default().join(" ");
    let topic = match at(0) {
        "how" if matches!(at(1), "many" | "much" | "long" | "often" | "large" | "big" | "far" | "soon") => {
            bare.to_owned()
        }
        "how" if is_verb(1) && pronoun(2) => format!("how to {}", rest(3)),
        "what" | "which" if is_verb(1) && !matches!(at(1), "do" | "does" | "did" | "can" | "may" | "must") => rest(2),
        "which" | "what" if DOCUMENTS.contains(&at(1)) && words.len() > 4 => rest(3),
        "which" | "what" | "why" | "when" | "where" | "who" | "whom" | "whose" | "how" | "whether" => bare.to_owned(),
        _ if is_verb(0) && pronoun(1) => format!("whether {} {}", rest(1).split(' ').next().unwrap_or_default(), {
            let after = rest(2);
            if matches!(at(0), "do" | "does" | "did") { after } else { format!("{} {after}", at(0)) }
        }),
        _ if is_verb(0) => rest(1),
        _ => bare.to_owned(),
    };
    match topic.is_empty() {
        true => bare.to_owned(),
        false => lower_first(&topic),
    }
}

/// Lower case for a first word that is written with a capital only because it opened the question.
fn lower_first(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let ordinary = first.chars().skip(1).all(char::is_lowercase) && first != "I" && first.len() <= 5;
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if ordinary => c.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// What to search for a task: the clause of the question that it came from, since that also says what kind of answer
/// is wanted, or its own words.
#[must_use]
pub fn search_text(task: &str, question: &str, vocabulary: &Vocabulary) -> String {
    let wanted = topic_of_task(task);
    let subject = normalised_subject(wanted);
    if let Some(clause) = clauses(question).into_iter().find(|clause| normalised_subject(&topic(clause)) == subject) {
        return clause;
    }
    let content = |text: &str| -> Vec<String> {
        words(text)
            .map(|at| &text[at])
            .filter(|word| !vocabulary.is_stop_word(word))
            .map(|w| vocabulary.stem(w))
            .collect()
    };
    let (own, asked) = (content(wanted), content(question));
    // A task of few words leans on the question it serves.
    match own.len() {
        0 => question.to_owned(),
        _ if own.iter().all(|word| asked.contains(word)) && own.len() * 2 >= asked.len() => question.to_owned(),
        _ => wanted.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_becomes_a_topic() {
        assert_eq!(topic("What is the default port?"), "the default port");
        assert_eq!(
            topic("How many days do I have to cure a violation?"),
            "how many days do I have to cure a violation"
        );
        assert_eq!(topic("Do I have to publish my changes?"), "whether I have to publish my changes");
        assert_eq!(topic("Which licences require offering source to users?"), "offering source to users");
        assert_eq!(topic("Which option keeps permissions?"), "which option keeps permissions");
    }

    #[test]
    fn clauses_are_asked_alone_unless_they_lean_on_one_another() {
        assert_eq!(
            clauses("What is a derivative work, and who may convey modified copies?"),
            ["What is a derivative work", "who may convey modified copies?"]
        );
        assert_eq!(clauses("What is the cache and how do I clear it?").len(), 1);
        assert_eq!(clauses(""), [""]);
    }

    #[test]
    fn a_task_gives_its_clause_back() {
        let question = "How many days do I have to cure a violation?";
        let vocabulary = Vocabulary::new();
        assert_eq!(search_text(&task_text("GPL-3", question), question, &vocabulary), question);
        assert_eq!(search_text("Check the patents of MPL-2.0", question, &vocabulary), "Check the patents of MPL-2.0");
    }
}
