//! What kind of document a file is, by its name and, where that says nothing, by its first bytes.

use std::path::Path;

use crate::run::Media;

const CODE: &[&str] = &[
    "asm", "awk", "bash", "bat", "c", "cc", "clj", "cmake", "cpp", "cs", "css", "cu", "cxx", "d", "dart", "el", "elm",
    "erl", "ex", "exs", "f90", "fish", "fs", "go", "gradle", "groovy", "h", "hh", "hpp", "hs", "hxx", "java", "jl",
    "js", "jsx", "kt", "kts", "lisp", "lua", "m", "mjs", "ml", "mli", "mm", "nim", "nix", "pas", "php", "pl", "pm",
    "proto", "ps1", "py", "pyi", "r", "rb", "rs", "s", "sass", "scala", "scm", "scss", "sh", "sol", "sql", "swift",
    "tcl", "tf", "ts", "tsx", "v", "vb", "vhd", "vim", "vue", "zig", "zsh",
];

/// How far into a file its kind is looked for, in bytes.
const SNIFF: usize = 512;

/// The kind of a file or, when it has no name, of what was piped in.
pub(super) fn of(path: Option<&Path>, bytes: &[u8]) -> Media {
    let head = bytes[..bytes.len().min(SNIFF)].trim_ascii_start();
    if head.starts_with(b"%PDF-") {
        return Media::Pdf;
    }
    let Some(path) = path else { return if is_html(head) { Media::Html } else { Media::Text } };
    let name = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_lowercase();
    match name(path.extension()).as_str() {
        "md" | "markdown" | "mdx" | "mkd" => Media::Markdown,
        "rst" => Media::Rst,
        "html" | "htm" | "xhtml" => Media::Html,
        "pdf" => Media::Pdf,
        other if CODE.contains(&other) => Media::Code,
        _ if matches!(name(path.file_name()).as_str(), "makefile" | "dockerfile" | "justfile" | "rakefile") => {
            Media::Code
        }
        _ => Media::Text,
    }
}

/// Whether it is a compressed or packed file: nothing is unpacked, so nothing can unpack into more than there is.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    const SIGNS: &[&[u8]] = &[
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b\x08",
        b"BZh",
        b"\xfd7zXZ\0",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a\x07",
        b"\x28\xb5\x2f\xfd",
        b"!<arch>\n",
    ];
    SIGNS.iter().any(|sign| bytes.starts_with(sign) && (*sign != b"BZh" || bytes.get(4..8) == Some(b"1AY&")))
        || bytes.get(257..262) == Some(b"ustar")
}

fn is_html(head: &[u8]) -> bool {
    let begins = |mark: &[u8]| head.len() >= mark.len() && head[..mark.len()].eq_ignore_ascii_case(mark);
    begins(b"<!doctype html") || begins(b"<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_and_a_pdf_gives_itself_away() {
        let kind = |name: &str| of(Some(Path::new(name)), b"text");
        assert_eq!(kind("a/README.MD"), Media::Markdown);
        assert_eq!(kind("x.rst"), Media::Rst);
        assert_eq!(kind("x.xhtml"), Media::Html);
        assert_eq!(kind("x.pdf"), Media::Pdf);
        assert_eq!(kind("x.rs"), Media::Code);
        assert_eq!(kind("Makefile"), Media::Code);
        assert_eq!(kind("LICENSE"), Media::Text);
        assert_eq!(of(Some(Path::new("download")), b"%PDF-1.4\n"), Media::Pdf);
        assert_eq!(of(None, b"\n<!DOCTYPE HTML>"), Media::Html);
        assert_eq!(of(None, b"plain"), Media::Text);
    }
}
