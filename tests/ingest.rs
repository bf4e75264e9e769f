//! Reading real files in real folders, PDFs through the real child process.

#[path = "support/pdf.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use delm::{
    ingest::{Document, Intake, ReadOptions, Reason, read},
    run::Media,
};
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("the test may write");
        fs::write(path, bytes).expect("the test may write");
    }
    folder
}

fn named(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().expect("test paths are text").to_owned()
}

fn read_all(folder: &TempDir) -> Intake {
    read(&[named(folder.path())], b"", &with_pdf())
}

fn with_pdf() -> ReadOptions {
    ReadOptions { pdf_program: Some(PathBuf::from(env!("CARGO_BIN_EXE_delm"))), ..ReadOptions::default() }
}

/// Paths below the folder.
fn paths(intake: &Intake, folder: &TempDir) -> Vec<String> {
    let below = |path: &str| named(Path::new(path).strip_prefix(folder.path()).expect("it is in the folder"));
    intake.documents.iter().map(|document| below(&document.path)).collect()
}

fn only(intake: Intake) -> Document {
    assert_eq!(intake.skipped.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    let [document] = <[Document; 1]>::try_from(intake.documents).expect("there is one document");
    document
}

#[test]
fn folders_are_walked_as_git_would_and_sorted() {
    let folder = folder(&[
        ("b.md", b"b"),
        ("a/z.txt", b"z"),
        ("a/y.rs", b"y"),
        (".hidden", b"h"),
        (".git/config", b"g"),
        ("build/out.txt", b"o"),
        ("a/notes.log", b"l"),
        ("a/kept.log", b"k"),
        (".gitignore", b"build/\n*.log\n!kept.log\n"),
    ]);
    let intake = read_all(&folder);
    assert_eq!(paths(&intake, &folder), ["a/kept.log", "a/y.rs", "a/z.txt", "b.md"]);
    assert!(intake.skipped.is_empty());
    let media: Vec<Media> = intake.documents.iter().map(|document| document.media).collect();
    assert_eq!(media, [Media::Text, Media::Code, Media::Text, Media::Markdown]);
}

#[test]
fn what_is_named_is_read_even_if_ignored_and_only_once() {
    let folder = folder(&[(".gitignore", b"x.txt"), ("x.txt", b"x"), ("y.txt", b"y")]);
    let (x, all) = (named(folder.path().join("x.txt")), named(folder.path()));
    let again = named(folder.path().join("./x.txt"));
    let intake = read(&[x, all.clone(), again, all], b"", &ReadOptions::default());
    assert_eq!(paths(&intake, &folder), ["x.txt", "y.txt"]);
    assert!(intake.skipped.is_empty(), "what was read before is no empty folder");
}

#[test]
fn everything_left_out_has_a_reason() {
    let folder = folder(&[
        ("big.txt", &[b'x'; 2_000]),
        ("binary.txt", b"a\0b"),
        ("blank.txt", b" \n\t\n"),
        ("empty.html", b"<html><script>x</script></html>"),
        ("fine.txt", b"fine"),
        ("paper.pdf", b"%PDF-1.4"),
    ]);
    let missing = named(folder.path().join("missing.txt"));
    let options = ReadOptions { file_bytes: 1_999, ..ReadOptions::default() };
    let intake = read(&[missing, named(folder.path())], b"", &options);
    assert_eq!(paths(&intake, &folder), ["fine.txt"]);
    let reasons: Vec<&Reason> = intake.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert!(
        matches!(
            reasons[..],
            [
                Reason::Missing,
                Reason::TooLarge(1_999),
                Reason::Binary,
                Reason::Empty,
                Reason::Empty,
                Reason::NoPdfProgram
            ]
        ),
        "{reasons:?}"
    );
    assert!(intake.skipped[0].to_string().ends_with("missing.txt: no such file or folder"));
}

#[test]
fn a_folder_with_nothing_to_read_says_so() {
    let folder = folder(&[(".hidden/x.txt", b"x")]);
    let intake = read_all(&folder);
    assert!(intake.documents.is_empty());
    assert!(matches!(intake.skipped[..], [ref only] if matches!(only.reason, Reason::EmptyFolder)));
}

#[test]
fn the_limits_on_all_files_together_hold() {
    let folder = folder(&[("a", b"aaaa"), ("b", b"bbbb"), ("c", b"cccc"), ("d", b"dddd")]);
    let read = |options| read(&[named(folder.path())], b"", &options);
    let two = read(ReadOptions { files: 2, ..ReadOptions::default() });
    assert_eq!(paths(&two, &folder), ["a", "b"]);
    assert!(
        matches!(two.skipped[..], [ref rest] if matches!(rest.reason, Reason::TooMany(2))),
        "one line for the rest"
    );
    let four = read(ReadOptions { files: 4, ..ReadOptions::default() });
    assert!(four.documents.len() == 4 && four.skipped.is_empty());
    let eight_bytes = read(ReadOptions { total_bytes: 8, ..ReadOptions::default() });
    assert_eq!(paths(&eight_bytes, &folder), ["a", "b"]);
    assert_eq!(eight_bytes.skipped.len(), 2);
}

#[test]
fn a_folder_is_walked_to_a_depth_and_what_is_deeper_is_named() {
    let folder = folder(&[("top.txt", b"1"), ("one/in.txt", b"2"), ("one/two/deep.txt", b"3")]);
    let intake = read(&[named(folder.path())], b"", &ReadOptions { depth: 2, ..ReadOptions::default() });
    assert_eq!(paths(&intake, &folder), ["one/in.txt", "top.txt"]);
    let [skipped] = &intake.skipped[..] else { panic!("{:?}", intake.skipped) };
    assert!(skipped.path.ends_with("one/two") && matches!(skipped.reason, Reason::TooDeep(2)), "{skipped}");
}

#[test]
fn archives_are_named_and_not_opened() {
    let mut tar = vec![b' '; 600];
    tar[257..262].copy_from_slice(b"ustar");
    let folder = folder(&[
        ("a.zip", b"PK\x03\x04rest"),
        ("b.txt.gz", b"\x1f\x8b\x08rest"),
        ("c.txt", b"BZh91AY&SYrest"),
        ("d.7z", b"7z\xbc\xaf\x27\x1c"),
        ("e.tar", &tar),
        ("f.zst", b"\x28\xb5\x2f\xfd"),
        ("g.txt", b"BZh is how a compressed file begins."),
    ]);
    let intake = read_all(&folder);
    assert_eq!(paths(&intake, &folder), ["g.txt"]);
    assert_eq!(intake.skipped.len(), 6);
    assert!(intake.skipped.iter().all(|skipped| matches!(skipped.reason, Reason::Archive)), "{:?}", intake.skipped);
    assert!(intake.skipped[0].to_string().ends_with("a.zip: an archive, not opened: unpack it and give the folder"));
}

#[test]
fn what_is_piped_in_has_a_limit_too() {
    let intake = read(&["-".to_owned()], b"12345", &ReadOptions { file_bytes: 4, ..ReadOptions::default() });
    assert!(matches!(&intake.skipped[..], [one] if one.path == "-" && matches!(one.reason, Reason::TooLarge(4))));
}

/// Many links cost a line each, but not without end.
#[cfg(unix)]
#[test]
fn what_is_left_out_has_a_limit_too() {
    let folder = folder(&[]);
    for n in 0..20 {
        std::os::unix::fs::symlink("/", folder.path().join(format!("link{n}"))).unwrap();
    }
    let intake = read(&[named(folder.path())], b"", &ReadOptions { files: 5, ..ReadOptions::default() });
    assert_eq!(intake.skipped.len(), 6);
    assert!(matches!(intake.skipped[5].reason, Reason::TooMany(5)));
}

/// No shape of a page costs more than its length, in time or in text.
#[test]
fn html_is_bounded_by_its_length() {
    let shapes = [
        "<div>",
        "<ul><li>",
        "<li>x",
        "<table><tr><td>",
        "<td>x",
        "<a>¶",
        "</a>",
        "<h1>",
        "<pre>\n",
        "<title>",
        "<nav>",
        "<!--",
        "&amp",
        "&#x110000;",
        "<svg>",
        "<p \"",
        "<x a=",
        "<sup>1",
        "<script>",
        "<b><i>",
        "\u{200b} ",
    ];
    for shape in shapes {
        let read = |bytes: usize| {
            let folder = folder(&[("page.html", shape.repeat(bytes / shape.len()).as_bytes())]);
            let started = std::time::Instant::now();
            let intake = read_all(&folder);
            let text: usize = intake.documents.iter().map(|document| document.text.len()).sum();
            assert!(text <= 6 * bytes, "{shape} {text}");
            started.elapsed().as_secs_f64()
        };
        let (short, long) = (read(20_000), read(80_000));
        // Four times the page; a square would take sixteen times as long.
        assert!(long < 10.0 * short + 0.5, "{shape}: {short} s, then {long} s");
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_a_folder_are_not_followed_but_a_named_one_is() {
    use std::os::unix::fs::symlink;
    let (outside, inside) =
        (folder(&[("secret.txt", b"secret"), ("deep/more.txt", b"more")]), folder(&[("in.txt", b"in")]));
    symlink(outside.path().join("secret.txt"), inside.path().join("link.txt")).unwrap();
    symlink(outside.path().join("deep"), inside.path().join("way")).unwrap();
    let intake = read_all(&inside);
    assert_eq!(paths(&intake, &inside), ["in.txt"]);
    let skipped: Vec<String> = intake.skipped.iter().map(ToString::to_string).collect();
    let told = |name: &str| {
        let path = named(inside.path().join(name));
        format!("{path}: a symbolic link, not followed: to read what it leads to, name it as a path of its own")
    };
    assert_eq!(skipped, [told("link.txt"), told("way")]);
    let named: Vec<String> = ["link.txt", "way"].map(|name| named(inside.path().join(name))).to_vec();
    let intake = read(&named, b"", &ReadOptions::default());
    assert_eq!(paths(&intake, &inside), ["link.txt", "way/more.txt"]);
}

#[test]
fn standard_input_is_read_once_and_its_kind_is_seen() {
    let dashes = ["-".to_owned(), "-".to_owned()];
    let text = only(read(&dashes, b"piped", &ReadOptions::default()));
    assert_eq!((text.path.as_str(), text.text.as_str(), text.media), ("-", "piped", Media::Text));
    let page = only(read(&dashes, b"<!doctype html><title>T</title><p>x", &ReadOptions::default()));
    assert_eq!((page.title.as_str(), page.text.as_str(), page.media), ("T", "T\n\nx", Media::Html));
    let nothing = read(&dashes, b"", &ReadOptions::default());
    assert!(nothing.documents.is_empty() && nothing.skipped.len() == 1);
}

#[test]
fn encodings_become_utf8_and_utf8_stays_as_it_is() {
    let folder = folder(&[
        ("1-utf8.txt", "Größe\r\n\tx ".as_bytes()),
        ("2-bom.txt", b"\xEF\xBB\xBFbom"),
        ("3-utf16.txt", b"\xFF\xFEh\0\xFC\0"),
        ("4-latin1.txt", b"Die Gr\xF6\xDFe der \xC4pfel h\xE4ngt von der S\xFC\xDFe ab."),
        ("5-page.html", b"<meta charset=iso-8859-2><p>\xA3\xF3d\xBC"),
    ]);
    let intake = read_all(&folder);
    let texts: Vec<&str> = intake.documents.iter().map(|document| document.text.as_str()).collect();
    assert_eq!(texts, ["Größe\r\n\tx ", "bom", "hü", "Die Größe der Äpfel hängt von der Süße ab.", "Łódź"]);
    assert_eq!(intake.documents[1].bytes, 6, "the size is the file's");
}

/// A PDF of one page that shows the given content stream.
fn pdf(content: &str) -> Vec<u8> {
    support::pdf(&[content.to_owned()])
}

const HELLO: &str = "BT /F1 12 Tf 20 250 Td (Hello from a page.) Tj 0 -40 Td (A second line.) Tj ET";

#[test]
fn a_pdf_gives_its_text() {
    let folder = folder(&[("a.pdf", &pdf(HELLO)), ("by its bytes", &pdf(HELLO))]);
    let intake = read_all(&folder);
    assert_eq!(intake.documents.len(), 2, "{:?}", intake.skipped);
    for document in &intake.documents {
        assert_eq!(document.media, Media::Pdf);
        let lines: Vec<&str> = document.text.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["Hello from a page.", "A second line."]);
    }
}

#[test]
fn a_pdf_without_text_and_a_broken_one_have_reasons() {
    let mut cut_off = pdf(HELLO);
    cut_off.truncate(200);
    let folder = folder(&[("drawn.pdf", &pdf("20 20 100 100 re f")), ("cut.pdf", &cut_off), ("noise.pdf", b"noise")]);
    let intake = read_all(&folder);
    assert!(intake.documents.is_empty());
    let reasons: Vec<&Reason> = intake.skipped.iter().map(|skipped| &skipped.reason).collect();
    assert!(matches!(reasons[..], [Reason::Pdf(_), Reason::NoTextLayer, Reason::Pdf(_)]), "{reasons:?}");
    assert!(intake.skipped.iter().all(|skipped| !skipped.to_string().contains('\n')));
}

#[test]
fn a_pdf_may_not_take_for_ever_nor_give_too_much() {
    let folder = folder(&[("a.pdf", &pdf(HELLO))]);
    let reason = |options| {
        let mut intake = read(&[named(folder.path())], b"", &options);
        intake.skipped.pop().expect("it is skipped").reason
    };
    let no_time = ReadOptions { pdf_time: Duration::ZERO, ..with_pdf() };
    assert!(matches!(reason(no_time), Reason::PdfTooSlow(Duration::ZERO)));
    let no_room = ReadOptions { pdf_text_bytes: 5, ..with_pdf() };
    assert!(matches!(reason(no_room), Reason::PdfTooLong(5)));
}

#[test]
fn an_html_page_may_not_take_for_ever_and_is_named() {
    let folder = folder(&[("in.txt", b"in"), ("slow.html", b"<title>T</title><p>x")]);
    let intake = read(&[named(folder.path())], b"", &ReadOptions { html_time: Duration::ZERO, ..with_pdf() });
    assert_eq!(paths(&intake, &folder), ["in.txt"]);
    let [skipped] = &intake.skipped[..] else { panic!("{:?}", intake.skipped) };
    assert!(skipped.to_string().ends_with("slow.html: an HTML page that took longer than 0 s"), "{skipped}");
}

/// A small file that parses into much: one operation a line.
#[cfg(target_os = "linux")]
#[test]
fn a_pdf_may_not_take_all_memory() {
    let greedy = pdf(&"1 0 0 rg\n".repeat(400_000));
    let folder = folder(&[("fine.pdf", &pdf(HELLO)), ("greedy.pdf", &greedy)]);
    let intake = read(&[named(folder.path())], b"", &ReadOptions { pdf_memory: 320 << 20, ..with_pdf() });
    assert_eq!(paths(&intake, &folder), ["fine.pdf"], "{:?}", intake.skipped);
    let [skipped] = &intake.skipped[..] else { panic!("{:?}", intake.skipped) };
    assert!(skipped.to_string().ends_with("greedy.pdf: a PDF that needs more than 320 MiB of memory"), "{skipped}");
}

/// Far more than a pipe holds, in both directions.
#[test]
fn a_long_pdf_does_not_block_its_pipes() {
    let lines = "0 -20 Td (A line that is written many times over.) Tj ".repeat(8_000);
    let folder = folder(&[("long.pdf", &pdf(&format!("BT /F1 12 Tf 20 250 Td {lines} ET")))]);
    let document = only(read_all(&folder));
    assert_eq!(document.text.matches("many times over.").count(), 8_000);
}
