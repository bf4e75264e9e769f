//! A text in the person's own editor, by way of a file that nobody else can read. The terminal is the editor's
//! meanwhile; whoever calls sees to that.

use std::{env, fs, process::Command};

/// Where a system has no wish of its own.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// Waits until the editor is closed, and gives the text as it was saved.
///
/// # Errors
/// When there is no such editor, it fails, or the text cannot be read back; as a sentence.
pub fn edit(text: &str) -> Result<String, String> {
    let wish = ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok().filter(|wish| !wish.trim().is_empty()));
    edit_with(&wish.unwrap_or_else(|| USUAL.to_owned()), text)
}

fn edit_with(wish: &str, text: &str) -> Result<String, String> {
    let words = shlex::split(wish).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| format!("{wish:?} is no command line: set VISUAL or EDITOR"))?;
    // The folder is the owner's alone, and so is whatever the editor puts beside the file.
    let cannot = |why: std::io::Error| format!("no temporary file: {why}");
    let mut private = tempfile::Builder::new();
    #[cfg(unix)]
    private.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let folder = private.prefix("delm-").tempdir().map_err(cannot)?;
    let file = tempfile::Builder::new().prefix("decisions-").suffix(".txt").tempfile_in(&folder).map_err(cannot)?;
    let path = file.path().to_owned();
    fs::write(&path, text).map_err(cannot)?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(&path).status();
    match status {
        Err(why) => Err(format!("{wish} cannot be run ({why}): set VISUAL or EDITOR")),
        Ok(status) if !status.success() => Err(format!("{wish} failed ({status}): nothing was read")),
        Ok(_) => fs::read_to_string(&path).map_err(|why| format!("the text cannot be read back: {why}")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_comes_back() {
        let script =
            r#"sh -c 'sed -i.old s/lamp/light/ "$1"; ls -ld "$(dirname "$1")" >> "$1"; ls -l "$1" >> "$1"' sh"#;
        let text = edit_with(script, "the lamp\n").unwrap();
        assert!(text.starts_with("the light\ndrwx------") && text.contains("\n-rw-------"), "{text}");
    }

    #[test]
    fn an_editor_that_fails_is_named() {
        assert!(edit_with("false", "").unwrap_err().contains("false failed"));
        assert!(edit_with("no-such-editor-here", "").unwrap_err().contains("set VISUAL or EDITOR"));
        assert!(edit_with("'", "").unwrap_err().contains("no command line"));
    }
}
