//! Makes hostile text harmless before it is drawn, printed, logged or copied.
