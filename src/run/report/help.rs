//! What can be typed, from the table of verbs.

use crate::run::{
    lang::nearest,
    line::{VERBS, Verb},
};

use super::{Made, Report, Tone};

pub(super) fn help(verb: Option<&str>) -> Made {
    let Some(name) = verb else {
        let mut report = Report::new("What can be typed");
        VERBS.iter().for_each(|verb| report.row(0, Tone::Plain, form(verb), verb.help));
        return Made::Report(report);
    };
    let Some(verb) = VERBS.iter().find(|verb| verb.names.contains(&name)) else {
        let names = VERBS.iter().flat_map(|verb| verb.names.iter().copied());
        let near = nearest(name, names).map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default();
        return Made::Refused(format!("there is no {name:?}{near}; `help` lists what there is"));
    };
    let mut report = Report::new(format!("Help on {}", verb.names[0]));
    report.row(0, Tone::Plain, form(verb), verb.help);
    if verb.names.len() > 1 {
        report.row(1, Tone::Dim, "also", verb.names[1..].join(", "));
    }
    report.row(1, Tone::Dim, "such as", verb.example);
    Made::Report(report)
}

fn form(verb: &Verb) -> String {
    format!("{} {}", verb.names[0], verb.form).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::report::fixture::Log;

    #[test]
    fn all_verbs_are_listed_and_one_is_told_with_its_example() {
        let log = Log::new();
        assert_eq!(log.report("help").rows.len(), VERBS.len());
        let recall = log.report("help r");
        assert_eq!(recall.title, "Help on recall");
        assert_eq!(recall.rows[0].head, "recall LABEL [all|nothing|TASK…] REASON");
        assert_eq!(recall.rows[2].text, "recall W1 S2 all the year is misread");
        assert_eq!(
            log.refused("help recal"),
            "there is no \"recal\" (did you mean \"recall\"?); `help` lists what there is"
        );
    }
}
