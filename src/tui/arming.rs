//! When a decision may be taken by a key: not in the first moment after it came under the cursor, and not before all of
//! it was in sight (SCREEN rules 1 and 2).

use std::collections::BTreeSet;

use crate::run::DecisionId;

use super::msg::Now;

/// How long keys rest after a card appears or changes under the cursor, in milliseconds.
pub const REST: i64 = 300;

#[derive(Debug, Default)]
pub struct Arming {
    aim: Option<(DecisionId, Now)>,
    read: BTreeSet<DecisionId>,
}

impl Arming {
    /// What the deciding keys would act on now.
    pub fn aim_at(&mut self, target: Option<DecisionId>, now: Now) {
        if self.aim.map(|(id, _)| id) != target {
            self.aim = target.map(|id| (id, now));
        }
    }

    /// A key came that was not for deciding, or too early: somebody may be typing a sentence, so the rest starts anew.
    pub fn disturb(&mut self, now: Now) {
        if let Some((_, since)) = &mut self.aim {
            *since = now;
        }
    }

    /// The decision that the deciding keys act on, if they are awake.
    #[must_use]
    pub fn target(&self, now: Now) -> Option<DecisionId> {
        self.aim.filter(|(_, since)| now.since(*since) >= REST).map(|(id, _)| id)
    }

    #[must_use]
    pub fn is_resting(&self, now: Now) -> bool {
        self.aim.is_some_and(|(_, since)| now.since(since) < REST)
    }

    /// When the keys wake up.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Now> {
        self.aim.map(|(_, since)| Now(since.0 + REST))
    }

    /// The end of its proposal was in sight.
    pub fn mark_read(&mut self, id: DecisionId) {
        self.read.insert(id);
    }

    #[must_use]
    pub fn is_read(&self, id: DecisionId) -> bool {
        self.read.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_rest_whenever_the_target_changes() {
        let mut arming = Arming::default();
        arming.aim_at(Some(DecisionId(1)), Now(1000));
        assert_eq!(arming.target(Now(1299)), None);
        assert!(arming.is_resting(Now(1299)));
        assert_eq!(arming.target(Now(1300)), Some(DecisionId(1)));
        arming.aim_at(Some(DecisionId(1)), Now(1400));
        assert_eq!(arming.target(Now(1400)), Some(DecisionId(1)), "the same one goes on");
        arming.aim_at(Some(DecisionId(2)), Now(1500));
        assert_eq!(arming.target(Now(1600)), None);
        arming.aim_at(None, Now(1900));
        arming.aim_at(Some(DecisionId(2)), Now(1950));
        assert_eq!(arming.target(Now(2000)), None, "coming back is appearing again");
    }
}
