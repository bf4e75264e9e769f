//! Carries facts, text and bodies to the screen, commands to the engine, and what is asked of other runs to whoever can
//! answer it. It waits for the screen and for the engine, never for an answer.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use crate::{
    app::{
        Kept, Minds, Recorder, Recording, Saved, Stand,
        follow::{Following, Seen},
        headless,
        saved::{held, to_repair},
    },
    engine::{Audience, Engine, EngineError, Tap, Trouble},
    run::{BlobId, Command, Event, Live, Log as _, Parting, Run, Seq, line::Look, rules::human},
    store::{Reread, RunDir},
    tui::{Attachment, Feed, Saving},
};

use super::{Ended, asked::Asked};

/// Batches of events on their way to the screen. Full: the sequencer keeps them for its next batch.
const BATCHES: usize = 64;

/// Events of the past on their way to the screen at a time: few enough that a key between two of them is not felt.
const HISTORY: usize = 128;

/// From one look at what agents say to the next: the screen draws it no oftener, and pieces that merge meanwhile wake
/// nobody.
const BEAT: Duration = Duration::from_millis(33);

enum State {
    /// No agents yet; taken when they start.
    Saved(Option<Box<Saved>>),
    /// In the hands of another process.
    Following(Box<Following>),
    /// With its events, and why nothing can be saved for now.
    Live(Engine, mpsc::Receiver<Vec<Event>>, watch::Receiver<Option<Trouble>>),
}

/// The pump's ends of the screen's door.
pub struct Ends {
    pub feed: mpsc::Sender<Feed>,
    pub commands: mpsc::Receiver<Command>,
    pub wanted: mpsc::Receiver<BlobId>,
    pub asked: mpsc::Receiver<Look>,
}

pub struct Pump {
    kept: Kept,
    tap: Tap,
    runs: RunDir,
    minds: Minds,
    /// Said as the screen opens.
    pub greeting: Option<String>,
    /// Writes down what is done.
    pub recorder: Option<Recorder>,
    /// Taken when the agents start.
    recording: Option<Recording>,
    /// Folded beside the screen's, so that leaving needs no screen.
    run: Run,
    state: State,
    /// What happened before the run was opened, as long as the screen has not been told all of it.
    history: Option<mpsc::Receiver<Result<Vec<Event>, String>>>,
    lost: Option<EngineError>,
}

impl Pump {
    pub fn new(saved: Saved, recording: Option<Recording>, (runs, minds): (RunDir, Minds)) -> Self {
        Pump {
            kept: saved.keep(),
            tap: Tap::open(),
            runs,
            minds,
            greeting: None,
            recorder: None,
            recording,
            run: saved.run.clone(),
            state: State::Saved(Some(Box::new(saved))),
            history: None,
            lost: None,
        }
    }

    /// Another process has the run in hand.
    pub fn follow(&mut self, following: Following) {
        let told = format!("{} has this run in hand: what you do here is sent to it", following.name);
        self.greeting = Some(self.greeting.take().unwrap_or(told));
        self.state = State::Following(Box::new(following));
    }

    pub async fn run(mut self, attachment: Attachment, ends: Ends) -> anyhow::Result<Ended> {
        let Ends { feed, mut commands, mut wanted, mut asked } = ends;
        self.history = Some(history(self.kept.log(), self.run.head));
        if let Some(greeting) = self.greeting.take() {
            notice(&feed, greeting).await;
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.begins(&self.kept.id, attachment == Attachment::Live);
        }
        if attachment == Attachment::Live
            && let Err(why) = self.take_up(&feed, Stand::Follow).await
        {
            notice(&feed, format!("{why:#}")).await;
            let _ = feed.send(Feed::Closed).await;
        }
        let mut look_at = Instant::now();
        // The screen's door closing is the sign to stop.
        while !feed.is_closed() {
            tokio::select! {
                Some(batch) = next_of(&mut self.history) => self.tell(&feed, batch).await,
                news = next_news(&mut self.state) => match news {
                    News::Events(batch) => self.show(&feed, batch).await,
                    News::Seen(seen) => self.see(&feed, seen).await,
                    News::Waits(why) => {
                        notice(&feed, headless::waiting(why.as_deref())).await;
                        let saving = if why.is_some() { Saving::Waits } else { Saving::Goes };
                        let _ = feed.send(Feed::Saving(saving)).await;
                    }
                    News::Closed => self.lose(&feed).await,
                },
                seen = look(&self.tap, look_at) => {
                    look_at = Instant::now() + BEAT;
                    let _ = feed.send(Feed::Live(seen)).await;
                }
                Some(id) = wanted.recv() => self.fetch(&feed, id).await,
                Some(look) = asked.recv() => {
                    let asked = Asked { runs: self.runs.clone(), minds: self.minds.clone(), of: self.kept.id.clone() };
                    // It may take long, and sends what it finds by itself; a screen that has gone is not told.
                    tokio::spawn(asked.answer(look, feed.clone()));
                }
                command = commands.recv() => match command {
                    Some(command) => self.carry(&feed, command).await,
                    None => break,
                },
                () = feed.closed() => break,
            }
        }
        // Whoever decides and leaves in the same breath has decided.
        while let Ok(command) = commands.try_recv() {
            self.carry(&feed, command).await;
        }
        self.tap.close();
        if let Some(recorder) = &mut self.recorder {
            recorder.ends(&self.run);
        }
        let holder = match &self.state {
            State::Following(following) => Some(following.name.clone()),
            _ => None,
        };
        let engine = match self.state {
            State::Live(engine, events, _) => Some((engine, events)),
            State::Saved(_) | State::Following(_) => None,
        };
        let holder = holder.filter(|_| self.run.outcome.is_none());
        Ok(Ended { run: self.run, kept: self.kept, recorder: self.recorder, engine, holder, lost: self.lost })
    }

    /// What another process has written; and whether it still has the run.
    async fn see(&mut self, feed: &mpsc::Sender<Feed>, seen: Seen) {
        let Seen { events, told, is_over } = seen;
        if !events.is_empty() {
            self.show(feed, events).await;
        }
        for said in told {
            notice(feed, said).await;
        }
        if is_over {
            self.state = State::Saved(None);
            let _ = feed.send(Feed::Closed).await;
        }
    }

    /// The log cannot be written any more, so the agents have stopped; the screen stays for whoever wants to read.
    async fn lose(&mut self, feed: &mpsc::Sender<Feed>) {
        let State::Live(engine, ..) = std::mem::replace(&mut self.state, State::Saved(None)) else { return };
        self.lost = engine.stop(Parting::Interrupted).await.err();
        let why = self.why_lost();
        notice(feed, why).await;
        let _ = feed.send(Feed::Closed).await;
    }

    fn why_lost(&self) -> String {
        self.lost.as_ref().map_or_else(String::new, |error| format!("the team has stopped: {error}"))
    }

    /// What happened in the run before it was opened.
    async fn tell(&mut self, feed: &mpsc::Sender<Feed>, batch: Result<Vec<Event>, String>) {
        let told = batch.map_or_else(|why| Feed::Lost(format!("{why}; {}", to_repair(&self.kept.id))), Feed::Facts);
        let _ = feed.send(told).await;
    }

    async fn show(&mut self, feed: &mpsc::Sender<Feed>, batch: Vec<Event>) {
        // What happened before comes before.
        while let Some(batch) = next_of(&mut self.history).await {
            self.tell(feed, batch).await;
        }
        batch.iter().for_each(|event| self.run.apply(event));
        let _ = feed.send(Feed::Facts(batch)).await;
    }

    async fn fetch(&mut self, feed: &mpsc::Sender<Feed>, id: BlobId) {
        let body = match tokio::task::block_in_place(|| self.kept.body(id)) {
            Ok(bytes) => Feed::Body { id, bytes: Arc::from(bytes) },
            Err(why) => Feed::Missing { id, why: why.to_string() },
        };
        let _ = feed.send(body).await;
    }

    async fn carry(&mut self, feed: &mpsc::Sender<Feed>, command: Command) {
        if self.lost.is_some() {
            return notice(feed, self.why_lost()).await;
        }
        if let State::Following(following) = &mut self.state {
            let told = tokio::task::block_in_place(|| following.post(&command));
            return notice(feed, told.unwrap_or_else(|error| format!("not sent: {error}"))).await;
        }
        let before = self.recorder.is_some().then(|| self.run.clone());
        let done = match (&self.state, &self.run.outcome) {
            (State::Saved(_) | State::Following(_), Some(_)) => self.reopen(feed, &command).await,
            (State::Live(..), Some(_)) => match human::after_the_end(&self.run, &command) {
                Ok(()) => self.command(command.clone()).await,
                Err(refusal) => Err(refusal.into()),
            },
            (State::Live(..), None) => self.command(command.clone()).await,
            (_, None) => self.begin(feed, command.clone()).await,
        };
        match (done, &mut self.recorder, before) {
            (Ok(()), Some(recorder), Some(before)) => recorder.write(&before, &command),
            (Ok(()), ..) => {}
            (Err(why), ..) => notice(feed, format!("{why:#}")).await,
        }
    }

    /// A saved run is taken up by what is done to it.
    async fn begin(&mut self, feed: &mpsc::Sender<Feed>, command: Command) -> anyhow::Result<()> {
        // Going on is what taking up does; anything else is done to a held team.
        if command == Command::Resume {
            return self.take_up(feed, Stand::Follow).await;
        }
        self.take_up(feed, Stand::Hold).await?;
        if let State::Live(engine, ..) = &self.state {
            let mut progress = engine.progress();
            let _ = progress.wait_for(|progress| progress.done).await;
        }
        // Where nobody moves, nobody says that the pause is complete. While nothing can be saved, both wait.
        let held = self.command(Command::Pause).await;
        self.command(command).await.and(held)
    }

    /// What may still be done to a run that has ended. When that opens it again, its agents go to work.
    async fn reopen(&mut self, feed: &mpsc::Sender<Feed>, command: &Command) -> anyhow::Result<()> {
        human::after_the_end(&self.run, command)?;
        // Nothing is changed when nobody could go on with it.
        tokio::task::block_in_place(|| self.minds.of(&self.run.options))?;
        let mut saved = tokio::task::block_in_place(|| Saved::open_to_write(&self.runs, &self.kept.id.0))?;
        saved.amend(command)?;
        let news = saved.timeline.events_after(self.run.head).map(Arc::unwrap_or_clone).collect();
        self.state = State::Saved(Some(Box::new(saved)));
        self.show(feed, news).await;
        match self.run.outcome {
            Some(_) => Ok(()),
            None => self.take_up(feed, Stand::Follow).await,
        }
    }

    async fn command(&mut self, command: Command) -> anyhow::Result<()> {
        let State::Live(engine, _, trouble) = &mut self.state else { return Ok(()) };
        let done = engine.command(command).await;
        if done.is_err() && trouble.borrow().is_some() {
            // It says what the last try came to; told twice, it would be hidden at once.
            trouble.mark_unchanged();
        }
        Ok(done?)
    }

    /// Starts the agents, held before anybody moves or not. When that fails the run is looked at as before.
    async fn take_up(&mut self, feed: &mpsc::Sender<Feed>, stand: Stand) -> anyhow::Result<()> {
        let State::Saved(saved) = &mut self.state else { return Ok(()) };
        let mind = tokio::task::block_in_place(|| self.minds.of(&self.run.options))?;
        let saved = match saved.take() {
            Some(saved) => *saved,
            None => Saved::open(&self.runs, &self.kept.id.0)?,
        };
        // Whoever had it meanwhile may have gone on.
        let unseen: Vec<Event> = saved.timeline.events_after(self.run.head).map(Arc::unwrap_or_clone).collect();
        if !unseen.is_empty() {
            self.show(feed, unseen).await;
        }
        let (sender, events) = mpsc::channel(BATCHES);
        let replay = self.recording.take().map(|recording| recording.split().0).unwrap_or_default();
        let replay = match stand {
            Stand::Follow => replay,
            Stand::Hold => held(&saved.run, replay),
        };
        let engine = saved.start(mind, Some(Audience::new(sender)), self.tap.clone(), replay).await?;
        let trouble = engine.trouble();
        self.state = State::Live(engine, events, trouble);
        Ok(())
    }
}

/// The log of a run from its beginning, read beside everything else.
fn history(log: Reread, upto: Seq) -> mpsc::Receiver<Result<Vec<Event>, String>> {
    let (sender, batches) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let mut after = Seq(0);
        while after < upto {
            let batch = log.read(after, HISTORY.min((upto.0 - after.0) as usize));
            after = batch.as_ref().ok().and_then(|events| events.last()).map_or(upto, |event| event.seq);
            if sender.blocking_send(batch).is_err() {
                return;
            }
        }
    });
    batches
}

/// `None` at once when there is none, or no more. Cancel-safe.
async fn next_of(
    history: &mut Option<mpsc::Receiver<Result<Vec<Event>, String>>>,
) -> Option<Result<Vec<Event>, String>> {
    let batch = history.as_mut()?.recv().await;
    if batch.is_none() {
        *history = None;
    }
    batch
}

/// What agents did since the last look, from a moment on. Cancel-safe.
async fn look(tap: &Tap, from: Instant) -> Vec<Live> {
    sleep_until(from).await;
    tap.look().await
}

async fn notice(feed: &mpsc::Sender<Feed>, text: String) {
    let _ = feed.send(Feed::Notice(text)).await;
}

/// What the engine has to tell.
enum News {
    Events(Vec<Event>),
    /// Of another process.
    Seen(Seen),
    /// Nothing can be saved, for this reason; or it can again.
    Waits(Option<String>),
    /// It writes no more.
    Closed,
}

/// Never returns when there is no engine. Cancel-safe.
async fn next_news(state: &mut State) -> News {
    let (events, trouble) = match state {
        State::Live(_, events, trouble) => (events, trouble),
        State::Following(following) => return News::Seen(following.next().await),
        State::Saved(_) => return std::future::pending().await,
    };
    tokio::select! {
        batch = events.recv() => batch.map_or(News::Closed, News::Events),
        Ok(()) = trouble.changed() => {
            News::Waits(trouble.borrow_and_update().as_ref().map(|trouble| trouble.why.clone()))
        }
    }
}

#[cfg(test)]
mod tests;
