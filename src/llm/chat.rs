//! The OpenAI Chat Completions wire, as OpenAI and the many servers that imitate it speak it.

mod dialect;
mod fold;

use super::wire::{Wire, WireModel};

/// The wire, as a type.
#[derive(Debug)]
pub struct Chat;

/// A model behind one such server.
pub type ChatModel = WireModel<Chat>;

impl Wire for Chat {
    const PATH: &'static str = "chat/completions";
    const KEY: (&'static str, &'static str) = ("authorization", "Bearer ");
    const HEADERS: &'static [(&'static str, &'static str)] = &[];
    type Dialect = dialect::Dialect;
    type Fold = fold::Fold;
}
