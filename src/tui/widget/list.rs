//! Which rows of a long list are shown, and which one is selected.
//!
//! Rows are known by their place; most lists here only grow at their end, and who orders its rows anew says where the
//! selected one went. While the list follows its end nothing is selected; the first movement selects and ends the
//! following.

use std::ops::Range;

/// Where the window of a list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The newest row is the last one shown.
    End,
    /// This row is the first one shown.
    Top(usize),
}

#[derive(Debug, Clone)]
pub struct List {
    pub anchor: Anchor,
    selected: Option<usize>,
    /// The row that was selected; it is again once it exists, after a look at a time before it did.
    wanted: Option<usize>,
    /// Rows that existed when the end was last in sight, or nothing was selected.
    seen: usize,
}

impl List {
    #[must_use]
    pub fn new(anchor: Anchor) -> Self {
        List { anchor, selected: None, wanted: None, seen: 0 }
    }

    #[must_use]
    pub fn selected(&self) -> Option<usize> {
        self.selected
    }

    /// Rows that came while the end was out of sight.
    #[must_use]
    pub fn unseen(&self, len: usize) -> usize {
        len.saturating_sub(self.seen)
    }

    /// Selects a row relative to the selection; without one, the row at the edge of the window that the movement comes
    /// from. `shown` is what is in the window now.
    pub fn step(&mut self, by: isize, len: usize, shown: Range<usize>) {
        let Some(last) = len.checked_sub(1) else { return };
        let next = match self.selected {
            Some(at) => at.saturating_add_signed(by).min(last),
            None if by < 0 => shown.end.saturating_sub(1).min(last),
            None => shown.start.min(last),
        };
        self.select(next, shown);
    }

    pub fn select(&mut self, at: usize, shown: Range<usize>) {
        self.pin(shown.start);
        (self.selected, self.wanted) = (Some(at), Some(at));
    }

    /// The selected row stands in another place now; the window goes with it, so that it stays where the eye is.
    pub fn moved_to(&mut self, at: usize) {
        if let (Anchor::Top(top), Some(before)) = (&mut self.anchor, self.wanted) {
            *top = (*top + at).saturating_sub(before);
        }
        self.wanted = Some(at);
    }

    /// Back to the end, following it.
    pub fn follow(&mut self) {
        (self.anchor, self.selected, self.wanted) = (Anchor::End, None, None);
    }

    fn pin(&mut self, top: usize) {
        if self.anchor == Anchor::End {
            self.anchor = Anchor::Top(top);
        }
    }

    /// Moves the window so that the selection is in it. `height` gives a row's height; only rows near the window are
    /// asked for.
    pub fn settle(&mut self, len: usize, room: usize, mut height: impl FnMut(usize) -> usize) {
        self.selected = self.wanted.filter(|at| *at < len);
        if let Anchor::Top(top) = self.anchor {
            let mut top = top.min(len.saturating_sub(1));
            if let Some(at) = self.selected {
                top = top.min(at).max(first_shown(at + 1, room, &mut height));
            }
            // No empty space below the last row while there are rows above.
            self.anchor = Anchor::Top(top.min(first_shown(len, room, &mut height)));
        }
        // Nobody misses a row who has not gone anywhere.
        if self.selected.is_none() || self.window(len, room, height).end == len {
            self.seen = self.seen.max(len);
        }
    }

    /// The rows that are in sight; the first or last may be cut.
    #[must_use]
    pub fn window(&self, len: usize, room: usize, mut height: impl FnMut(usize) -> usize) -> Range<usize> {
        let top = match self.anchor {
            Anchor::Top(top) => top.min(len),
            Anchor::End => first_shown(len, room, &mut height),
        };
        let (mut end, mut used) = (top, 0);
        while end < len {
            used += height(end);
            if used > room {
                break;
            }
            end += 1;
        }
        // A row taller than the window is shown as far as it goes.
        if end == top && end < len {
            end += 1;
        }
        top..end
    }
}

/// The first row of the window whose last row is the one before `end`.
fn first_shown(end: usize, room: usize, height: &mut impl FnMut(usize) -> usize) -> usize {
    let (mut first, mut used) = (end, 0);
    while first > 0 {
        used += height(first - 1);
        if used > room {
            break;
        }
        first -= 1;
    }
    if first == end { end.saturating_sub(1) } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_following_list_shows_its_end_and_selects_nothing() {
        let mut list = List::new(Anchor::End);
        list.settle(10, 4, |_| 1);
        assert_eq!(list.window(10, 4, |_| 1), 6..10);
        list.settle(12, 4, |_| 1);
        assert_eq!(list.window(12, 4, |_| 1), 8..12);
        assert_eq!((list.selected(), list.unseen(12)), (None, 0));
    }

    #[test]
    fn a_selected_row_keeps_its_place_while_rows_arrive() {
        let mut list = List::new(Anchor::End);
        list.settle(10, 4, |_| 1);
        list.step(-1, 10, 6..10);
        list.settle(10, 4, |_| 1);
        assert_eq!(list.selected(), Some(9));
        list.settle(13, 4, |_| 1);
        assert_eq!((list.selected(), list.window(13, 4, |_| 1)), (Some(9), 6..10));
        assert_eq!(list.unseen(13), 3);
        list.follow();
        list.settle(13, 4, |_| 1);
        assert_eq!((list.window(13, 4, |_| 1), list.unseen(13)), (9..13, 0));
    }

    #[test]
    fn a_row_is_selected_again_once_it_exists_again() {
        let mut list = List::new(Anchor::Top(0));
        list.settle(10, 4, |_| 1);
        list.select(7, 5..9);
        list.settle(10, 4, |_| 1);
        list.settle(3, 4, |_| 1);
        assert_eq!((list.selected(), list.window(3, 4, |_| 1)), (None, 0..3));
        list.settle(10, 4, |_| 1);
        assert_eq!((list.selected(), list.unseen(10)), (Some(7), 0));
        assert!(list.window(10, 4, |_| 1).contains(&7));
    }

    #[test]
    fn tall_rows_count_by_their_height() {
        let mut list = List::new(Anchor::End);
        let height = |at: usize| if at == 9 { 3 } else { 2 };
        list.settle(10, 6, height);
        assert_eq!(list.window(10, 6, height), 8..10);
        list.select(0, 8..10);
        list.settle(10, 6, height);
        assert_eq!(list.window(10, 6, height), 0..3);
    }

    #[test]
    fn a_million_rows_cost_what_is_shown() {
        let asked = std::cell::Cell::new(0);
        let height = |_| {
            asked.set(asked.get() + 1);
            1
        };
        let mut list = List::new(Anchor::End);
        list.settle(1_000_000, 40, height);
        assert_eq!(list.window(1_000_000, 40, height).len(), 40);
        assert!(asked.get() < 500);
    }
}
