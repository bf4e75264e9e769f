//! Files and folders become documents, documents become units (METHOD §3a stage 0).
//!
//! In reading order: `walk` finds files, `intake` reads them, `media` says what they are, `decode`, `html` and `pdf` take
//! the text out, `injection` finds what in it speaks to a model, `split` cuts it. It never asks a model (the engine does, between `split::cut_points` and `split::cut`)
//! and never prints: what could not be read is handed back with its reason.

mod decode;
mod document;
mod html;
pub mod injection;
mod intake;
mod media;
mod page;
mod pdf;
mod pdf_child;
pub mod split;
mod walk;

pub use document::{Document, Heading, Intake, Reason, Skipped};
pub use intake::{ReadOptions, read};
pub use pdf_child::{PDF_TEXT, pdf_text_main};
