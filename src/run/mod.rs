//! What a run is: its facts, the fold that turns them into state, and the rules that decide which facts follow.
//!
//! Pure: no clock, no IO, no async, no colour. It knows no other room.

mod agent;
mod answer;
mod apply;
mod call;
mod command;
mod context;
mod cost;
mod entry;
mod event;
mod gate;
mod id;
mod label;
mod ledger;
mod live;
mod one_line;
mod options;
pub mod rules;
mod source;
mod state;
pub mod summary;
mod task;
mod timeline;
mod trace;
mod write;

pub use agent::{Agent, AgentState};
pub use answer::Answer;
pub use call::{Call, CallKind, Role, StartedCall};
pub use command::{Command, Refusal};
pub use context::{Context, Snapshot};
pub use cost::{Cap, Limits, Scope, Usage, estimate_tokens};
pub use entry::{Admission, Entry, EntryKind};
pub use event::{Closing, Depth, Event, Fact, Outcome, Parting};
pub use gate::{Ask, Checkpoint, Choice, Decision, Revision, Then, asks};
pub use id::{AgentId, BlobId, CallId, DecisionId, ParseIdError, RunId, Seq, SourceId, TaskId};
pub use label::{Author, Label};
pub use ledger::{Cost, Fate, Ledger, Tried};
pub use live::{Live, Phase, Sight, Stream};
pub use one_line::one_line;
pub use options::{GateLevel, Method, Options};
pub use source::{Citation, Corpus, CutPoint, Media, Section, Source, Unit};
pub use state::{Final, Pace, Plan, Run, Stage, TaskCounts};
pub use summary::{Part, Summary};
pub use task::{NewTask, Task, TaskState, normalised_subject};
pub use timeline::Timeline;
pub use trace::{Piece, Trace, Try};
pub use write::{Axis, AxisOutcome, Chain, Critic, Doubt, Feedback, Proposal, Ruling, Step, Trajectory, Verdict};
