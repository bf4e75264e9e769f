//! A place to stop: what it waits for, and how often it was there. It stops nobody; who runs the team asks it.

mod spec;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use spec::{BreakSpec, HEADS, Head, completions};

/// From 1, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BreakId(pub u32);

impl std::str::FromStr for BreakId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('b').unwrap_or(text);
        digits.parse().map(BreakId).map_err(|_| format!("{text:?} is not a breakpoint such as b1"))
    }
}

impl fmt::Display for BreakId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("b{}", self.0))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    #[default]
    Stop,
    /// It only says that it was there.
    Trace,
}

/// What a match comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    Stop,
    Trace,
    /// It is disabled, or still to be ignored.
    Ignored,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breakpoint {
    pub id: BreakId,
    pub spec: BreakSpec,
    pub enabled: bool,
    /// It stops once.
    #[serde(default)]
    pub temporary: bool,
    /// Matches that it still passes over.
    #[serde(default)]
    pub ignore: u32,
    /// Matches while it was enabled, ignored ones too.
    #[serde(default)]
    pub hits: u32,
    #[serde(default)]
    pub kind: BreakKind,
    /// What is carried out when it is hit, one command each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// Whether a spec about the run's state held when it was last looked at.
    #[serde(skip)]
    held: bool,
}

impl Breakpoint {
    #[must_use]
    pub fn new(id: BreakId, spec: BreakSpec) -> Self {
        Breakpoint {
            id,
            spec,
            enabled: true,
            temporary: false,
            ignore: 0,
            hits: 0,
            kind: BreakKind::Stop,
            commands: vec![],
            held: false,
        }
    }

    /// Counts a match. A temporary one is disabled by the stop that it brings about.
    pub fn on_match(&mut self) -> Hit {
        if !self.enabled {
            return Hit::Ignored;
        }
        self.hits = self.hits.saturating_add(1);
        if self.ignore > 0 {
            self.ignore -= 1;
            return Hit::Ignored;
        }
        self.enabled = !self.temporary;
        match self.kind {
            BreakKind::Stop => Hit::Stop,
            BreakKind::Trace => Hit::Trace,
        }
    }

    /// Takes what [`BreakSpec::holds`] says after an event: it matches when it begins to hold, not for as long as it does.
    pub fn on_state(&mut self, holds: bool) -> Hit {
        let begins = holds && !self.held;
        self.held = holds;
        if begins { self.on_match() } else { Hit::Ignored }
    }
}

impl fmt::Display for Breakpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.spec)?;
        let marks = [
            (self.kind == BreakKind::Trace).then(|| "trace".to_owned()),
            self.temporary.then(|| "temporary".to_owned()),
            (!self.enabled).then(|| "off".to_owned()),
            (self.hits > 0).then(|| format!("{} hits", self.hits)),
            (self.ignore > 0).then(|| format!("ignores {} more", self.ignore)),
            (!self.commands.is_empty()).then(|| format!("{} commands", self.commands.len())),
        ];
        let marks: Vec<String> = marks.into_iter().flatten().collect();
        if marks.is_empty() { Ok(()) } else { write!(f, " ({})", marks.join(", ")) }
    }
}

#[cfg(test)]
mod tests;
