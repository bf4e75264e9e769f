//! What is held true of every input, one module a door of the program. `tests/fuzz_corpus.rs` of the program runs the
//! same modules over the kept corpus, so that regressions need no fuzzer.

pub mod documents;
pub mod replies;
pub mod scene;
pub mod settings;
pub mod streams;
