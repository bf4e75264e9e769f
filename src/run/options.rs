//! What a run was started with. It stands in the first event of the log, so that a resumed run goes on as it began.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{call::Role, cost::Limits};

/// The name of the reasoner that calls no model.
pub const EXTRACTIVE: &str = "extractive";

/// Which moments of an agent's work are put to the human (`--gate`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateLevel {
    /// Nothing asks.
    Auto,
    /// Writes that the verifier or a rule doubts.
    Doubts,
    /// Every write.
    Writes,
    /// Every claim and every write.
    Claims,
    /// Every checkpoint.
    All,
}

impl GateLevel {
    pub const ALL: [GateLevel; 5] =
        [GateLevel::Auto, GateLevel::Doubts, GateLevel::Writes, GateLevel::Claims, GateLevel::All];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            GateLevel::Auto => "auto",
            GateLevel::Doubts => "doubts",
            GateLevel::Writes => "writes",
            GateLevel::Claims => "claims",
            GateLevel::All => "all",
        }
    }
}

impl fmt::Display for GateLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for GateLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        GateLevel::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| format!("{text:?} is not one of auto, doubts, writes, claims, all"))
    }
}

/// What a run was started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// 1–64.
    pub agents: u16,
    /// `extractive`, or `provider:model`.
    pub model: String,
    /// Where an OpenAI-compatible server answers, when the model needs one and it is not the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Models for roles that do not use `model`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<Role, String>,
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    pub gate: GateLevel,
    /// Rules that decide before the gate level does (`--policy`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    pub seed: u64,
    /// The least time between two checkpoints of one agent, in milliseconds.
    pub pace_ms: u64,
    #[serde(default)]
    pub method: Method,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            agents: 4,
            model: EXTRACTIVE.to_owned(),
            base_url: None,
            roles: BTreeMap::new(),
            limits: Limits::default(),
            gate: GateLevel::Auto,
            policy: None,
            seed: 0,
            pace_ms: 0,
            method: Method::default(),
        }
    }
}

/// The constants of the method, `[method]` in the config. Defaults are METHOD §2.5 or, where the sources are silent,
/// its recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Method {
    /// Units longer than this many characters are cut (stage 0.4).
    pub split_above_chars: usize,
    /// Units shorter than this many characters are merged with a neighbour of the same source (stage 0.6).
    pub unit_min_chars: usize,
    /// What a cut unit should not exceed, in characters (stage 0.4).
    pub unit_max_chars: usize,
    /// An uncovered stretch of a unit that is worth another call, in characters (stage 1).
    pub gap_chars: usize,
    /// Calls that fill gaps, per unit (stage 1).
    pub gap_rounds: u32,
    /// Target length of a gist, in words (stage 2).
    pub gist_words: usize,
    /// Labels unfolded before reasoning starts (stage 5, K).
    pub coarse_unfold: usize,
    /// Times a thought may ask for more evidence (stage 6).
    pub unfold_rounds: u32,
    /// Form checks asked for one gist; the majority decides (stage 9).
    pub form_votes: u32,
    /// Tries after the first before a claim gives up ("Retries").
    pub regenerations: u32,
    /// Times a task goes back to the queue before it has failed ("Retries").
    pub requeues: u32,
    /// Queue-empty decisions before the run finalizes regardless.
    pub plan_rounds: u32,
    /// Tasks a run may have in all, human ones not counted.
    pub max_tasks: usize,
    /// How long an agent may give no sign of life before another may take what it has in hand, in seconds; 0 is for ever.
    /// Not written where it is the default, so that older logs read the same.
    #[serde(skip_serializing_if = "is_usual")]
    pub claim_seconds: u32,
}

const LEASE: u32 = 600;

fn is_usual(lease: &u32) -> bool {
    *lease == LEASE
}

impl Default for Method {
    fn default() -> Self {
        Method {
            split_above_chars: 30_000,
            unit_min_chars: 6_000,
            unit_max_chars: 25_000,
            gap_chars: 2_500,
            gap_rounds: 2,
            gist_words: 100,
            coarse_unfold: 5,
            unfold_rounds: 3,
            form_votes: 1,
            regenerations: 2,
            requeues: 1,
            plan_rounds: 5,
            max_tasks: 200,
            claim_seconds: LEASE,
        }
    }
}
