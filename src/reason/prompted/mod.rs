//! The reasoner that asks a model: prompt builders and parsers, one file a call.
