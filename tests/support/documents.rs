//! Documents of any size for benches: the licence texts over and over, each copy with words of its own, so that no two
//! are alike; as text, as web pages and as PDFs.

use std::{fs, path::Path};

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
        fs::write(dir.join(format!("{name}.pdf")), pdf(&lines)).expect("room");
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

fn pdf(lines: &[String]) -> Vec<u8> {
    let pages: Vec<String> = lines
        .chunks(50)
        .map(|lines| {
            let shown: String = lines.iter().map(|line| format!("({line}) Tj 0 -14 Td\n")).collect();
            format!("BT /F1 10 Tf 20 780 Td\n{shown}ET")
        })
        .collect();
    let kids: String = (0..pages.len()).map(|page| format!("{} 0 R ", 4 + 2 * page)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (page, content) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * page
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        offsets.push(pdf.len());
        pdf.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let table = pdf.len();
    pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    pdf.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1).bytes());
    pdf
}
