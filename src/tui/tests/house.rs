//! What must not be in this room.

use std::{fs, path::Path};

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

#[test]
fn colours_come_from_themes_only() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui");
    let wanted = concat!("Color", "::");
    for (path, text) in sources(&room) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(path.contains("/tests/") || !code.contains(wanted), "{path} names a colour");
    }
}
