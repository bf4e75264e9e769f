//! Files and folders become documents, documents become units (METHOD §3a stage 0).
