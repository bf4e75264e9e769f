//! Bytes into UTF-8 text. What is UTF-8 already stays verbatim, line ends included, so that offsets match the file (but
//! for a byte order mark, which is taken off).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// How far a NUL byte is looked for, in bytes; git looks as far.
const BINARY: usize = 8_000;

/// How far a declared encoding is looked for, in bytes.
const DECLARED: usize = 1_024;

/// One control character in so many bytes makes a file that is not UTF-8 binary.
const CONTROLS: usize = 50;

/// The text, or `None` for a binary file. The encoding is the byte order mark's, UTF-8 where it fits, what the HTML
/// declares (`declared`), or a guess. A few broken bytes in UTF-8 become U+FFFD rather than change the encoding.
pub(super) fn text(bytes: Vec<u8>, declared: Option<&'static Encoding>) -> Option<String> {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        return Some(encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned());
    }
    if bytes[..bytes.len().min(BINARY)].contains(&0) {
        return None;
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error.into_bytes(),
    };
    if bytes.iter().filter(|byte| is_control(**byte)).count() > bytes.len() / CONTROLS {
        return None;
    }
    if is_mostly_utf8(&bytes) {
        return Some(String::from_utf8_lossy(&bytes).into_owned());
    }
    Some(declared.unwrap_or_else(|| guessed(&bytes)).decode_without_bom_handling(&bytes).0.into_owned())
}

/// The encoding that an HTML file says it has, when it is not UTF-8.
pub(super) fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED)]).to_ascii_lowercase();
    let at = head.find("charset=")? + "charset=".len();
    let label = head[at..].trim_start_matches(['"', '\'']);
    let label =
        &label[..label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(label.len())];
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != UTF_8)
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Whether broken sequences are rare beside characters that only UTF-8 explains.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good >= 10 * broken
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Option<String> {
        text(bytes.to_vec(), None)
    }

    #[test]
    fn utf8_stays_verbatim_and_loses_only_its_mark() {
        assert_eq!(decoded("a\r\nß\u{200b} ".as_bytes()).as_deref(), Some("a\r\nß\u{200b} "));
        assert_eq!(decoded(b"\xEF\xBB\xBFa").as_deref(), Some("a"));
    }

    #[test]
    fn utf16_goes_by_its_mark() {
        assert_eq!(decoded(b"\xFF\xFEh\0\xE4\0").as_deref(), Some("hä"));
        assert_eq!(decoded(b"\xFE\xFF\0h\0\xE4").as_deref(), Some("hä"));
        assert_eq!(decoded(b"h\0i\0"), None, "without a mark it is binary");
    }

    #[test]
    fn other_encodings_are_guessed() {
        let latin = b"Die \xC4nderung der Geb\xFChren f\xFCr \xD6sterreich und die Schweiz.";
        assert_eq!(decoded(latin).as_deref(), Some("Die Änderung der Gebühren für Österreich und die Schweiz."));
    }

    #[test]
    fn a_few_broken_bytes_do_not_change_the_encoding() {
        let mut bytes = "äöü".repeat(10).into_bytes();
        bytes.push(0xE4);
        assert_eq!(decoded(&bytes), Some(format!("{}\u{FFFD}", "äöü".repeat(10))));
    }

    #[test]
    fn html_says_what_it_is() {
        let page = b"<meta charset='windows-1251'><p>\xCF\xF0\xE8\xE2\xE5\xF2";
        let encoding = declared(page);
        assert_eq!(text(page.to_vec(), encoding).as_deref(), Some("<meta charset='windows-1251'><p>Привет"));
        assert_eq!(declared(b"<meta charset=\"utf-8\">"), None);
        assert_eq!(declared(b"charset="), None);
    }

    #[test]
    fn noise_is_binary_even_without_a_nul() {
        let noise: Vec<u8> = (1..=255).cycle().take(2_000).collect();
        assert_eq!(decoded(&noise), None);
    }
}
