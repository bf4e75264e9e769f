//! What the real program says of a run's cost, before it and after it.

mod support;

use serde_json::Value;
use support::place::{Place, code, script, text};

#[test]
fn what_a_run_cost_can_be_read_by_task_try_and_kind() {
    let place = Place::new();
    let first =
        "[[rules]]\nmatch = [\"# Verify the chain\"]\nreplies = [\"WRONG: it is not said so\"]\nthen = \"pass\"\n";
    let model = script(&place, first);
    let output = place.run(&["run", "What is the rent?", "lease", "--headless", "--model", &model]);
    assert_eq!(code(&output), 0, "{output:?}");
    let shown: Value = serde_json::from_slice(&place.run(&["show", "--json"]).stdout).unwrap();
    let cost = &shown["cost"];
    assert_eq!(cost["usage"], shown["usage"]);
    assert_eq!(cost["usage"]["usd"], 0.0, "a script is free");
    let input = |cost: &Value| cost["usage"]["input_tokens"].as_u64().unwrap();
    let all = input(cost);
    assert!(all > 0 && cost["usage"]["estimated_tokens"].as_u64().unwrap() > all, "nobody counted");
    for part in ["agents", "roles", "kinds"] {
        let parts = cost[part].as_array().unwrap();
        assert_eq!(parts.iter().map(input).sum::<u64>(), all, "{part}");
        assert_eq!(parts.iter().map(|part| part["calls"].as_u64().unwrap()).sum::<u64>(), cost["calls"]);
    }
    let task = &cost["tasks"][0];
    let tries = task["tries"].as_array().unwrap();
    assert_eq!(tries.iter().map(|one| one["rejected"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(tries[0]["detail"], "it is not said so");
    assert_eq!(input(&tries[0]) + input(&tries[1]), input(task));
    assert_eq!(shown["entry_list"][0]["cost"]["usage"], tries[1]["usage"], "the try that brought it");
    assert_eq!(cost["calls_lost"], 0);
    let text_form = place.run(&["show"]);
    let lines = text(&text_form.stdout);
    assert!(lines.contains("\nCost\n  $0.000, ~"), "{lines}");
    assert!(lines.contains("turned down: 1 try, $0.000"), "{lines}");
    assert!(text(&place.run(&["runs"]).stdout).contains(" $0.000 "), "and in the list");
}

#[test]
fn a_dry_run_sends_nothing_and_says_what_a_run_would_cost() {
    let place = Place::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let model = format!("http://{}/v1#m", server.local_addr().unwrap());
    let output = place.run(&["run", "What is the rent?", "docs", "--dry-run", "--model", &model]);
    assert_eq!(code(&output), 0, "{output:?}");
    let lines = text(&output.stdout);
    assert!(lines.contains("land.txt") && lines.contains("  K decompose") && lines.contains("1 to 4 tasks"), "{lines}");
    assert!(lines.contains("$0.000") && !lines.contains("unknown"), "on a machine of one's own: {lines}");
    assert!(lines.contains("Cannot be known before\n  how many tasks"), "{lines}");
    server.set_nonblocking(true).unwrap();
    assert_eq!(server.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it was called");
    assert!(!place.path().join("runs").exists(), "a run was begun");
    let elsewhere = place.run(&["run", "What is the rent?", "docs", "--dry-run", "--model", "http://192.0.2.1/v1#m"]);
    let lines = text(&elsewhere.stdout);
    assert!(lines.contains("price unknown") && !lines.contains("$0"), "{lines}");
    let free = place.run(&["run", "What is the rent?", "docs", "--dry-run"]);
    assert!(text(&free.stdout).contains("No model is called"), "{free:?}");
}

#[test]
fn a_run_stays_within_what_its_dry_run_said() {
    let place = Place::new();
    let model = script(&place, "");
    let arguments = ["run", "What is the rent?", "lease", "--headless", "--model", &model];
    let forecast: Value =
        serde_json::from_slice(&place.run(&[&arguments[..], &["--dry-run", "--json"]].concat()).stdout).unwrap();
    assert_eq!(forecast["units"].as_array().unwrap().len(), 1);
    assert_eq!(code(&place.run(&arguments)), 0);
    let shown: Value = serde_json::from_slice(&place.run(&["show", "--json"]).stdout).unwrap();
    let used = |kind: &Value| {
        let kinds = shown["cost"]["kinds"].as_array().unwrap();
        kinds.iter().find(|used| used["kind"] == *kind).cloned()
    };
    let tokens = |cost: &Value, part: &str| cost["usage"][part].as_u64().unwrap();
    let calls = forecast["calls"].as_array().unwrap();
    let letters: String = calls.iter().map(|line| line["letter"].as_str().unwrap()).collect();
    assert_eq!(letters, "BCDEFGHIJK");
    for line in calls {
        let (least, most) = (&line["least"], &line["most"]);
        let Some(used) = used(&line["kind"]) else {
            assert_eq!((line["letter"].as_str(), &least["calls"]), (Some("C"), &Value::from(0)));
            continue;
        };
        for part in ["input_tokens", "output_tokens"] {
            assert!(tokens(&used, part) <= tokens(most, part), "{line}\n{used}");
            assert!(tokens(least, part) <= tokens(most, part), "{line}");
        }
        assert!(least["calls"].as_u64() <= used["calls"].as_u64() && used["calls"].as_u64() <= most["calls"].as_u64());
        if line["letter"] == "B" {
            assert_eq!(tokens(least, "input_tokens"), tokens(&used, "input_tokens"), "it is the same request");
        }
    }
}
