use std::ops::Range;

/// A value of the manifest with the line that it stands on, so that a later check can name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The line in the manifest, counted from 1.
    pub line: usize,
}

impl<T> Located<T> {
    /// The same place with another value.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), line: self.line }
    }
}

/// The lines of a text, to turn byte offsets into line numbers.
pub(crate) struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lines(text)
    }

    /// The line on which the span starts, counted from 1.
    pub(crate) fn line_of(&self, span: &Range<usize>) -> usize {
        let before = &self.0.as_bytes()[..span.start.min(self.0.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// A value that the parser located, with its line.
    pub(crate) fn locate<T>(&self, spanned: toml::Spanned<T>) -> Located<T> {
        let line = self.line_of(&spanned.span());
        Located { value: spanned.into_inner(), line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines() {
        let lines = Lines::new("a\nbc\n\nd");
        for (offset, expected) in [(0, 1), (1, 1), (2, 2), (5, 3), (6, 4), (99, 4)] {
            assert_eq!(lines.line_of(&(offset..offset)), expected, "{offset}");
        }
    }
}
