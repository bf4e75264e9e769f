//! The loop: agents claim, read, think, verify and write; nobody orchestrates (METHOD §3a).
