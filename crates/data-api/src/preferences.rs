use axum::http::HeaderMap;

use crate::error::DataError;

/// The `Prefer` headers (RFC 7240), by the names that PostgREST gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `return=`
    pub representation: Representation,
    /// `resolution=`
    pub resolution: Option<Resolution>,
    /// `count=`
    pub count: Option<Count>,
    /// `missing=default`
    pub missing_default: bool,
    /// `tx=rollback`
    pub rollback: bool,
    /// `handling=strict`
    pub strict: bool,
    /// `timezone=`
    pub time_zone: Option<String>,
    /// `max-affected=`
    pub max_affected: Option<u64>,
    /// Whether `return=` was given.
    pub return_given: bool,
}

/// What a write answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Representation {
    /// Nothing.
    #[default]
    Minimal,
    /// Where the row is.
    HeadersOnly,
    /// The written rows.
    Full,
}

/// What happens to rows that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// They are updated.
    Merge,
    /// They stay.
    Ignore,
}

/// How the total is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// By counting.
    Exact,
    /// By the planner's estimate, which for now is counted too.
    Planned,
    /// By whichever is cheaper, which for now is counting.
    Estimated,
}

impl Preferences {
    /// Reads every `Prefer` header.
    ///
    /// # Errors
    /// [`DataError::Preferences`] for unknown ones under `handling=strict`.
    pub fn parse(headers: &HeaderMap) -> Result<Preferences, DataError> {
        let mut preferences = Preferences::default();
        let mut unknown = Vec::new();
        let lines = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for item in
            lines.flat_map(|line| line.split(',')).map(str::trim).filter(|item| !item.is_empty())
        {
            if !preferences.take(item) {
                unknown.push(item.to_owned());
            }
        }
        if preferences.strict && !unknown.is_empty() {
            return Err(DataError::Preferences(unknown));
        }
        Ok(preferences)
    }

    fn take(&mut self, item: &str) -> bool {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        match (name, value) {
            ("return", "minimal") => self.representation = Representation::Minimal,
            ("return", "headers-only") => self.representation = Representation::HeadersOnly,
            ("return", "representation") => self.representation = Representation::Full,
            ("resolution", "merge-duplicates") => self.resolution = Some(Resolution::Merge),
            ("resolution", "ignore-duplicates") => self.resolution = Some(Resolution::Ignore),
            ("count", "exact") => self.count = Some(Count::Exact),
            ("count", "planned") => self.count = Some(Count::Planned),
            ("count", "estimated") => self.count = Some(Count::Estimated),
            ("missing", "default") => self.missing_default = true,
            ("missing", "null") | ("tx", "commit") | ("handling", "lenient") => {}
            ("tx", "rollback") => self.rollback = true,
            ("handling", "strict") => self.strict = true,
            ("timezone", zone) if !zone.is_empty() => self.time_zone = Some(zone.into()),
            ("max-affected", number) => match number.parse() {
                Ok(number) => self.max_affected = Some(number),
                Err(_) => return false,
            },
            _ => return false,
        }
        self.return_given |= name == "return";
        true
    }

    /// The header that says which preferences were applied to a write or a read.
    pub fn applied(&self, writes: bool) -> Option<String> {
        let mut applied: Vec<String> = Vec::new();
        if let (true, Some(resolution)) = (writes, self.resolution) {
            applied.push(match resolution {
                Resolution::Merge => "resolution=merge-duplicates".into(),
                Resolution::Ignore => "resolution=ignore-duplicates".into(),
            });
        }
        if writes && self.missing_default {
            applied.push("missing=default".into());
        }
        if writes && self.return_given {
            applied.push(match self.representation {
                Representation::Minimal => "return=minimal".into(),
                Representation::HeadersOnly => "return=headers-only".into(),
                Representation::Full => "return=representation".into(),
            });
        }
        if let Some(count) = self.count {
            applied.push(match count {
                Count::Exact => "count=exact".into(),
                Count::Planned => "count=planned".into(),
                Count::Estimated => "count=estimated".into(),
            });
        }
        if self.rollback {
            applied.push("tx=rollback".into());
        }
        if self.strict {
            applied.push("handling=strict".into());
        }
        applied.extend(self.time_zone.as_ref().map(|zone| format!("timezone={zone}")));
        if let (true, true, Some(most)) = (writes, self.strict, self.max_affected) {
            applied.push(format!("max-affected={most}"));
        }
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Preferences, DataError> {
        let mut headers = HeaderMap::new();
        headers.append("prefer", line.parse().unwrap());
        Preferences::parse(&headers)
    }

    #[test]
    fn preferences_are_read_and_listed_in_a_fixed_order() {
        let preferences =
            parse("count=exact, return=representation, resolution=merge-duplicates, nonsense")
                .unwrap();
        assert_eq!(
            preferences.applied(true).unwrap(),
            "resolution=merge-duplicates, return=representation, count=exact"
        );
        assert_eq!(preferences.applied(false).unwrap(), "count=exact");
        assert!(parse("handling=strict, nonsense").is_err());
    }
}
