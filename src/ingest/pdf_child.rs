//! The child's side of reading a PDF: standard input to text. It runs in a process of its own and ends with it.

use std::{
    io::{self, Read, Write},
    panic,
    process::ExitCode,
    thread,
};

/// The hidden subcommand that calls `pdf_text_main`.
pub const PDF_TEXT: &str = "internal-pdf-text";

/// The parser recurses on nested objects.
const STACK: usize = 64 << 20;

/// Reads a PDF from standard input and prints its text as UTF-8. Exit code 1, with one line on standard error, when it
/// could not.
#[must_use]
pub fn pdf_text_main() -> ExitCode {
    // A panic is one of the parser's ways to say no; its message would only frighten.
    panic::set_hook(Box::new(|_| {}));
    match text().and_then(|text| io::stdout().lock().write_all(text.as_bytes()).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "{}", why.lines().next().unwrap_or("no reason given"));
            ExitCode::FAILURE
        }
    }
}

fn text() -> Result<String, String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let parse = move || pdf_extract::extract_text_from_mem(&bytes).map_err(|error| error.to_string());
    let parser = thread::Builder::new().stack_size(STACK).spawn(parse).map_err(|error| error.to_string())?;
    parser.join().unwrap_or_else(|_| Err("the file is damaged, or uses what the parser does not know".to_owned()))
}
