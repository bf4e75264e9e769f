//! Everything a key can mean, one row each: name, help, default keys, and where it works.
//!
//! The keymap, the help screen, the footer and the README's table all read these rows. A new key is a row here and an
//! arm where it is carried out.

use Action as A;
use Place as P;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Approve,
    Edit,
    Veto,
    Raise,
    FinishWithIt,
    NextCitation,
    PreviousCitation,
    Evidence,
    NextDecision,
    CycleCitation,
    Accept,
    Send,
    OtherKind,
    PreviousKind,
    Detach,
    StopAndSave,
    Live,
    Earlier,
    Later,
    MuchEarlier,
    MuchLater,
    FirstMoment,
    LastMoment,
    Slower,
    Faster,
    PauseOrResume,
    Step,
    Continue,
    Inject,
    Finish,
    Answer,
    NextSection,
    PreviousSection,
    OtherSide,
    Copy,
    CopyMarkdown,
    Open,
    Deeper,
    Shallower,
    Back,
    Down,
    Up,
    PageDown,
    PageUp,
    HalfDown,
    HalfUp,
    First,
    Last,
    NextPane,
    PreviousPane,
    QueuePane,
    AgentsPane,
    ContextPane,
    DecisionsPane,
    Zoom,
    Unzoom,
    Messages,
    Help,
    Quit,
    Interrupt,
    Suspend,
    Redraw,
    // Commands, and the keys that begin to type them.
    Palette,
    Break,
    Breakpoints,
    Watch,
    Until,
    StepAgent,
    Recall,
    Why,
    Contradictions,
    Find,
    Undo,
    Always,
    Defer,
    OtherAnswer,
    Editor,
    MoveSooner,
    MoveLater,
    StopAgent,
    StopAll,
    Prompt,
    CarryOut,
    Complete,
    PreviousLine,
    NextLine,
    ReportDown,
    ReportUp,
    Confirm,
    DoAll,
    Toggle,
    Remove,
    KeepFirst,
    KeepSecond,
    KeepBoth,
    Reexamine,
}

/// Where keys can go: a pane that has the focus, or what lies on top of the panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Queue,
    Agents,
    Context,
    Decisions,
    Card,
    Entry,
    Task,
    Agent,
    Call,
    Evidence,
    Answer,
    Help,
    Messages,
    EditForm,
    VetoForm,
    RaiseForm,
    InjectForm,
    FinishForm,
    QuitForm,
    Report,
    Prompt,
    ConfirmForm,
    BatchForm,
    Breakpoints,
    Pair,
    Palette,
}

pub struct Row {
    pub action: Action,
    pub name: &'static str,
    /// In the footer; empty where the footer does not mention it.
    pub brief: &'static str,
    pub help: &'static str,
    pub keys: &'static [&'static str],
    pub places: &'static [Place],
}

const PANES: &[Place] = &[P::Queue, P::Agents, P::Context, P::Decisions];
const DECIDES: &[Place] = &[P::Card, P::Decisions];
const CITES: &[Place] = &[P::Card, P::Answer, P::Entry];
const SCROLLS: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Decisions,
    P::Card,
    P::Entry,
    P::Task,
    P::Agent,
    P::Call,
    P::Evidence,
    P::Answer,
    P::Help,
    P::Messages,
    P::Report,
    P::Breakpoints,
    P::Pair,
];
/// Where the cursor is on something that a command can be about.
const ABOUT: &[Place] =
    &[P::Queue, P::Agents, P::Context, P::Decisions, P::Card, P::Entry, P::Task, P::Agent, P::Answer, P::Report];
/// Where the cursor moves by keys that are no text.
const MOVES: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Decisions,
    P::Card,
    P::Entry,
    P::Task,
    P::Agent,
    P::Call,
    P::Evidence,
    P::Answer,
    P::Help,
    P::Messages,
    P::Report,
    P::Breakpoints,
    P::Pair,
    P::BatchForm,
];
/// Where `y` decides nothing.
const COPIES: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Entry,
    P::Task,
    P::Agent,
    P::Call,
    P::Evidence,
    P::Answer,
    P::Help,
    P::Messages,
    P::Report,
    P::Pair,
];
/// Where another moment of the run can be looked at.
const TIMES: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Decisions,
    P::Card,
    P::Entry,
    P::Task,
    P::Agent,
    P::Call,
    P::Evidence,
    P::Answer,
    P::Report,
    P::Breakpoints,
    P::Pair,
];
/// Those of them where ← and → mean nothing else.
const STEPS: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Decisions,
    P::Card,
    P::Task,
    P::Agent,
    P::Evidence,
    P::Answer,
    P::Report,
    P::Breakpoints,
    P::Pair,
];
/// Forms whose text is typed.
const TEXTS: &[Place] = &[P::EditForm, P::RaiseForm, P::InjectForm];
const EVERYWHERE: &[Place] = &[
    P::Queue,
    P::Agents,
    P::Context,
    P::Decisions,
    P::Card,
    P::Entry,
    P::Task,
    P::Agent,
    P::Call,
    P::Evidence,
    P::Answer,
    P::Help,
    P::Messages,
    P::EditForm,
    P::VetoForm,
    P::RaiseForm,
    P::InjectForm,
    P::FinishForm,
    P::QuitForm,
    P::Report,
    P::Prompt,
    P::ConfirmForm,
    P::BatchForm,
    P::Breakpoints,
    P::Pair,
    P::Palette,
];

macro_rules! rows {
    ($($action:ident $name:literal $brief:literal $keys:tt $places:expr, $help:literal;)*) => {
        &[$(Row { action: A::$action, name: $name, brief: $brief, help: $help, keys: &$keys, places: $places }),*]
    };
}

/// In the order of the footer and of the help.
#[rustfmt::skip]
pub const ACTIONS: &[Row] = rows! {
    // What stands open is decided by these keys and by nothing else; the second three are for money.
    Approve          "approve"           "approve"  ["y"]                 DECIDES,  "Approve the decision under the cursor, as proposed.";
    Edit             "edit"              "edit"     ["e"]                 DECIDES,  "Change the proposed text, then approve it.";
    Veto             "veto"              "veto"     ["d"]                 DECIDES,  "Turn the proposal down, with a reason that the agent reads.";
    Raise            "raise"             "raise"    ["r"]                 DECIDES,  "A budget: type a higher cap.";
    FinishWithIt     "finish with it"    "finish"   ["f"]                 &[P::Card, P::Decisions, P::FinishForm], "Finish with what is there.";
    NextCitation     "next citation"     "citation" ["]"]                 CITES,    "The next citation and its evidence.";
    PreviousCitation "previous citation" ""         ["["]                 CITES,    "The previous citation and its evidence.";
    Evidence         "evidence"          "evidence" ["o"]                 CITES,    "The evidence of the citation, in full.";
    NextDecision     "next decision"     "next"     ["tab"]               &[P::Card], "The next open decision.";
    CycleCitation    "turn citations"    ""         ["tab"]               &[P::Answer, P::Entry], "The next citation, and the first after the last.";

    KeepFirst        "keep the first"    "first"    ["1"]                 &[P::Pair], "The first holds: recall the second, with a reason.";
    KeepSecond       "keep the second"   "second"   ["2"]                 &[P::Pair], "The second holds: recall the first, with a reason.";
    KeepBoth         "keep both"         "both"     ["b"]                 &[P::Pair], "Both hold, each in its scope.";
    Reexamine        "look again"        "again"    ["t"]                 &[P::Pair], "A task looks at both again.";

    Accept           "accept"            "accept"   ["ctrl-s", "alt-enter"] TEXTS,  "Send what the form says.";
    Send             "send"              "veto"     ["enter"]             &[P::VetoForm], "Send the veto; it needs a reason.";
    OtherKind        "next choice"       "change"   ["tab"]               &[P::VetoForm, P::InjectForm], "The next choice of the form.";
    PreviousKind     "previous choice"   ""         ["backtab"]           &[P::VetoForm, P::InjectForm], "The previous choice of the form.";
    Detach           "detach"            "detach"   ["d"]                 &[P::QuitForm], "Leave the screen; the run goes on without it.";
    StopAndSave      "stop and save"     "stop"     ["s"]                 &[P::Card, P::Decisions, P::QuitForm], "End this session; the run can be resumed. Among decisions: for a budget alone.";

    // What is looked at moves; the run goes on behind it.
    Live             "back to live"      "live"     ["L"]                 TIMES,    "Back from the past to the run as it is now; ends what is played.";
    Earlier          "earlier"           "earlier"  ["left"]              STEPS,    "One event back in time.";
    Later            "later"             "later"    ["right"]             STEPS,    "One event forward in time.";
    MuchEarlier      "much earlier"      ""         ["shift-left"]        TIMES,    "A tenth of the run back in time.";
    MuchLater        "much later"        ""         ["shift-right"]       TIMES,    "A tenth of the run forward in time.";
    FirstMoment      "first moment"      ""         ["home"]              TIMES,    "To the first event of the run.";
    LastMoment       "last moment"       ""         ["end"]               TIMES,    "To the last event of the run, which is live again.";
    Slower           "slower"            "slower"   ["<"]                 TIMES,    "Play what was recorded at a quarter of the speed.";
    Faster           "faster"            "faster"   [">"]                 TIMES,    "Play what was recorded at four times the speed.";

    Back             "back"              "back"     ["esc"]               EVERYWHERE, "One step back. Never approves, stops or quits.";

    PauseOrResume    "pause or resume"   "pause"    ["space"]             SCROLLS,  "Pause the team at its next checkpoints, or let it go on. In the past: play from there, or halt.";
    Step             "step"              "step"     ["n"]                 SCROLLS,  "Let one agent pass one checkpoint, then hold.";
    Continue         "continue"          "continue" ["c"]                 SCROLLS,  "Let the team go on; takes up a saved run.";
    Inject           "inject"            "inject"   ["i"]                 SCROLLS,  "Add a task, or a FACT or FAIL for every agent to read.";
    Finish           "finish"            ""         ["F"]                 SCROLLS,  "End the work: no further task is begun, the answer is written from what is there. Asks first.";
    Answer           "answer"            "answer"   ["A"]                 SCROLLS,  "The answer and what it cites.";

    Open             "open"              "open"     ["enter"]             &[P::Queue, P::Agents, P::Context, P::Decisions, P::Entry, P::Answer, P::Card, P::Task, P::Agent, P::Report], "Open what the cursor is on. Never approves.";
    Deeper           "deeper"            "deeper"   ["right", "l"]        &[P::Entry], "Gist, then summary, then raw text or trajectory.";
    Shallower        "shallower"         ""         ["left", "h"]         &[P::Entry], "Back from raw text to summary to gist.";

    // What is typed, and the keys that begin to type it.
    Prompt           "command"           "command"  [":"]                 SCROLLS,  "Type a command; help with its words stands above it.";
    CarryOut         "carry out"         "do it"    ["enter"]             &[P::Prompt, P::Palette], "Carry out the line, or do what is marked. A decision is shown first.";
    Complete         "complete"          "complete" ["tab"]               &[P::Prompt], "Take the marked completion; another one with the next press.";
    PreviousLine     "previous line"     "earlier"  ["up"]                &[P::Prompt, P::Palette], "What was typed before; in the palette, up.";
    ReportDown       "page below"        ""         ["pgdn"]              &[P::Prompt, P::Palette], "A page down in the list, or in the report above the line.";
    ReportUp         "page above"        ""         ["pgup"]              &[P::Prompt, P::Palette], "A page up in the list, or in the report above the line.";
    NextLine         "next line"         ""         ["down"]              &[P::Prompt, P::Palette], "What was typed after that; in the palette, down.";
    Palette          "palette"           ""         ["ctrl-p"]            SCROLLS,  "Find what can be done by its words: keys that work here, and commands.";
    Break            "break here"        "break"    ["b"]                 ABOUT,    "A breakpoint on the task, agent, entry or decision under the cursor; its line is typed for you.";
    Breakpoints      "breakpoints"       ""         ["B"]                 SCROLLS,  "All breakpoints, with hits and commands; toggled and removed there.";
    Watch            "watch"             ""         ["w"]                 SCROLLS,  "Watch an expression; what fits the row is typed for you.";
    Until            "until"             ""         ["u"]                 SCROLLS,  "Go on and stop once, at what you type.";
    StepAgent        "step this agent"   ""         ["s"]                 &[P::Queue, P::Agents, P::Task, P::Agent], "Let the selected agent, or the one that holds the task, pass one checkpoint.";
    Recall           "recall"            "recall"   ["r"]                 &[P::Context, P::Entry, P::Report], "An entry is false: shows what rests on it, and begins to type the recall.";
    Why              "why"               "why"      ["W"]                 &[P::Queue, P::Context, P::Entry, P::Task, P::Answer, P::Report], "How an entry, a task's result or a line of the answer came about, and what came of it.";
    Contradictions   "contradictions"    ""         ["C"]                 SCROLLS,  "Entries that may contradict each other, to be settled.";
    Find             "find"              ""         ["/"]                 SCROLLS,  "The first event that made the run contain a text.";
    Undo             "undo"              ""         ["U"]                 SCROLLS,  "Take back what you did last, while nothing has built on it.";
    Always           "always"            "always"   ["a"]                 DECIDES,  "A rule for all of its kind, and what it would have decided in this run.";
    Defer            "defer"             ""         ["D"]                 DECIDES,  "Take it after the others.";
    OtherAnswer      "other answer"      "other"    ["O"]                 &[P::Card, P::Decisions, P::Report], "A decision of the past: types what would fork there and answer it otherwise.";
    Editor           "edit all"          ""         ["E"]                 DECIDES,  "All open decisions as one text in your editor; what it says is shown before it is done.";
    MoveLater        "claim later"       ""         ["J"]                 &[P::Queue], "The selected task is claimed one place later.";
    MoveSooner       "claim sooner"      ""         ["K"]                 &[P::Queue], "The selected task is claimed one place sooner.";
    StopAgent        "stop this agent"   ""         ["x"]                 &[P::Agents, P::Agent], "Stop the selected agent for good; asks first.";
    StopAll          "stop all"          ""         ["X"]                 SCROLLS,  "Stop the team; asks first.";
    DoAll            "do all of it"      "do all"   ["y"]                 &[P::BatchForm], "Decide everything that is listed, as it is listed; its end must have been in sight.";
    Toggle           "on or off"         "on/off"   ["enter", "e"]        &[P::Breakpoints], "Let the breakpoint stop again, or pass for now.";
    Remove           "remove"            "remove"   ["x"]                 &[P::Breakpoints], "Remove the breakpoint.";
    Confirm          "confirm"           "do it"    ["y"]                 &[P::ConfirmForm], "Do what the question asks.";

    NextSection      "next section"      "section"  ["]", "right", "l", "tab"] &[P::Call], "The next section of the call.";
    PreviousSection  "previous section"  ""         ["[", "left", "h", "backtab"] &[P::Call], "The previous section of the call.";
    OtherSide        "other part"        "other"    ["tab"]               &[P::Agent], "From the calls of the agent to its stream, and back.";

    Down             "down"              ""         ["j", "down"]         MOVES,    "Down by one.";
    Up               "up"                ""         ["k", "up"]           MOVES,    "Up by one.";
    PageDown         "page down"         ""         ["pgdn"]              MOVES,    "Down by a page.";
    PageUp           "page up"           ""         ["pgup"]              MOVES,    "Up by a page.";
    HalfDown         "half page down"    ""         ["ctrl-d"]            MOVES,    "Down by half a page.";
    HalfUp           "half page up"      ""         ["ctrl-u"]            MOVES,    "Up by half a page.";
    First            "first"             ""         ["g"]                 MOVES,    "To the beginning.";
    Last             "last"              ""         ["G"]                 MOVES,    "To the end; lists follow it from there.";

    NextPane         "next pane"         ""         ["tab"]               PANES,    "To the next pane.";
    PreviousPane     "previous pane"     ""         ["backtab"]           PANES,    "To the previous pane.";
    QueuePane        "queue"             ""         ["1"]                 PANES,    "To the queue of tasks.";
    AgentsPane       "agents"            ""         ["2"]                 PANES,    "To the agents.";
    ContextPane      "shared context"    ""         ["3"]                 PANES,    "To the shared context.";
    DecisionsPane    "decisions"         "decide"   ["4"]                 PANES,    "To the open decisions.";
    Zoom             "zoom"              "zoom"     ["+"]                 PANES,    "Give the pane the whole screen.";
    Unzoom           "unzoom"            ""         ["_"]                 PANES,    "Back to all panes.";

    Messages         "messages"          ""         ["M"]                 SCROLLS,  "Notices and refusals so far.";
    Quit             "quit"              "quit"     ["q"]                 SCROLLS,  "Leave; asks what becomes of a running team.";
    Copy             "copy"              "copy"     ["y"]                 COPIES,   "Copy the text; of a call and its request, the curl command that sends it again, its key left out.";
    CopyMarkdown     "copy as Markdown"  ""         ["Y"]                 COPIES,   "Copy the text as Markdown.";
    Help             "help"              "help"     ["?"]                 SCROLLS,  "What works here and now.";
    Interrupt        "interrupt"         ""         ["ctrl-c"]            EVERYWHERE, "Once pauses the team; twice within two seconds leaves, with everything saved.";
    Suspend          "suspend"           ""         ["ctrl-z"]            EVERYWHERE, "To the shell, with everything stopped; fg comes back.";
    Redraw           "redraw"            ""         ["ctrl-l"]            EVERYWHERE, "Draw the whole screen again.";
};

/// The row of an action.
#[must_use]
pub fn row(action: Action) -> &'static Row {
    ACTIONS.iter().find(|row| row.action == action).expect("every action has a row: tested")
}

/// What works in a place, in the order of the table.
pub fn rows_in(place: Place) -> impl Iterator<Item = &'static Row> {
    ACTIONS.iter().filter(move |row| row.places.contains(&place))
}

/// What works only where help cannot be asked for: there a question mark is a text, or no answer.
pub fn rows_of_forms() -> impl Iterator<Item = &'static Row> {
    let has_help = |place: &Place| row(A::Help).places.contains(place);
    ACTIONS.iter().filter(move |row| !row.places.iter().any(has_help))
}

/// The README's table of keys.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Key | Action | What it does |\n|---|---|---|\n");
    for row in ACTIONS {
        let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
        text.push_str(&format!("| {} | {} | {} |\n", keys.join(" "), row.name, row.help));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_and_a_full_sentence() {
        let mut seen = std::collections::BTreeSet::new();
        for row in ACTIONS {
            assert!(seen.insert(row.action), "{} stands twice", row.name);
            assert!(row.help.ends_with('.') && !row.places.is_empty() && !row.keys.is_empty(), "{}", row.name);
        }
        assert_eq!(markdown().lines().count(), ACTIONS.len() + 2);
    }

    #[test]
    fn enter_and_esc_never_decide() {
        for action in [A::Approve, A::Edit, A::Veto, A::Raise, A::FinishWithIt, A::StopAndSave, A::Confirm, A::DoAll] {
            assert!(!row(action).keys.iter().any(|key| key.contains("enter") || key.contains("esc")));
        }
    }
}
