//! What the screen itself knows: where the person stands and what was seen between facts. The run is not in here.

use std::collections::BTreeMap;

use crate::run::{AgentId, Choice, Decision, DecisionId, Pace, Run, Timeline};

use super::{
    Attachment, Saving, ScreenOptions, Theme,
    action::Place,
    arming::Arming,
    bodies::Bodies,
    calls::Calls,
    keymap::Keymap,
    lane::Lane,
    layout::{Focus, Regions, Strips, Zoom, regions},
    marks::Marks,
    modal::{Modal, prompt::History},
    msg::{Now, Size},
    notices::Notices,
    pane::{agents::AgentsPane, context::ContextPane, decisions::DecisionsPane, queue::QueuePane},
    player::Player,
    scrub::Past,
    sheet::Sheet,
    stopwatch::Stopwatch,
    stream::Stream,
    watches::Watches,
    words,
};

pub struct Ui {
    pub size: Size,
    pub attachment: Attachment,
    pub options: ScreenOptions,
    pub keymap: Keymap,
    /// When the screen was opened.
    pub started: Now,
    pub now: Now,
    pub focus: Focus,
    pub zoom: Zoom,
    pub queue: QueuePane,
    pub agents: AgentsPane,
    pub context: ContextPane,
    pub decisions: DecisionsPane,
    /// What lies on the panes; the last one is on top and has the keys.
    pub modals: Vec<Modal>,
    pub arming: Arming,
    pub bodies: Bodies,
    pub notices: Notices,
    pub stopwatch: Stopwatch,
    pub streams: BTreeMap<AgentId, Stream>,
    pub lanes: BTreeMap<AgentId, Lane>,
    pub calls: Calls,
    pub marks: Marks,
    pub watches: Watches,
    /// The moment that is looked at, when it is not now.
    pub past: Option<Past>,
    /// What plays the past again.
    pub player: Option<Player>,
    pub saving: Saving,
    /// When each decision opened, in milliseconds since the epoch.
    pub opened: BTreeMap<DecisionId, i64>,
    /// Decisions that were taken, and how, in the order of the log.
    pub answered: Vec<(DecisionId, Choice)>,
    /// Choices that were sent and that the run does not know of yet.
    pub sent: BTreeMap<DecisionId, Now>,
    /// Lines that were typed.
    pub history: History,
    /// The open decisions as a text that was edited and not carried out yet.
    pub sheet: Option<Sheet>,
    pub last_key: Now,
    pub interrupted: Option<Now>,
}

impl Ui {
    #[must_use]
    pub fn new(size: Size, attachment: Attachment, options: ScreenOptions, now: Now) -> Self {
        Ui {
            size,
            attachment,
            options,
            keymap: Keymap::standard(),
            started: now,
            now,
            focus: Focus::Queue,
            zoom: Zoom::Off,
            queue: QueuePane::default(),
            agents: AgentsPane::default(),
            context: ContextPane::default(),
            decisions: DecisionsPane::default(),
            modals: vec![],
            arming: Arming::default(),
            bodies: Bodies::default(),
            notices: Notices::default(),
            stopwatch: Stopwatch::default(),
            streams: BTreeMap::new(),
            lanes: BTreeMap::new(),
            calls: Calls::default(),
            marks: Marks::default(),
            watches: Watches::default(),
            past: None,
            player: None,
            saving: Saving::Goes,
            opened: BTreeMap::new(),
            answered: vec![],
            sent: BTreeMap::new(),
            history: History::default(),
            sheet: None,
            last_key: now,
            interrupted: None,
        }
    }

    #[must_use]
    pub fn regions(&self) -> Regions {
        self.regions_at(self.size)
    }

    /// Where everything would stand on a terminal of another size.
    #[must_use]
    pub fn regions_at(&self, size: Size) -> Regions {
        let strips = Strips { watches: self.watches.len(), past: self.past.is_some() };
        regions(size, self.focus, self.zoom, strips)
    }

    /// What an agent was seen to stream up to the moment that is looked at.
    #[must_use]
    pub fn stream(&self, agent: AgentId) -> Option<&Stream> {
        match &self.past {
            Some(past) => past.tape.streams.get(&agent),
            None => self.streams.get(&agent),
        }
    }

    /// Where keys go now.
    #[must_use]
    pub fn place(&self) -> Place {
        match self.modals.last() {
            Some(modal) => modal.place(),
            None => match self.focus {
                Focus::Queue => Place::Queue,
                Focus::Agents => Place::Agents,
                Focus::Context => Place::Context,
                Focus::Decisions => Place::Decisions,
            },
        }
    }

    /// The decision that the deciding keys would act on: that of the card on top, or the selected row of the focused
    /// pane. A form in front of a card hides it.
    #[must_use]
    pub fn aim(&self, run: &Run) -> Option<DecisionId> {
        match self.modals.last() {
            Some(Modal::Card(card)) => run.decisions.contains_key(&card.id).then_some(card.id),
            Some(_) => None,
            None if self.focus == Focus::Decisions && self.regions().pane(Focus::Decisions).is_some() => {
                self.decisions.selected(run)
            }
            None => None,
        }
    }

    /// Whether the agent whose page is on top has called a model.
    #[must_use]
    pub fn has_calls(&self, run: &Run) -> bool {
        let Some(Modal::Agent(view)) = self.modals.last() else { return false };
        !self.calls.of(view.id(), run.head).is_empty() || run.in_flight.values().any(|call| call.agent == view.id())
    }

    /// What is left until a decision decides itself, and how. Only a team at work has a clock that runs.
    #[must_use]
    pub fn countdown(&self, decision: &Decision, run: &Run) -> Option<String> {
        let runs = self.attachment.is_live() && run.in_session && self.past.is_none();
        let opened = run.opened_at.get(&decision.id).copied();
        words::countdown(decision, opened, runs.then_some(self.now.0))
    }

    /// Whether time passes on the screen. It never does in the past.
    #[must_use]
    pub fn ticks(&self, run: &Run) -> bool {
        self.past.is_none() && self.works(run)
    }

    /// Whether a team is at work on the run, seen or not.
    #[must_use]
    pub fn works(&self, run: &Run) -> bool {
        self.attachment.is_live() && run.outcome.is_none() && run.pace != Pace::Paused
    }

    /// When something changes by the mere passing of time.
    #[must_use]
    pub fn wakes_at(&self, run: &Run) -> Option<Now> {
        let counts = self.attachment.is_live() && run.decisions.values().any(|open| open.deadline.is_some());
        let second = (counts || self.ticks(run)).then(|| Now(self.now.0 + 1000 - self.now.0.rem_euclid(1000)));
        let player = self.player.as_ref().and_then(Player::wakes_at);
        [second, player, self.arming.wakes_at(), self.notices.fades_at()]
            .into_iter()
            .chain(self.modals.iter().map(Modal::wakes_at))
            .flatten()
            .filter(|at| *at > self.now)
            .min()
    }
}

/// Everything that drawing reads.
#[derive(Clone, Copy)]
pub struct Screen<'a> {
    pub ui: &'a Ui,
    pub timeline: &'a Timeline,
    pub theme: &'a Theme,
}

impl Screen<'_> {
    #[must_use]
    pub fn run(&self) -> &Run {
        self.timeline.run()
    }

    /// The time until which everything is shown: now, or that of the moment, in milliseconds since the epoch.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.ui.past.as_ref().map_or(self.ui.now.0, |past| past.until)
    }
}
