//! The run as it stood when a session ended, beside its log: so a long run is on the screen before its log has been read.
//!
//! Only a cache. It is left aside when another delm wrote it, when it is not what was written, and when the log does not
//! have the event that it was folded up to. The hash chain does not cover it, so it is only shown until the log has been
//! folded behind it: nothing is verified, copied, forked or gone on with from here.

use std::io::{BufReader, Write as _};

use flate2::{Compression, bufread::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize as _, Serialize as _};

use crate::run::{FOLD, Run};

use super::{Sqlite, StoreError, chain::Link, schema};

/// What is shorter is read as fast.
const FEWEST: u64 = 1_000;
/// Its hash, its seq and the link of the event there; the run, deflated, follows.
const HEAD: usize = 32 + 8 + 32;

impl Sqlite {
    /// Notes the run as it stands after an event of the log.
    pub(super) fn put_checkpoint(&mut self, run: &Run) -> Result<(), StoreError> {
        let Some(head) = self.head_at(run.head)?.filter(|head| head.seq.0 >= FEWEST && self.is_chained()) else {
            return Ok(());
        };
        let bytes = write(run, head.link);
        schema::put_fold(&self.db, &bytes).map_err(|error| self.failed(error))
    }

    /// The run as it stands, without its log having been read; `None` when that is not to be had.
    #[must_use]
    pub fn glance(&self) -> Option<Run> {
        let noted = schema::fold(&self.db).ok()?;
        let (mut run, link) = read(&noted)?;
        let is_there = self.is_chained() && self.head_at(run.head).ok()??.link == link;
        is_there.then_some(())?;
        self.scan(run.head, &mut |event| run.apply(&event)).ok()?;
        Some(run)
    }
}

fn hash(rest: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(FOLD.as_bytes()).update(&[0]).update(rest).finalize().as_bytes()
}

fn write(run: &Run, link: Link) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    bytes.extend(run.head.0.to_le_bytes());
    bytes.extend(link.bytes());
    let mut packed = DeflateEncoder::new(bytes, Compression::new(1));
    let mut form = rmp_serde::Serializer::new(&mut packed).with_struct_map().with_human_readable();
    run.serialize(&mut form).expect("a run is plain data");
    packed.flush().expect("memory takes it");
    let mut bytes = packed.finish().expect("memory takes it");
    let hash = hash(&bytes[32..]);
    bytes[..32].copy_from_slice(&hash);
    bytes
}

/// The run, and the link of its last event.
fn read(bytes: &[u8]) -> Option<(Run, Link)> {
    let (head, packed) = bytes.split_at_checked(HEAD)?;
    (hash(&bytes[32..])[..] == head[..32]).then_some(())?;
    let link: [u8; 32] = head[40..].try_into().ok()?;
    let plain = BufReader::with_capacity(1 << 16, DeflateDecoder::new(packed));
    let mut form = rmp_serde::Deserializer::new(plain).with_human_readable();
    let run = Run::deserialize(&mut form).ok()?.read_back();
    (run.head.0.to_le_bytes()[..] == head[32..40]).then_some((run, Link::from(link)))
}
