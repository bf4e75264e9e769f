fn main() -> std::process::ExitCode {
    if std::env::args_os().nth(1).is_some_and(|arg| arg == delm::ingest::PDF_TEXT) {
        return delm::ingest::pdf_text_main();
    }
    std::process::ExitCode::SUCCESS
}
