//! The terminal while the screen owns it: alternate screen, raw keys, bracketed paste. Dropping gives it back, and so
//! does a panic, before it says what happened. The mouse is left to the terminal.

use std::{
    io::{self, Stdout, stdout},
    panic,
    process::Command,
    sync::{Mutex, Once, PoisonError},
    thread::{self, ThreadId},
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, EnableBracketedPaste},
    execute,
    terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Terminal, backend::CrosstermBackend};

static HOOK: Once = Once::new();

/// The thread that the screen runs on, and what other threads said when they panicked: their panics may be caught, so
/// the screen goes on and the words wait until it is left.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);
static OVERHEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The terminal, taken over.
#[derive(Debug)]
pub struct Guard {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                let owner = *OWNER.lock().unwrap_or_else(PoisonError::into_inner);
                if owner.is_some_and(|owner| owner != thread::current().id()) {
                    OVERHEARD.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
                    return;
                }
                let _ = give_back();
                before(info);
            }));
        });
        take()?;
        Guard::own();
        // From here on dropping gives it back, whatever fails.
        let guard = Guard { terminal: Terminal::new(CrosstermBackend::new(stdout()))? };
        Ok(guard)
    }

    /// Says that the screen runs on this thread from now on.
    pub fn own() {
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
    }

    /// Gives the terminal to another program.
    ///
    /// # Errors
    /// When it cannot be given back.
    pub fn lend(&mut self) -> io::Result<()> {
        give_back()
    }

    /// Takes the terminal again after it was lent.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn retake(&mut self) -> io::Result<()> {
        take()?;
        self.blank()
    }

    /// Forgets what was drawn, so that every cell is drawn again. Asks the terminal nothing: its answer would come by
    /// the way of the keys, where somebody else may be reading.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn blank(&mut self) -> io::Result<()> {
        execute!(stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }

    /// Stops this process as Ctrl-Z would have done, and takes the terminal again when the shell continues it.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.lend()?;
        // To the whole process group, as the terminal itself sends it; without `unsafe` there is no way but a child.
        let _ = Command::new("kill").args(["-TSTP", "0"]).status();
        self.retake()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = give_back();
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = None;
        for words in OVERHEARD.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            eprintln!("{words}");
        }
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste).inspect_err(|_| {
        let _ = disable_raw_mode();
    })
}

fn give_back() -> io::Result<()> {
    let left = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    disable_raw_mode().and(left)
}
