//! Which of the rows: `limit`, `offset` and the header `Range`.

use crate::error::{DataError, RangeError};

/// Rows from an offset, all or so many. Negative numbers are PostgreSQL's to refuse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    /// How many rows are left out at the beginning.
    pub offset: i64,
    /// The most rows.
    pub limit: Option<i64>,
}

impl Range {
    /// Whether it leaves nothing out.
    pub fn is_all(self) -> bool {
        self == Range::default()
    }

    /// The same, with at most so many rows.
    pub fn at_most(self, most: Option<u64>) -> Self {
        let most = most.map(|most| i64::try_from(most).unwrap_or(i64::MAX));
        let limit = match (self.limit, most) {
            (Some(limit), Some(most)) => Some(limit.min(most)),
            (limit, most) => limit.or(most),
        };
        Range { limit, ..self }
    }

    /// What a request asks for at its root, by parameters and header together.
    ///
    /// # Errors
    /// [`DataError::Range`] for a range that cannot have rows by what it says itself.
    pub fn requested(parameters: Range, header: Option<&str>) -> Result<Range, DataError> {
        if parameters.limit.is_some_and(|limit| limit < 0) {
            return Err(DataError::Range(RangeError::NegativeLimit));
        }
        let (offset, limit) = (parameters.offset.max(0), parameters.limit);
        let parameters = Range { offset, limit };
        let Some((from, to)) = header.and_then(bounds) else { return Ok(parameters) };
        if to.is_some_and(|to| to < from) {
            return Err(DataError::Range(RangeError::LowerGreaterThanUpper));
        }
        if parameters.limit == Some(0) {
            return Ok(parameters);
        }
        let start = offset.max(from);
        let ends =
            [limit.map(|limit| offset.saturating_add(limit)), to.map(|to| to.saturating_add(1))];
        let limit = ends.into_iter().flatten().min().map(|end| end - start);
        match limit {
            Some(limit) if limit <= 0 => Err(DataError::Range(RangeError::NegativeLimit)),
            _ => Ok(Range { offset: start, limit }),
        }
    }
}

/// `0-9`, `10-`
fn bounds(header: &str) -> Option<(i64, Option<i64>)> {
    let (from, to) = header.split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten()
    };
    let from = number(from)?;
    if to.is_empty() { Some((from, None)) } else { Some((from, Some(number(to)?))) }
}

/// The header `Content-Range`: from, to and total, each `*` where there is none.
pub fn content_range(offset: i64, count: u64, total: Option<u64>) -> String {
    let total_text = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
    if count == 0 || total == Some(0) {
        return format!("*/{total_text}");
    }
    let last = offset.saturating_add(i64::try_from(count).unwrap_or(i64::MAX)) - 1;
    format!("{offset}-{last}/{total_text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_intersect() {
        let range = |offset, limit| Range { offset, limit };
        for (parameters, header, expected) in [
            (range(0, None), None, Some(range(0, None))),
            (range(0, None), Some("0-9"), Some(range(0, Some(10)))),
            (range(2, Some(3)), Some("1-9"), Some(range(2, Some(3)))),
            (range(0, Some(5)), Some("3-9"), Some(range(3, Some(2)))),
            (range(0, None), Some("5-"), Some(range(5, None))),
            (range(0, None), Some("5-1"), None),
            (range(0, None), Some("nonsense"), Some(range(0, None))),
            (range(-3, None), None, Some(range(0, None))),
            (range(0, Some(0)), None, Some(range(0, Some(0)))),
            (range(0, Some(-1)), None, None),
        ] {
            let found = Range::requested(parameters, header).ok();
            assert_eq!(found, expected, "{parameters:?} {header:?}");
        }
    }

    #[test]
    fn content_ranges() {
        for (offset, count, total, expected) in [
            (0, 10, None, "0-9/*"),
            (5, 2, Some(20), "5-6/20"),
            (0, 0, None, "*/*"),
            (9, 0, Some(3), "*/3"),
            (0, 0, Some(0), "*/0"),
        ] {
            assert_eq!(content_range(offset, count, total), expected);
        }
    }
}
