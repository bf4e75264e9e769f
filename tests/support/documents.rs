//! Documents of any size for benches: the licence texts over and over, each copy with words of its own, so that no two
//! are alike; as text, as web pages and as PDFs.

#[path = "pdf.rs"]
mod pdf;

use std::{fs, path::Path};

use pdf::pdf;

/// Writes texts of so many bytes in all, each of at most `longest` characters, into a folder.
pub fn texts(dir: &Path, bytes: usize, longest: usize) {
    each(bytes, longest, |name, text| fs::write(dir.join(format!("{name}.txt")), text).expect("room"));
}

/// The same texts as web pages: a heading, paragraphs, links and emphasis. The bytes are those of the texts.
#[allow(dead_code, reason = "another bench reads text alone")]
pub fn pages(dir: &Path, bytes: usize, longest: usize) {
    each(bytes, longest, |name, text| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let paragraphs: String = text
            .split("\n\n")
            .map(|text| {
                format!(
                    "<div class=\"part\"><p>{}</p></div>\n",
                    text.replace(" of the ", " <em>of</em> <a href=\"#top\">the</a> ")
                )
            })
            .collect();
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{name}</title></head><body><h1>{name}</h1>\n{paragraphs}</body></html>"
        );
        fs::write(dir.join(format!("{name}.html")), page).expect("room");
    });
}

/// The same texts as PDFs of pages of fifty lines. The bytes are those of the texts.
#[allow(dead_code, reason = "another bench reads text alone")]
pub fn pdfs(dir: &Path, bytes: usize, longest: usize) {
    each(bytes, longest, |name, text| {
        let lines: Vec<String> = text.lines().map(|line| line.replace(['(', ')', '\\'], "'")).collect();
        fs::write(dir.join(format!("{name}.pdf")), pdf(&content(&lines))).expect("room");
    });
}

fn each(bytes: usize, longest: usize, mut write: impl FnMut(&str, &str)) {
    let mut files: Vec<_> = fs::read_dir("assets/licences").expect("they are there").flatten().collect();
    files.sort_by_key(fs::DirEntry::path);
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file.path()).expect("a text")).collect();
    let mut written = 0;
    for copy in 0_usize.. {
        for (number, text) in texts.iter().enumerate() {
            let text: String = text.chars().take(longest).collect();
            let text =
                text.replace("License", &format!("License{copy}")).replace("the ", &format!("the x{copy}y{number} "));
            write(&format!("{copy:03}-{number:02}"), &text);
            written += text.len();
            if written >= bytes {
                return;
            }
        }
    }
}

/// The content streams of pages of fifty lines.
fn content(lines: &[String]) -> Vec<String> {
    let page = |lines: &[String]| {
        let shown: String = lines.iter().map(|line| format!("({line}) Tj 0 -14 Td\n")).collect();
        format!("BT /F1 10 Tf 20 780 Td\n{shown}ET")
    };
    lines.chunks(50).map(page).collect()
}
