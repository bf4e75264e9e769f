//! What a question or a task is about, in words: clauses, topics, and the text of the tasks that the plan is made of.

use crate::run::normalised_subject;

use super::word::{Vocabulary, words};

/// How tasks of the plan begin that look in no one place; the rest of a task is its topic.
pub const COMBINE: &str = "Put side by side what was found: ";
pub const EVERYWHERE: &str = "Look in all documents: ";
pub const ELSEWHERE: &str = "Look in all other documents: ";

/// `"GPL-3": Must I offer source to network users?`
#[must_use]
pub fn task_text(place: &str, clause: &str) -> String {
    format!("\"{place}\": {}", clause.trim())
}

/// The topic of a task: without the frame that the plan put around it.
#[must_use]
pub fn topic_of_task(text: &str) -> &str {
    let framed = [COMBINE, EVERYWHERE, ELSEWHERE].into_iter().find_map(|frame| text.strip_prefix(frame));
    let placed = || text.strip_prefix('"')?.split_once("\": ").map(|(_, topic)| topic);
    framed.or_else(placed).unwrap_or(text)
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

/// What to search for a task: the clause of the question that it came from, since that also says what kind of answer
/// is wanted, or its own words.
#[must_use]
pub fn search_text(task: &str, question: &str, vocabulary: &Vocabulary) -> String {
    let wanted = topic_of_task(task);
    let subject = normalised_subject(wanted);
    if let Some(clause) = clauses(question).into_iter().find(|clause| normalised_subject(clause) == subject) {
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
    fn a_task_shows_its_place_and_keeps_its_topic() {
        let text = task_text("GPL-3", " Must I offer source? ");
        assert_eq!(text, "\"GPL-3\": Must I offer source?");
        assert_eq!(topic_of_task(&text), "Must I offer source?");
        assert_eq!(topic_of_task(&format!("{COMBINE}why?")), "why?");
        assert_eq!(topic_of_task("Why \"so\": say it"), "Why \"so\": say it");
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
