//! Where the key of a provider is kept, and fetching it from there. The only place where keys come in.
//!
//! A key is in a `SecretString` from the moment it is known, and in no error: what a program that was to print one says
//! instead is shown without anything that looks like a key.

use std::{
    env, fmt, fs, io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    thread,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use tokio::{process::Command, runtime, time::timeout};

use crate::llm::provider::Provider;

/// How long a program may take to print a key: somebody may have to type a password into another window.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is shown of a program's complaint, in characters.
const COMPLAINT: usize = 300;

/// Where a provider's key is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeySource {
    /// This environment variable, which is set.
    Variable(String),
    File(PathBuf),
    /// A program and its arguments. No shell runs it.
    Command(Vec<String>),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::Variable(name) => f.write_str(name),
            KeySource::File(path) => write!(f, "key_file {}", path.display()),
            // Its arguments may be nobody's business.
            KeySource::Command(words) => write!(f, "key_command {}", words.first().map_or("", String::as_str)),
        }
    }
}

/// A key, and where it came from.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: SecretString,
    pub source: KeySource,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{0}: {1}")]
    Unreadable(KeySource, io::Error),
    #[error("{0} holds no key")]
    Empty(KeySource),
    #[error("{0} does not start: {1}")]
    NotStarted(KeySource, io::Error),
    #[error("{0} failed ({1}){2}")]
    Failed(KeySource, ExitStatus, String),
    #[error("{0} printed no key within {PATIENCE:?} and was ended")]
    Late(KeySource),
}

impl KeySource {
    /// Where the key of this provider is, without fetching it: a variable that is set comes before a file, as everywhere,
    /// and a file before a program.
    #[must_use]
    pub fn of(provider: &Provider) -> Option<Self> {
        let set = |name: &&String| env::var_os(name).is_some_and(|value| !value.is_empty());
        if let Some(name) = provider.keys.iter().find(set) {
            return Some(KeySource::Variable(name.clone()));
        }
        let command = || (!provider.key_command.is_empty()).then(|| KeySource::Command(provider.key_command.clone()));
        provider.key_file.clone().map(KeySource::File).or_else(command)
    }

    /// Fetches the key: the first line that is there. A program is run.
    ///
    /// # Errors
    /// When there is none, or it cannot be had.
    pub fn fetch(self) -> Result<Key, KeyError> {
        let text = match &self {
            KeySource::Variable(name) => env::var(name).unwrap_or_default(),
            KeySource::File(path) => fs::read_to_string(path).map_err(|why| KeyError::Unreadable(self.clone(), why))?,
            KeySource::Command(words) => printed(words, &self, PATIENCE)?,
        };
        let text = SecretString::from(text);
        let line = text.expose_secret().lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        match line {
            Some(line) => Ok(Key { secret: line.into(), source: self }),
            None => Err(KeyError::Empty(self)),
        }
    }
}

/// What the program prints. It is given no input, and ended when it takes too long.
fn printed(words: &[String], source: &KeySource, patience: Duration) -> Result<String, KeyError> {
    let not_started = |why| KeyError::NotStarted(source.clone(), why);
    let (program, arguments) = words.split_first().ok_or_else(|| KeyError::Empty(source.clone()))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let ending = async { timeout(patience, command.output()).await };
    // A runtime of its own on a thread of its own: whoever needs a key may be in one already.
    let ended = thread::scope(|scope| {
        let run = || Ok(runtime::Builder::new_current_thread().enable_all().build()?.block_on(ending));
        scope.spawn(run).join().expect("it does not panic")
    });
    let output = match ended.map_err(not_started)? {
        Ok(output) => output.map_err(not_started)?,
        Err(_) => return Err(KeyError::Late(source.clone())),
    };
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(out),
        false => {
            let said = complaint(&String::from_utf8_lossy(&output.stderr), &out);
            Err(KeyError::Failed(source.clone(), output.status, said))
        }
    }
}

/// `: ` and what a failed program said, in a line, without what it printed as a key and without what looks like one.
fn complaint(said: &str, printed: &str) -> String {
    let printed: Vec<&str> = printed.split_whitespace().filter(|word| word.len() >= 4).collect();
    let mut line = String::new();
    for word in said.split_whitespace() {
        let hidden = looks_like_a_key(word) || printed.iter().any(|key| word.contains(key));
        line.push_str(if line.is_empty() { ": " } else { " " });
        line.push_str(if hidden { "[hidden]" } else { word });
    }
    match line.char_indices().nth(COMPLAINT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Keys are long and mix letters with digits, or begin as keys do; paths and plain words do not.
fn looks_like_a_key(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '~' | '.'));
    let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_alphabetic());
    let path = word.starts_with(['/', '~', '.']);
    ["sk-", "gsk_", "AIza"].iter().any(|sign| word.contains(sign)) || (word.len() >= 16 && mixed && !path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::provider::Providers;

    const CANARY: &str = "sk-canary-0a1b2c3d4e5f";

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    fn fetched(script: &str) -> Result<Key, KeyError> {
        KeySource::Command(shell(script)).fetch()
    }

    #[test]
    fn a_file_comes_before_a_program_and_the_first_line_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        fs::write(&file, format!("\n  {CANARY} \nuser: me\n")).unwrap();
        let mut provider = Providers::shipped().named("ollama").unwrap().clone();
        provider.key_command = shell("exit 1");
        assert_eq!(KeySource::of(&provider), Some(KeySource::Command(shell("exit 1"))));
        provider.key_file = Some(file.clone());
        let source = KeySource::of(&provider).unwrap();
        assert_eq!(source, KeySource::File(file.clone()));
        let key = source.fetch().unwrap();
        assert_eq!(key.secret.expose_secret(), CANARY);
        assert!(!format!("{key:?} {}", key.source).contains(CANARY));
        fs::write(&file, "\n").unwrap();
        assert!(KeySource::File(file.clone()).fetch().unwrap_err().to_string().ends_with("holds no key"));
        let absent = KeySource::File(dir.path().join("absent")).fetch().unwrap_err().to_string();
        assert!(absent.contains("absent"), "{absent}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_prints_the_key() {
        let key = fetched(&format!("echo noise >&2; echo {CANARY}")).unwrap();
        assert_eq!(key.secret.expose_secret(), CANARY);
        assert_eq!(key.source.to_string(), "key_command sh");
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_shows_what_the_program_says_and_no_key() {
        let said = fetched("echo 'vault is locked: /home/me/.vault/store1234567' >&2; exit 3").unwrap_err().to_string();
        assert!(said.contains("vault is locked: /home/me/.vault/store1234567"), "{said}");
        // It looks like one, or it was printed before the failure.
        let said = fetched(&format!("echo 'no: \"{CANARY}\" x' >&2; exit 3")).unwrap_err().to_string();
        assert!(said.ends_with(": no: [hidden] x"), "{said}");
        let said = fetched("echo opensesame; echo 'not (opensesame) sent' >&2; exit 3").unwrap_err().to_string();
        assert!(said.ends_with(": not [hidden] sent"), "{said}");
        let absent = KeySource::Command(vec!["no-such-program-here".into()]).fetch().unwrap_err().to_string();
        assert!(absent.starts_with("key_command no-such-program-here does not start"), "{absent}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let source = KeySource::Command(shell("sleep 600 & sleep 600"));
        let started = std::time::Instant::now();
        let late = printed(&shell("exec sleep 600"), &source, Duration::from_millis(50));
        assert!(matches!(late, Err(KeyError::Late(_))), "{late:?}");
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
