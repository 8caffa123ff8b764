//! Names that are alike, for hints: those that share some letters in a row, by how few edits lie
//! between them. The same names as PostgREST's hints tell, which uses a fuzzy set with n-grams.

/// How alike names of relations and functions have to be: a hint must not list what is there.
pub(super) const CLOSE: f64 = 0.75;
/// How alike lists of parameters have to be.
pub(super) const FAR: f64 = 0.33;

/// The name that is most like `wanted`, if one is at least so much like it.
pub(super) fn most_similar<'a>(
    wanted: &str,
    names: impl Iterator<Item = &'a str>,
    least: f64,
) -> Option<String> {
    let names: Vec<&str> = names.collect();
    if let Some(same) = names.iter().find(|name| name.eq_ignore_ascii_case(wanted)) {
        return Some((*same).to_owned());
    }
    [3, 2].into_iter().find_map(|size| {
        let grams = grams(wanted, size);
        names
            .iter()
            .filter(|name| self::grams(name, size).iter().any(|gram| grams.contains(gram)))
            .map(|name| (similarity(wanted, name), *name))
            .filter(|(similarity, _)| *similarity >= least)
            .fold(None, |best: Option<(f64, &str)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            })
            .map(|(_, name)| name.to_owned())
    })
}

/// Runs of so many letters, the ends included.
fn grams(name: &str, size: usize) -> Vec<Vec<char>> {
    let letters = name.to_lowercase();
    let letters =
        letters.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | ','));
    let padded: Vec<char> = std::iter::once('-').chain(letters).chain(['-']).collect();
    padded.windows(size).map(<[char]>::to_vec).collect()
}

/// One minus the edit distance as a part of the longer name.
fn similarity(left: &str, right: &str) -> f64 {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (left, right) = (letters(left), letters(right));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_name_what_is_alike() {
        for (wanted, names, least, expected) in [
            ("film", &["films", "actors"][..], CLOSE, Some("films")),
            ("testt", &["test", "another"], CLOSE, Some("test")),
            ("other", &["test", "another"], CLOSE, None),
            ("role", &["directors", "roles"], FAR, Some("roles")),
            ("noclosealternative", &["films", "roles"], FAR, None),
            ("(id)", &["(attr, id)", "(name, param, val)"], FAR, Some("(attr, id)")),
        ] {
            let found = most_similar(wanted, names.iter().copied(), least);
            assert_eq!(found.as_deref(), expected, "{wanted}");
        }
    }
}
