//! The OpenAI Responses wire, which OpenAI's reasoning models speak best: they sum up their thought on it as it goes.

mod dialect;
mod fold;

use super::wire::{Wire, WireModel};

/// The wire, as a type.
#[derive(Debug)]
pub struct Responses;

/// A model behind one such server.
pub type ResponsesModel = WireModel<Responses>;

impl Wire for Responses {
    const PATH: &'static str = "responses";
    const KEY: (&'static str, &'static str) = ("authorization", "Bearer ");
    const HEADERS: &'static [(&'static str, &'static str)] = &[];
    type Dialect = dialect::Dialect;
    type Fold = fold::Fold;
}
