//! What a client prefers (RFC 7240), by the names that PostgREST gives it.

use axum::http::HeaderMap;

/// The preferences of a request; of those given several times, the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `return=`
    pub representation: Option<Representation>,
    /// `resolution=`
    pub resolution: Option<Resolution>,
    /// `count=`
    pub count: Option<Count>,
    /// `missing=`
    pub missing: Option<Missing>,
    /// `tx=`, where it may be given.
    pub ending: Option<Ending>,
    /// `handling=`
    pub handling: Option<Handling>,
    /// `timezone=`
    pub time_zone: Option<String>,
    /// `max-affected=`
    pub max_affected: Option<u64>,
    /// Those that mean nothing.
    pub unknown: Vec<String>,
}

/// A preference with a fixed set of values.
trait Choice: Copy + 'static {
    /// Each value with its text.
    const ALL: &'static [(&'static str, Self)];
}

macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant),+ }

        impl Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, $name::$variant)),+];
        }

        impl $name {
            fn text(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
    };
}

choice! {
    /// What a write answers.
    Representation {
        /// The written rows.
        Full = "return=representation",
        /// Nothing.
        Minimal = "return=minimal",
        /// Where the row is.
        HeadersOnly = "return=headers-only",
    }
}
choice! {
    /// What happens to rows that are there already.
    Resolution {
        /// They are updated.
        Merge = "resolution=merge-duplicates",
        /// They stay.
        Ignore = "resolution=ignore-duplicates",
    }
}
choice! {
    /// How the total is found.
    Count {
        /// By counting.
        Exact = "count=exact",
        /// By the planner's estimate.
        Planned = "count=planned",
        /// By counting up to the most rows, beyond that by the planner's estimate.
        Estimated = "count=estimated",
    }
}
choice! {
    /// What a key that a row leaves out becomes.
    Missing {
        /// The column's default.
        Default = "missing=default",
        /// Null.
        Null = "missing=null",
    }
}
choice! {
    /// How the transaction ends.
    Ending {
        /// It is kept.
        Commit = "tx=commit",
        /// It is undone.
        Rollback = "tx=rollback",
    }
}
choice! {
    /// What happens to preferences that mean nothing.
    Handling {
        /// They are refused.
        Strict = "handling=strict",
        /// They are ignored.
        Lenient = "handling=lenient",
    }
}

impl Preferences {
    /// Reads every `Prefer` header. `may_end`: whether the client may choose how its transaction
    /// ends.
    pub fn parse(headers: &HeaderMap, may_end: bool) -> Self {
        let items: Vec<&str> = headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect();
        let valued = |name: &str| items.iter().find_map(|item| item.strip_prefix(name));
        let is_known = |item: &str| {
            is_one_of::<Representation>(item)
                || is_one_of::<Resolution>(item)
                || is_one_of::<Count>(item)
                || is_one_of::<Missing>(item)
                || is_one_of::<Ending>(item)
                || is_one_of::<Handling>(item)
                || item.starts_with("timezone=")
                || item.starts_with("max-affected=")
        };
        Preferences {
            representation: first(&items),
            resolution: first(&items),
            count: first(&items),
            missing: first(&items),
            ending: if may_end { first(&items) } else { None },
            handling: first(&items),
            time_zone: valued("timezone=").map(str::to_owned),
            max_affected: valued("max-affected=").and_then(|number| number.parse().ok()),
            unknown: items
                .iter()
                .filter(|item| !is_known(item))
                .map(|item| (*item).to_owned())
                .collect(),
        }
    }

    /// Whether unknown preferences are refused.
    pub fn is_strict(&self) -> bool {
        self.handling == Some(Handling::Strict)
    }

    /// The most rows that may be affected, which only counts where handling is strict.
    pub fn most_affected(&self) -> Option<u64> {
        self.max_affected.filter(|_| self.is_strict())
    }

    /// Whether rows are counted, up to a limit at least.
    pub fn counts(&self) -> bool {
        matches!(self.count, Some(Count::Exact | Count::Estimated))
    }

    /// The value of `Preference-Applied` for those of these that are set.
    pub fn applied(&self) -> Option<String> {
        let zone = self.time_zone.as_ref().map(|zone| format!("timezone={zone}"));
        let most = self.most_affected().map(|most| format!("max-affected={most}"));
        let all = [
            self.resolution.map(|choice| choice.text().to_owned()),
            self.missing.map(|choice| choice.text().to_owned()),
            self.representation.map(|choice| choice.text().to_owned()),
            self.count.map(|choice| choice.text().to_owned()),
            self.ending.map(|choice| choice.text().to_owned()),
            self.handling.map(|choice| choice.text().to_owned()),
            zone,
            most,
        ];
        let applied: Vec<String> = all.into_iter().flatten().collect();
        (!applied.is_empty()).then(|| applied.join(", "))
    }
}

fn first<T: Choice>(items: &[&str]) -> Option<T> {
    items
        .iter()
        .find_map(|item| T::ALL.iter().find(|(text, _)| text == item).map(|(_, choice)| *choice))
}

fn is_one_of<T: Choice>(item: &str) -> bool {
    T::ALL.iter().any(|(text, _)| *text == item)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Preferences {
        let mut headers = HeaderMap::new();
        headers.append("prefer", line.parse().unwrap());
        Preferences::parse(&headers, true)
    }

    #[test]
    fn preferences_are_read_and_listed_in_a_fixed_order() {
        let preferences = parse(
            "max-affected=5, count=exact,  tx=rollback,return=representation, resolution=merge-duplicates, nonsense, count=planned, timezone=UTC",
        );
        assert_eq!(
            preferences.applied().unwrap(),
            "resolution=merge-duplicates, return=representation, count=exact, tx=rollback, timezone=UTC"
        );
        assert_eq!(preferences.unknown, ["nonsense"]);
        assert_eq!(preferences.most_affected(), None);
        assert_eq!(parse("handling=strict, max-affected=5").most_affected(), Some(5));
        assert_eq!(parse("nonsense").applied(), None);
    }
}
