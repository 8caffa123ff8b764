//! Names that are alike, for hints.

/// The name that is most like `wanted`, if one is like it at all.
pub(super) fn most_similar<'a>(
    wanted: &str,
    names: impl Iterator<Item = &'a str>,
) -> Option<String> {
    names
        .map(|name| (similarity(wanted, name), name))
        .filter(|(similarity, _)| *similarity >= 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name.to_owned())
}

/// One minus the edit distance as a part of the longer name.
fn similarity(left: &str, right: &str) -> f64 {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let longest = left.len().max(right.len()).max(1);
    1.0 - row[right.len()] as f64 / longest as f64
}
