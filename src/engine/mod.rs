//! The loop: agents claim, read, think, verify and write; nobody orchestrates.
//!
//! The engine makes facts through one `sequencer` and decides nothing by itself: who gets what and what follows is
//! [`crate::run::rules`]. It never draws and never names a store or a model of its own.
//!
//! Where each part of METHOD is done, and which scenario (`tests/scenarios`) or test holds it. Invariant 13 is of notes,
//! which this loop does not have; 10 is a decision's or a fact's place in the log in lieu of a request id.
//!
//! | METHOD | Files | Held by |
//! |---|---|---|
//! | §3a 0 Split | `ingest/split/mod.rs`, `ingest/split/cut.rs`, `ingest/split/settle.rs`, `engine/prepare.rs`, `reason/prompted/split.rs` | `a_cut_at_the_returned_offsets`, `a_unreadable_or_refused_stays_uncut` |
//! | §3a 1 Summary, gap fill | `engine/prepare.rs`, `reason/prompted/summary.rs`, `reason/prompted/gap_fill.rs`, `run/summary.rs` | `b_bad_anchor_is_rewritten`, `b_gap_is_filled`, `b_gap_rounds_are_limited`, `b_no_summary_is_cut_at_paragraphs`, `b_failing_calls_leave_the_title` |
//! | §3a 2 Document gist | `engine/prepare.rs`, `reason/prompted/document_gist.rs` | `d_bad_gist_is_written_again`, `d_bad_gist_twice_becomes_the_topic` |
//! | §3a 3 Decomposition | `engine/plan.rs`, `run/rules/plan.rs`, `reason/prompted/decompose.rs` | `good_path`, `k_unreadable_plan_is_the_question`, `k_failing_call_is_the_question`, `k_bad_dependencies_are_sent_back`, `k_cycle_twice_leaves_dependencies_out`, `task_while_planning` |
//! | §3a 4 Claim | `engine/agent.rs`, `run/rules/work.rs` | `good_path`, `veto_of_a_claim`, `any_interleaving_ends_once` |
//! | §3a 5 Coarse unfold | `engine/attempt.rs`, `reason/prompted/unfold.rs` | `e_known_labels_up_to_five`, `e_none_or_nonsense_opens_nothing` |
//! | §3a 6 Reason, unfold, deep unfold | `engine/attempt.rs`, `engine/library.rs`, `reason/prompted/reason.rs` | `f_unfold_and_deep_unfold`, `f_asks_too_often`, `f_unreadable_is_tried_again`, `f_fail_and_done` |
//! | §3a 7 Verification | `engine/attempt.rs`, `reason/prompted/verify.rs` | `g_wrong_then_retry_with_feedback`, `g_neither_or_both_is_asked_again`, `g_asked_again_and_approved`, `g_failed_axis_overrides_approval`, `f_unknown_label_never_passes` |
//! | §3a 8 Gate and gist | `engine/attempt.rs`, `reason/prompted/gist.rs` | `h_refusal_of_the_gate`, `h_changed_labels` |
//! | §3a 9 Form check | `engine/attempt.rs`, `reason/prompted/form_check.rs` | `i_no_turns_the_gist_down`, `i_the_majority_decides` |
//! | §3a 10 Redundancy | `engine/attempt.rs`, `reason/prompted/redundancy.rs`, `run/rules/write.rs` | `j_redundant_adds_nothing`, `f_fail_and_done` |
//! | §3a 11 Publish | `engine/attempt.rs`, `run/rules/write.rs` | `good_path`, `crash_after_an_admission` |
//! | §3a Retries | `run/rules/write.rs`, `run/rules/work.rs` | `g_wrong_twice_then_passes`, `g_wrong_for_ever`, `model_fails_in_the_middle`, `model_refuses_everything` |
//! | §3a Queue-empty | `engine/plan.rs`, `run/rules/plan.rs`, `reason/prompted/more_tasks.rs` | `l_failed_dependency_is_planned_around`, `l_failed_dependency_is_dropped`, `l_unreadable_means_done`, `l_rounds_are_limited`, `l_tasks_are_limited` |
//! | §3a Finalization | `engine/finalize.rs`, `run/rules/answer.rs`, `reason/prompted/finalize.rs` | `m_unfold_before_the_answer`, `m_empty_reply_is_unanswered`, `note_at_finalization`, `task_at_finalization`, `failed_task_at_finalization` |
//! | §2.6.1 Nothing without admission | `run/rules/write.rs` | `g_wrong_for_ever`, `last_try_wrong_is_overridden`, `last_try_wrong_is_vetoed`, `violations` |
//! | §2.6.2 Write before publish | `engine/attempt.rs`, `engine/library.rs`, `engine/session.rs` | `crash_with_an_open_write`, `crash_after_an_admission`, `violations` |
//! | §2.6.3 Append-only, snapshots | `run/context.rs`, `engine/attempt.rs` | `a_snapshot_does_not_grow`, `a_snapshot_is_a_prefix_of_what_comes_later`, `violations` |
//! | §2.6.4 Unfolded for one call | `engine/attempt.rs`, `reason/prompted/frame.rs` | `f_unfold_and_deep_unfold` |
//! | §2.6.5 Only the append is synchronised | `engine/sequencer.rs`, `engine/writer.rs` | `two_finish_at_once`, `a_snapshot_does_not_grow` |
//! | §2.6.6 Dependencies first | `run/apply.rs`, `run/rules/work.rs` | `a_task_waits_for_its_dependencies`, `violations` |
//! | §2.6.7 The earliest claim holds | `run/rules/work.rs` | `any_interleaving_ends_once`, `two_finish_at_once`, `violations` |
//! | §2.6.8 One subject, one task | `run/task.rs`, `run/rules/plan.rs`, `run/rules/human.rs` | `a_known_subject_is_not_queued_twice_and_dependants_follow_it`, `task_at_finalization`, `plan_is_sent_back_and_edited` |
//! | §2.6.9 Only the holder completes | `run/rules/write.rs` | `any_interleaving_ends_once` |
//! | §2.6.10 Applied once | `run/rules/human.rs`, `engine/sequencer.rs` | `veto_with_a_reason`, `crash_with_an_open_plan`, `a_run_survives_a_kill_after_every_append` |
//! | §2.6.11 Every view is logged | `engine/desk.rs`, `run/event.rs` | `good_path`, `f_unfold_and_deep_unfold` |
//! | §2.6.12 One takes the queue-empty decision | `run/rules/work.rs` | `two_finish_at_once`, `any_interleaving_ends_once` |

mod agent;
mod alarm;
mod attempt;
mod audience;
mod crew;
mod desk;
mod finalize;
mod guide;
mod lease;
mod library;
mod log;
mod mail;
mod models;
mod plan;
mod prepare;
mod record;
mod recorder;
mod sequencer;
mod session;
mod shop;
mod stops;
mod tap;
mod turnstile;
mod unsaved;
mod writer;

pub use audience::Audience;
pub use guide::{Change, Progress, Replay};
pub use log::{Closed, Log};
pub use models::{Maker, Models, Voice};
pub use record::{Record, Tally, Unrecorded};
pub use sequencer::now;
pub use session::{Engine, EngineError, Start};
pub use tap::Tap;
pub use writer::Trouble;

/// The session ends; whoever sees this lets go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

impl From<Closed> for Stopped {
    fn from(_: Closed) -> Self {
        Stopped
    }
}
