//! The walk of the README, played by the real program on the documents and the script that are committed: a false entry
//! is found by `why`, recalled, what rests on it is done again, and the answer changes.

mod support;

use support::place::{Place, code, text};

#[test]
fn the_walk_through_a_debugging_session() {
    let place = Place::new();
    let here = |path: &str| format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(here("README.md")).unwrap();
    let question =
        "Whoever runs a modified copy on a server: which of these licences make him offer its users the source?";
    assert!(readme.contains(question) && readme.contains("assets/walk/walk.delm"), "the README tells another walk");
    let files = ["AGPL-3", "EUPL-1.2", "MPL-2.0"].map(|name| here(&format!("assets/licences/{name}.txt")));
    let (model, script) = (format!("scripted:{}", here("assets/walk/model.toml")), here("assets/walk/walk.delm"));
    let [agpl, eupl, mpl] = &files;
    let walked = place.run(&[
        "run", question, agpl, eupl, mpl, "--model", &model, "--agents", "3", "--gate", "auto", "--script", &script,
    ]);
    assert_eq!(code(&walked), 0, "{}", text(&walked.stderr));
    let said = text(&walked.stdout);
    let (why, after) = said.split_once("What a recall of W3 S1 would reach").unwrap();
    // The condition that the write left out stands in the evidence right before what it quotes.
    assert!(
        why.contains("If You distribute Covered Software in Executable Form then: (a) such Covered Software"),
        "{why}"
    );
    assert!(after.contains("recall … all  2 tasks would be done again"), "{after}");
    let answer = after.split_once("efficiency").unwrap().1;
    assert!(answer.contains("MPL-2.0 does not: section 3.2 binds only who distributes"), "{answer}");
    assert!(!answer.contains("MPL-2.0 does: "), "{answer}");

    // The wrong sentence is still told apart in the run as it is kept.
    let why = place.run(&["why", "latest", "W3", "S1"]);
    assert!(text(&why.stdout).contains("[RECALLED]"), "{why:?}");
    let verified = place.run(&["verify", "latest"]);
    assert_eq!(code(&verified), 0, "{verified:?}");
}
