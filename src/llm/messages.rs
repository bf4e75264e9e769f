//! The Anthropic Messages wire, as Anthropic and compatible proxies speak it.

mod dialect;
mod fold;

use super::wire::{Wire, WireModel};

/// The wire, as a type.
#[derive(Debug)]
pub struct Messages;

/// A model behind one such server.
pub type MessagesModel = WireModel<Messages>;

impl Wire for Messages {
    const PATH: &'static str = "messages";
    const KEY: (&'static str, &'static str) = ("x-api-key", "");
    const HEADERS: &'static [(&'static str, &'static str)] = &[("anthropic-version", "2023-06-01")];
    type Dialect = dialect::Dialect;
    type Fold = fold::Fold;
}
