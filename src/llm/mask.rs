//! Keeps a key out of what a server sends back: each place where it stands becomes `[key]`.
//!
//! In a stream the key may come in pieces, so what could be its beginning is held back until the next piece decides.

use secrecy::{ExposeSecret, SecretString};

use super::Chunk;

/// What stands where a key stood.
const MASKED: &str = "[key]";

/// What is shorter is a word that servers without keys are given, not a secret, and masking it would spoil replies.
const SHORTEST: usize = 8;

/// Hides one key.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// The key as it is and as JSON may write it.
    spellings: Vec<SecretString>,
}

impl Mask {
    #[must_use]
    pub fn of(key: Option<&SecretString>) -> Self {
        let key = key.map_or("", |key| key.expose_secret().trim());
        if key.len() < SHORTEST {
            return Mask::default();
        }
        let escaped = key.replace('\\', "\\\\").replace('"', "\\\"");
        let mut spellings = vec![key.to_owned(), escaped.clone(), escaped.replace('/', "\\/")];
        spellings.dedup();
        Mask { spellings: spellings.into_iter().map(SecretString::from).collect() }
    }

    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let hide = |text: String, key: &SecretString| match text.contains(key.expose_secret()) {
            true => text.replace(key.expose_secret(), MASKED),
            false => text,
        };
        self.spellings.iter().fold(text.to_owned(), hide)
    }

    /// A key has ASCII characters only, so it never reaches into bytes that are no text.
    #[must_use]
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            clean.extend_from_slice(self.text(chunk.valid()).as_bytes());
            clean.extend_from_slice(chunk.invalid());
        }
        clean
    }

    /// For one reply as it streams.
    #[must_use]
    pub fn veil(&self) -> Veil<'_> {
        Veil { mask: self, thought: String::new(), said: String::new(), in_pieces: false }
    }
}

/// Hides a key in the chunks of one reply.
#[derive(Debug)]
pub struct Veil<'a> {
    mask: &'a Mask,
    /// What may be the beginning of the key, in each of the two streams.
    thought: String,
    said: String,
    in_pieces: bool,
}

impl Veil<'_> {
    /// What of `chunk`, and of those before it, is certain by now.
    pub fn pass(&mut self, chunk: Chunk) -> Option<Chunk> {
        let Some(key) = self.mask.spellings.first().map(ExposeSecret::expose_secret) else { return Some(chunk) };
        let (held, text, made): (_, _, fn(String) -> Chunk) = match chunk {
            Chunk::Reasoning(text) => (&mut self.thought, text, Chunk::Reasoning),
            Chunk::Output(text) => (&mut self.said, text, Chunk::Output),
            Chunk::Waiting(_) => return Some(chunk),
        };
        let before = held.len();
        held.push_str(&text);
        if let Some(at) = held.find(key) {
            self.in_pieces |= at < before;
            *held = held.replace(key, MASKED);
        }
        let keep = (1..key.len()).rev().find(|&len| held.ends_with(&key[..len])).unwrap_or(0);
        let rest = held.split_off(held.len() - keep);
        let sure = std::mem::replace(held, rest);
        (!sure.is_empty()).then(|| made(sure))
    }

    /// What was held back when the reply ended, and whether the key came in pieces.
    pub fn finish(self) -> (impl Iterator<Item = Chunk>, bool) {
        let chunks = [Chunk::Reasoning(self.thought), Chunk::Output(self.said)];
        let said = |chunk: &Chunk| matches!(chunk, Chunk::Reasoning(text) | Chunk::Output(text) if !text.is_empty());
        (chunks.into_iter().filter(said), self.in_pieces)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(key: &str) -> Mask {
        Mask::of(Some(&key.to_owned().into()))
    }

    #[test]
    fn the_key_is_hidden_however_it_is_written() {
        let mask = mask(" sk/canary\"1\n");
        assert_eq!(mask.text(r#"a sk/canary"1, "sk\/canary\"1" "sk/canary\"1""#), r#"a [key], "[key]" "[key]""#);
        assert_eq!(mask.bytes(b"\xffsk/canary\"1\xff"), b"\xff[key]\xff");
        assert!(!format!("{mask:?} {:?}", mask.veil()).contains("canary"));
    }

    #[test]
    fn a_word_that_servers_without_keys_are_given_is_no_secret() {
        assert_eq!(mask("ollama").text("ollama"), "ollama");
        assert_eq!(Mask::of(None).text("ollama"), "ollama");
    }

    #[test]
    fn plain_text_passes_at_once() {
        let (mask, said) = (mask("sk-canary"), |text: &str| Chunk::Output(text.to_owned()));
        let mut veil = mask.veil();
        assert_eq!(veil.pass(said("words ")), Some(said("words ")));
        assert_eq!(veil.pass(said("task s")), Some(said("task ")));
        assert_eq!(veil.pass(Chunk::Reasoning("k-".into())), Some(Chunk::Reasoning("k-".into())));
        assert_eq!(veil.pass(said("ky")), Some(said("sky")));
        let (mut rest, in_pieces) = veil.finish();
        assert_eq!((rest.next(), in_pieces), (None, false));
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(
            text in "(aabaabaac|aab|a|é){0,8}",
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let key = "aabaabaac";
            let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            places.push(text.len());
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| places[cut.index(places.len())]).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mask = mask(key);
            let mut veil = mask.veil();
            let mut chunks = vec![];
            for pair in cuts.windows(2) {
                chunks.extend(veil.pass(Chunk::Output(text[pair[0]..pair[1]].to_owned())));
            }
            chunks.extend(veil.finish().0);
            let shown: String = chunks.into_iter().map(|chunk| match chunk {
                Chunk::Output(text) => text,
                other => panic!("{other:?}"),
            }).collect();
            prop_assert!(!shown.contains(key));
            prop_assert_eq!(shown, text.replace(key, MASKED));
        }
    }
}
