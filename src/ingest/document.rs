//! What reading gives: documents with their text, and a reason for everything that gave none.

use std::{fmt, io, time::Duration};

use crate::run::{Media, Suspicion};

/// Where a heading stands that the text itself does not mark, because the markup that did is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// Byte offset of its first character in the text; it ends at the next newline.
    pub offset: usize,
    /// 1 is the topmost.
    pub level: u8,
}

/// One document that was read. Its text is never only white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As the user would name it; `-` is standard input.
    pub path: String,
    /// Its own title (HTML), else the file's name.
    pub title: String,
    pub media: Media,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// Text files in UTF-8 verbatim, line ends included, but for a byte order mark; other encodings decoded; HTML and
    /// PDF as plain paragraphs.
    pub text: String,
    /// In text order. Only HTML has any: the headings of other kinds are read off the text.
    pub headings: Vec<Heading>,
    /// In text order; see `injection`.
    pub suspicions: Vec<Suspicion>,
}

/// Everything that came of the paths a run was given.
#[derive(Debug, Default)]
pub struct Intake {
    /// In the order of the given paths; folders depth first, sorted by name.
    pub documents: Vec<Document>,
    /// In the same order.
    pub skipped: Vec<Skipped>,
}

/// Something that gave no document. Displays as one line.
#[derive(Debug)]
pub struct Skipped {
    pub path: String,
    pub reason: Reason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// Why something gave no document.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error("no such file or folder")]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("no files in it that are not hidden or ignored")]
    EmptyFolder,
    #[error("a symbolic link, not followed: to read what it leads to, name it as a path of its own")]
    Link,
    #[error("a folder more than {0} levels down; what is in it is left out")]
    TooDeep(usize),
    #[error("not a regular file")]
    Special,
    #[error("larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    #[error("more than {0} files; the rest is left out")]
    TooMany(usize),
    #[error("the files before it already hold {} MiB in all", .0 >> 20)]
    TooMuch(u64),
    #[error("an archive, not opened: unpack it and give the folder")]
    Archive,
    #[error("its reader failed; the file is damaged, or made to do that")]
    Broken,
    #[error("binary")]
    Binary,
    #[error("no text in it")]
    Empty,
    #[error("an HTML page that took longer than {} s", .0.as_secs_f32())]
    HtmlTooSlow(Duration),
    #[error("a PDF, and no program to read it")]
    NoPdfProgram,
    #[error("a PDF without a text layer")]
    NoTextLayer,
    #[error("a PDF that took longer than {} s", .0.as_secs_f32())]
    PdfTooSlow(Duration),
    #[error("a PDF that needs more than {} MiB of memory", .0 >> 20)]
    PdfTooLarge(u64),
    #[error("a PDF with more than {} MiB of text", .0 >> 20)]
    PdfTooLong(u64),
    #[error("a PDF that could not be read: {0}")]
    Pdf(String),
}
