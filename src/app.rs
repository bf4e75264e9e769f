//! The composition root: wires store, reasoner, engine and screen.
