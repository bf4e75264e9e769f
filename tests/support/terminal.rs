//! The real program in a pseudo-terminal, and the screen that a person would see. Waiting is for bytes, never for time.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a wait may take on a busy machine before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct Shared {
    parser: Mutex<Seen>,
    changed: Condvar,
}

struct Seen {
    parser: vt100::Parser,
    /// When its last bytes came.
    came: Instant,
    /// The program has closed its side.
    closed: bool,
}

pub struct Terminal {
    /// When the program was on its way: it is loaded, and nothing of it has run.
    started: Instant,
    shared: Arc<Shared>,
    writer: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // Kept open: closing it hangs the program up.
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the program with these arguments.
    pub fn start(args: &[&str], size: (u16, u16)) -> Self {
        Terminal::start_in(Path::new(env!("CARGO_MANIFEST_DIR")), args, &[], size)
    }

    /// Starts the program in a folder, with these variables besides.
    pub fn start_in(folder: &Path, args: &[&str], env: &[(&str, &str)], (columns, rows): (u16, u16)) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_delm"));
        command.args(args);
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        // Settings and keys of whoever runs the tests are nobody's business here.
        let own = |name: &str| name == "NO_COLOR" || name.starts_with("DELM_") || name.ends_with("_API_KEY");
        for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
            command.env_remove(name);
        }
        env.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        let started = Instant::now();
        drop(pair.slave);
        let parser = vt100::Parser::new(cells(rows), cells(columns), 200);
        let shared = Arc::new(Shared {
            parser: Mutex::new(Seen { parser, came: started, closed: false }),
            changed: Condvar::new(),
        });
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let seen = Arc::clone(&shared);
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            loop {
                let read = reader.read(&mut bytes).unwrap_or(0);
                let came = Instant::now();
                // A test that failed while looking is no reason to stop reading.
                let mut state = seen.parser.lock().unwrap_or_else(PoisonError::into_inner);
                state.parser.process(&bytes[..read]);
                state.came = came;
                state.closed |= read == 0;
                seen.changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Terminal { started, shared, writer, child, master: pair.master }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// The text of the screen, a line a row.
    pub fn text(&self) -> String {
        self.shared.parser.lock().unwrap().parser.screen().contents()
    }

    /// Looks at the screen as it is now.
    pub fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shared.parser.lock().unwrap().parser.screen())
    }

    /// Waits until a look at the screen finds what is wanted; fails with the screen when it never does.
    pub fn look_until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.parser.lock().unwrap();
        while !wanted(state.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let lost = left.is_zero() || state.closed;
            assert!(!lost, "never saw {what}; the screen is\n{}", state.parser.screen().contents());
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// How long after its start the program had sent the last that is seen.
    pub fn age(&self) -> Duration {
        self.shared.parser.lock().unwrap().came - self.started
    }

    /// Waits until the screen is as wanted; fails with the screen when it never is.
    pub fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.parser.lock().unwrap();
        loop {
            let text = state.parser.screen().contents();
            if wanted(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !state.closed, "never saw {what}; the screen is\n{text}");
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until the screen is as wanted; `None` when the program has ended before.
    pub fn wait(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.parser.lock().unwrap();
        loop {
            let text = state.parser.screen().contents();
            if state.closed || wanted(&text) {
                return (!state.closed).then_some(text);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it stands still; the screen is\n{text}");
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Types, if the program still runs.
    pub fn try_press(&mut self, keys: &str) {
        let _ = self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush());
    }

    /// Waits until a text is on the screen.
    pub fn see(&self, text: &str) -> String {
        self.until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Types text, or keys by their bytes.
    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn resize(&self, (columns, rows): (u16, u16)) {
        self.shared.parser.lock().unwrap().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits until the program has ended, and gives its exit code and what is left on the normal screen.
    pub fn end(self) -> (u32, String) {
        let (status, text) = self.end_status();
        (status.exit_code(), text)
    }

    /// The same with how it ended, a signal perhaps.
    pub fn end_status(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.parser.lock().unwrap();
        while !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "does not end; the screen is\n{}", state.parser.screen().contents());
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        let text = state.parser.screen().contents();
        drop(state);
        (self.child.wait().unwrap(), text)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed leaves no program behind; one that passed has none left.
        let _ = self.child.kill();
    }
}

fn cells(count: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(count).expect("a terminal has cells")
}
