//! Which family of headings a text is really built on: many of them, at even distances (METHOD §3a stage 0.3).
//! It sees offsets only.

/// Fewer matches than this are no structure.
const LEAST: usize = 3;

/// Matches × 1/(1 + standard deviation of the gaps ÷ their mean); 0 for fewer than three. `offsets` ascend.
pub(super) fn score(offsets: &[usize]) -> f64 {
    if offsets.len() < LEAST {
        return 0.0;
    }
    let gaps = || offsets.windows(2).map(|pair| (pair[1] - pair[0]) as f64);
    let count = (offsets.len() - 1) as f64;
    let mean = gaps().sum::<f64>() / count;
    let variance = gaps().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
    offsets.len() as f64 / (1.0 + variance.sqrt() / mean)
}

/// The best of several, if any scores; the first of equals.
pub(super) fn best<T>(families: impl IntoIterator<Item = T>, offsets: impl Fn(&T) -> Vec<usize>) -> Option<T> {
    let scored = families.into_iter().map(|family| (score(&offsets(&family)), family)).filter(|scored| scored.0 > 0.0);
    scored.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_gaps_score_the_count() {
        assert_eq!(score(&[0, 100, 200, 300]), 4.0);
    }

    #[test]
    fn uneven_gaps_score_less() {
        // Gaps 100 and 300: mean 200, deviation 100, so 3 / 1.5.
        assert_eq!(score(&[0, 100, 400]), 2.0);
    }

    #[test]
    fn two_are_no_structure() {
        assert_eq!(score(&[0, 100]), 0.0);
        assert_eq!(best([vec![0, 5], vec![]], Vec::clone), None);
    }

    #[test]
    fn the_best_wins_whichever_comes_first() {
        let (even, few) = (vec![0, 10, 20, 30], vec![0, 10, 20]);
        assert_eq!(best([few.clone(), even.clone()], Vec::clone), Some(even.clone()));
        assert_eq!(best([even.clone(), few], Vec::clone), Some(even));
    }
}
