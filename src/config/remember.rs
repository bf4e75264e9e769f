//! Writing one setting back: the model that was chosen. Everything else in the file stays as it is, comments included.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
};

use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// Writes `model = "…"` into a configuration file, which is made for its owner alone when there is none.
///
/// # Errors
/// When the file cannot be read or written.
pub fn remember_model(file: &Path, spec: &str) -> Result<(), ConfigError> {
    let failed =
        |error: &dyn ToString| ConfigError::Unreadable { file: file.display().to_string(), reason: error.to_string() };
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|error| failed(&error))?,
    };
    let text = with_model(&text, spec).map_err(|error| failed(&error))?;
    if let Some(folder) = file.parent() {
        let mut folders = fs::DirBuilder::new();
        folders.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        folders.create(folder).map_err(|error| failed(&error))?;
    }
    // In place, since the file may be a link to where it is kept.
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file).map_err(|error| failed(&error))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(&error))
}

fn with_model(text: &str, spec: &str) -> Result<String, toml::de::Error> {
    let table = DeTable::parse(text)?;
    let value = toml::Value::from(spec).to_string();
    if let Some(old) = table.get_ref().get("model") {
        let at = old.span();
        return Ok(format!("{}{value}{}", &text[..at.start], &text[at.end..]));
    }
    // Behind the last plain setting: what stands behind the first [table] would belong to it.
    let plain = table.get_ref().iter().filter(|(_, value)| !matches!(value.get_ref(), DeValue::Table(_)));
    let end = plain.map(|(_, value)| value.span().end).max().unwrap_or(0);
    let end = if end == 0 { 0 } else { text[end..].find('\n').map_or(text.len(), |line| end + line + 1) };
    let (before, after) = text.split_at(end);
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{before}{gap}model = {value}\n{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn the_rest_of_the_file_stays_as_it_is() {
        let with = |text: &str| with_model(text, "ollama:qwen3:8b").unwrap();
        let model = "model = \"ollama:qwen3:8b\"\n";
        assert_eq!(with(""), model);
        assert_eq!(with("# mine\n[method]\ngist_words = 9\n"), format!("{model}# mine\n[method]\ngist_words = 9\n"));
        assert_eq!(with("agents = 2 # two\n\n[method]\n"), format!("agents = 2 # two\n{model}\n[method]\n"));
        assert_eq!(with("agents = 2"), format!("agents = 2\n{model}"));
        assert_eq!(with("a = 1\nmodel = 'x' # old\nb = 2"), "a = 1\nmodel = \"ollama:qwen3:8b\" # old\nb = 2");
        assert_eq!(with("a.b = 1\n[t]\nmodel = 'x'\n"), format!("{model}a.b = 1\n[t]\nmodel = 'x'\n"));
        assert!(with_model("agents = ", "x").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new/config.toml");
        for spec in ["http://h/v1#a\"b\\c", "openai:m"] {
            remember_model(&file, spec).unwrap();
            assert_eq!(Settings::from_file(&file).unwrap().model.as_deref(), Some(spec));
        }
        #[cfg(unix)]
        for (path, wanted) in [(dir.path().join("new"), 0o700), (file, 0o600)] {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
            assert_eq!(mode & 0o777, wanted);
        }
    }
}
