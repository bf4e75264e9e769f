//! One call, whole: what it cost and how it went, the exact request, the reply as it was read and as it came, and what
//! changed since the call of its kind before.
//!
//! Bodies are fetched when their section is looked at, read once, and laid out only at their two ends when they are long.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    run::{AgentId, BlobId, Call, Timeline, Trace},
    tui::{
        action::Action,
        bodies::{Bodies, Body},
        calls::{Came, Place},
        copy::{Form, MOST},
        curl::curl,
        msg::Effect,
        request::{Prefix, Sent},
        theme::Role,
        ui::{Screen, Ui},
        widget::{
            frame::{self, Titles},
            page::{Page, fenced},
            row::Row,
        },
        words,
    },
};

use super::{
    Flow, call_page,
    reader::{Reader, inside},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Call,
    Request,
    Reply,
    Raw,
    Changes,
}

const SECTIONS: [(Section, &str); 5] = [
    (Section::Call, "call"),
    (Section::Request, "request"),
    (Section::Reply, "reply"),
    (Section::Raw, "raw reply"),
    (Section::Changes, "changes"),
];

/// A body as far as it is here; what it was read as is kept.
#[derive(Debug, Clone)]
enum Loaded<T> {
    Not(String),
    Here(T),
}

impl<T> Loaded<T> {
    fn here(&self) -> Option<&T> {
        match self {
            Loaded::Here(it) => Some(it),
            Loaded::Not(_) => None,
        }
    }

    /// Looks for the body unless it was read already.
    fn load(&mut self, id: BlobId, bodies: &mut Bodies, effects: &mut Vec<Effect>, read: impl Fn(&[u8]) -> T) {
        if self.here().is_some() {
            return;
        }
        *self = match bodies.want(id, effects) {
            Body::Waiting => Loaded::Not("fetching…".to_owned()),
            Body::Missing(why) => Loaded::Not(format!("it is missing: {why}")),
            Body::Here(bytes) => Loaded::Here(read(&bytes)),
        };
    }
}

pub struct CallView {
    agent: AgentId,
    /// Its place among the calls of its agent.
    at: usize,
    section: Section,
    reader: Reader,
    trace: Loaded<Option<Trace>>,
    request: Loaded<Option<Sent>>,
    before: Loaded<Option<Sent>>,
}

impl CallView {
    #[must_use]
    pub fn new(agent: AgentId, at: usize) -> Self {
        let not = || "fetching…".to_owned();
        let (trace, request, before) = (Loaded::Not(not()), Loaded::Not(not()), Loaded::Not(not()));
        CallView { agent, at, section: Section::Call, reader: Reader::default(), trace, request, before }
    }

    /// Where it came back, if it had by the moment that is looked at.
    #[must_use]
    pub fn place(&self, ui: &Ui, timeline: &Timeline) -> Option<Place> {
        ui.calls.of(self.agent, timeline.run().head).get(self.at).copied()
    }

    /// The call of the same kind that this agent made before.
    fn earlier(&self, call: &Call, ui: &Ui, timeline: &Timeline) -> Option<Came> {
        let earlier = ui.calls.of(self.agent, timeline.run().head).iter().take(self.at).rev();
        earlier.filter_map(|place| place.call(timeline)).find(|other| other.kind == call.kind)
    }

    fn turn(&mut self, by: usize) {
        let at = (self.section as usize + by) % SECTIONS.len();
        self.section = SECTIONS[at].0;
        self.reader.restart();
    }

    pub fn outdate(&mut self) {
        self.reader.outdate();
    }

    pub fn on_action(&mut self, action: Action, _: &mut Ui, _: &Timeline, _: &mut Vec<Effect>) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::NextSection => self.turn(1),
            Action::PreviousSection => self.turn(SECTIONS.len() - 1),
            action => self.reader.on_action(action),
        }
        Flow::Stay
    }

    pub fn settle(&mut self, ui: &mut Ui, timeline: &Timeline, area: Rect, effects: &mut Vec<Effect>) {
        let stamp = (ui.bodies.version, self.section as u64);
        if self.reader.is_stale(stamp)
            && let Some(place) = self.place(ui, timeline)
            && let Some(call) = place.call(timeline)
        {
            let page = self.page(&call, place, ui, timeline, effects);
            self.reader.refresh(stamp, || page);
        }
        self.reader.settle(text_area(area));
    }

    fn load(&mut self, call: &Call, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) {
        if self.section == Section::Call {
            // For whoever copies the command: a key does not wait.
            let _ = ui.bodies.want(call.request, effects);
        }
        match self.section {
            Section::Call | Section::Reply => match call.trace {
                Some(id) => self.trace.load(id, &mut ui.bodies, effects, |bytes| serde_json::from_slice(bytes).ok()),
                None => self.trace = Loaded::Here(None),
            },
            Section::Request | Section::Changes => {
                self.request.load(call.request, &mut ui.bodies, effects, Sent::read);
                match self.earlier(call, ui, timeline).map(|call| call.request) {
                    Some(id) => self.before.load(id, &mut ui.bodies, effects, Sent::read),
                    None => self.before = Loaded::Here(None),
                }
            }
            Section::Raw => {}
        }
    }

    fn page(&mut self, call: &Call, place: Place, ui: &mut Ui, timeline: &Timeline, effects: &mut Vec<Effect>) -> Page {
        self.load(call, ui, timeline, effects);
        let mut page = Page::default();
        match (self.section, &self.trace, &self.request) {
            (Section::Call, Loaded::Not(why), _) => call_page::call(&mut page, call, place.attempt, Err(why)),
            (Section::Call, Loaded::Here(trace), _) => {
                call_page::call(&mut page, call, place.attempt, Ok(trace.as_ref()));
            }
            (Section::Reply, Loaded::Here(Some(trace)), _) => call_page::reply(&mut page, trace, call),
            (Section::Reply, Loaded::Here(None), _) => note(&mut page, "how it went was not recorded"),
            (Section::Reply, Loaded::Not(why), _) => note(&mut page, why),
            (Section::Request | Section::Changes, _, Loaded::Not(why)) => note(&mut page, why),
            (Section::Request, _, Loaded::Here(Some(sent))) => {
                call_page::request(&mut page, sent, self.prefix(sent, call));
            }
            (Section::Changes, _, Loaded::Here(Some(sent))) => {
                let earlier = self.earlier(call, ui, timeline);
                match (earlier, &self.before) {
                    (None, _) => note(&mut page, "it is the first call of its kind of this agent"),
                    (_, Loaded::Not(why)) => note(&mut page, why),
                    (Some(earlier), Loaded::Here(Some(before))) => {
                        call_page::changes(&mut page, earlier.id, &before.text(), &sent.text());
                    }
                    (Some(_), Loaded::Here(None)) => note(&mut page, "the request before it cannot be read"),
                }
            }
            (Section::Request, _, Loaded::Here(None)) => body(&mut page, call.request, ui, effects),
            (Section::Changes, _, Loaded::Here(None)) => note(&mut page, "it cannot be read as messages"),
            (Section::Raw, ..) => match call.reply {
                Some(id) => body(&mut page, id, ui, effects),
                None => note(&mut page, "no reply came"),
            },
        }
        page
    }

    fn prefix(&self, sent: &Sent, call: &Call) -> Prefix {
        sent.prefix(call.stable, self.before.here().and_then(Option::as_ref))
    }

    /// The text of the section; of the call and of its request the command that sends it again.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub fn copied(&self, form: Form, ui: &Ui, timeline: &Timeline) -> Result<String, String> {
        let call =
            self.place(ui, timeline).and_then(|place| place.call(timeline)).ok_or("the call is not in the log")?;
        let bytes = |id: Option<BlobId>| id.and_then(|id| ui.bodies.held(id));
        let text = match (self.section, form) {
            (Section::Call | Section::Request, Form::Text) => {
                let body = bytes(Some(call.request)).ok_or("the request is not here yet: look at its section first")?;
                let sent = Sent::read(&body);
                let options = &timeline.run().options;
                let base_url = options.base_url.as_deref().filter(|_| options.model == call.model);
                return match sent.and_then(|sent| curl(sent.wire, &body, &call.model, base_url)) {
                    Some(command) if command.len() > MOST => {
                        let size = words::bytes(command.len());
                        Err(format!("its command would be {size}: terminals take {}", words::bytes(MOST)))
                    }
                    Some(command) => Ok(command),
                    // Half a command is worse than none, but half a text is half a text.
                    None => Ok(String::from_utf8_lossy(&body).into_owned()),
                };
            }
            (Section::Request, Form::Markdown) => {
                let parts = self.request.here().and_then(Option::as_ref).map(|sent| sent.parts.as_slice());
                parts
                    .unwrap_or_default()
                    .iter()
                    .map(|part| format!("## {}\n{}", part.role, fenced(&part.text)))
                    .collect()
            }
            (Section::Reply, _) => {
                let trace = self.trace.here().and_then(Option::as_ref).ok_or("the reply is not here yet")?;
                if form == Form::Text { trace.text.clone() } else { fenced(&trace.text) }
            }
            (Section::Raw, _) => {
                let body = bytes(call.reply).ok_or("the reply is not here")?;
                let text = String::from_utf8_lossy(&body);
                if form == Form::Text { text.into_owned() } else { fenced(&text) }
            }
            (Section::Call | Section::Changes, Form::Markdown) => self.reader.page().markdown(),
            (Section::Changes, Form::Text) => self.reader.page().text(),
        };
        Ok(text)
    }

    pub fn draw(&self, buffer: &mut Buffer, area: Rect, screen: &Screen) {
        let call = self.place(screen.ui, screen.timeline).and_then(|place| place.call(screen.timeline));
        let call = call.as_deref();
        let name = call.map_or_else(String::new, |call| format!("{} {} {}", call.id, call.kind.letter(), call.kind));
        let task = call.and_then(|call| call.task).map(|task| format!(" {task}")).unwrap_or_default();
        let titles = Titles {
            name,
            more: format!("{}{task}", self.agent),
            right: call.map(|call| call.model.clone()).unwrap_or_default(),
            place: self.reader.place(),
            beyond: self.reader.beyond(),
        };
        let titles = Titles { right: crate::plain::plain_line(&titles.right).into_owned(), ..titles };
        frame::draw_over(buffer, area, titles, screen.theme);
        let mut tabs = Row::new(usize::from(inside(area).width));
        for (section, name) in SECTIONS {
            let (mark, role) = if section == self.section { ("▸", Role::Focus) } else { (" ", Role::Dim) };
            tabs.push(format!("{mark}{name} "), screen.theme.style(role));
        }
        tabs.draw(buffer, inside(area).x, inside(area).y);
        self.reader.draw(buffer, text_area(area), screen.theme);
    }
}

/// Below the names of the sections.
fn text_area(area: Rect) -> Rect {
    let inside = inside(area);
    Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside }
}

fn note(page: &mut Page, why: &str) {
    page.line(why, Role::Dim);
}

/// A body as it is.
fn body(page: &mut Page, id: BlobId, ui: &mut Ui, effects: &mut Vec<Effect>) {
    match ui.bodies.want(id, effects) {
        Body::Waiting => note(page, "fetching…"),
        Body::Missing(why) => note(page, &format!("it is missing: {why}")),
        Body::Here(bytes) => {
            page.line(&words::bytes(bytes.len()), Role::Dim);
            call_page::verbatim(page, &bytes, Role::Text);
        }
    }
}
