//! The parent's side of reading a PDF: one child process for each, since the parser may panic, hang or run away.
//! It trusts nothing that comes back but the exit code.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use super::{document::Reason, intake::ReadOptions, pdf_child::PDF_TEXT};

/// What Rust says when it cannot allocate.
const OUT_OF_MEMORY: &str = "memory allocation of";

/// The longest reason taken from a child, in bytes.
const REASON: u64 = 400;

/// The text of a PDF, its lines without trailing white space and never two blank lines in a row.
///
/// Errors: every way a child can end without text, each with its own reason.
pub(super) fn text(bytes: Vec<u8>, options: &ReadOptions) -> Result<String, Reason> {
    let program = options.pdf_program.as_deref().ok_or(Reason::NoPdfProgram)?;
    let mut child = Running(start(program)?);
    // Before it gets a byte to read.
    limit(&child.0, options.pdf_memory)?;
    let mut stdin = child.0.stdin.take().expect("the child's input is piped");
    let stdout = child.0.stdout.take().expect("the child's output is piped");
    let stderr = child.0.stderr.take().expect("the child's errors are piped");
    // Three threads, for a child that fills one pipe while we wait on another would wait for ever. When the child dies
    // all three see the end of their pipe.
    thread::spawn(move || {
        let _ = stdin.write_all(&bytes); // A child that gave up early has said why.
    });
    let (said, why) = mpsc::channel();
    thread::spawn(move || said.send(read(stderr, REASON)));
    let (done, output) = mpsc::channel();
    let most = options.pdf_text_bytes;
    thread::spawn(move || done.send(read(stdout, most.saturating_add(1))));
    let output = output.recv_timeout(options.pdf_time).map_err(|_| Reason::PdfTooSlow(options.pdf_time))??;
    if output.len() as u64 > most {
        return Err(Reason::PdfTooLong(most));
    }
    // Its output is closed, so it is about to end.
    let status = child.0.wait()?;
    if !status.success() {
        let why = why.recv_timeout(options.pdf_time).ok().and_then(Result::ok).unwrap_or_default();
        if String::from_utf8_lossy(&why).contains(OUT_OF_MEMORY) {
            return Err(Reason::PdfTooLarge(options.pdf_memory));
        }
        return Err(Reason::Pdf(explained(&String::from_utf8_lossy(&why), status)));
    }
    let text = tidy(&String::from_utf8_lossy(&output));
    if text.trim().is_empty() { Err(Reason::NoTextLayer) } else { Ok(text) }
}

/// A child that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Holds a child to its memory, and keeps it from leaving a picture of it on the disk when it hits the limit.
#[cfg(target_os = "linux")]
fn limit(child: &Child, memory: u64) -> io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    let pid = Pid::from_child(child);
    prlimit(Some(pid), Resource::As, most(memory))?;
    prlimit(Some(pid), Resource::Core, most(0))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn limit(_: &Child, _: u64) -> io::Result<()> {
    Ok(())
}

fn start(program: &Path) -> io::Result<Child> {
    Command::new(program).arg(PDF_TEXT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

fn read(pipe: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn explained(why: &str, status: ExitStatus) -> String {
    match why.lines().next().map(str::trim).filter(|line| !line.is_empty() && status.code().is_some()) {
        Some(line) => line.to_owned(),
        None => format!("its reader ended with {status}"),
    }
}

fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = 2;
    for line in text.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_do_not_pile_up() {
        assert_eq!(tidy("\n\n\none  \n\n \n\ntwo\n"), "one\n\ntwo\n");
    }

    #[test]
    fn without_a_program_there_is_a_reason() {
        let why = text(b"%PDF-".to_vec(), &ReadOptions::default());
        assert!(matches!(why, Err(Reason::NoPdfProgram)));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_reason() {
        let options = ReadOptions { pdf_program: Some("/nowhere/delm".into()), ..ReadOptions::default() };
        assert!(matches!(text(b"%PDF-".to_vec(), &options), Err(Reason::Unreadable(_))));
    }
}
