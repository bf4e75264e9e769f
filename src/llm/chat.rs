//! The OpenAI Chat Completions wire.
