//! The embedded reasoner: ranks, quotes and checks without a model.
