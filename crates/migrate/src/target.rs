use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::{Direction, MigrateError, Revision, Revisions};

/// Where to go along the chain, in Alembic's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `head`: the newest revision.
    Head,
    /// `base` or `0`: before the first revision.
    Base,
    /// `+N`: so many revisions up.
    Forward(u32),
    /// `-N`: so many revisions down.
    Back(u32),
    /// A revision by number (`2`, `0002`), name (`add_payments`, `0002_add_payments`) or
    /// identifier (whole, or its first four or more characters).
    Named(String),
}

/// The fewest characters of an identifier that stand for it.
const SHORTEST_PREFIX: usize = 4;

impl FromStr for Target {
    type Err = Infallible;

    /// Never fails: what is no keyword and no step is a name, which may turn out to be unknown.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let steps = |sign| text.strip_prefix(sign).and_then(|count| count.parse().ok());
        Ok(match text {
            "head" => Target::Head,
            "base" | "0" => Target::Base,
            _ => match (steps('+'), steps('-')) {
                (Some(count), _) => Target::Forward(count),
                (_, Some(count)) => Target::Back(count),
                _ => Target::Named(text.into()),
            },
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Head => formatter.write_str("head"),
            Target::Base => formatter.write_str("base"),
            Target::Forward(count) => write!(formatter, "+{count}"),
            Target::Back(count) => write!(formatter, "-{count}"),
            Target::Named(name) => formatter.write_str(name),
        }
    }
}

impl Target {
    /// The number of the revision to arrive at, 0 for the base, when the database stands at
    /// `current` and is to go in `direction`.
    pub(crate) fn resolve(
        &self,
        revisions: &Revisions,
        current: u32,
        direction: Direction,
    ) -> Result<u32, MigrateError> {
        let wanted = match self {
            Target::Head => revisions.head_number(),
            Target::Base => 0,
            Target::Forward(count) if direction == Direction::Up => {
                let available = revisions.head_number().saturating_sub(current);
                self.step(*count, available, revisions, current, direction)?;
                current + count
            }
            Target::Back(count) if direction == Direction::Down => {
                self.step(*count, current, revisions, current, direction)?;
                current - count
            }
            Target::Forward(_) | Target::Back(_) => {
                return Err(self.wrong_direction(revisions, current, direction));
            }
            Target::Named(name) => named(name, revisions)?.number(),
        };
        let reachable = match direction {
            Direction::Up => wanted >= current,
            Direction::Down => wanted <= current,
        };
        if reachable {
            Ok(wanted)
        } else {
            Err(self.wrong_direction(revisions, current, direction))
        }
    }

    fn step(
        &self,
        count: u32,
        available: u32,
        revisions: &Revisions,
        current: u32,
        direction: Direction,
    ) -> Result<(), MigrateError> {
        if count <= available {
            return Ok(());
        }
        let available = match available {
            0 => "there is no revision".into(),
            1 => "there is one revision".into(),
            more => format!("there are {more} revisions"),
        };
        let current = revisions.label(current);
        Err(MigrateError::TooFar { target: self.to_string(), available, direction, current })
    }

    fn wrong_direction(
        &self,
        revisions: &Revisions,
        current: u32,
        direction: Direction,
    ) -> MigrateError {
        let other = match direction {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        };
        MigrateError::WrongDirection {
            target: self.to_string(),
            direction,
            current: revisions.label(current),
            advice: format!("say `{other} {self}` if you mean it"),
        }
    }
}

fn named<'a>(name: &str, revisions: &'a Revisions) -> Result<&'a Revision, MigrateError> {
    let ways: [&dyn Fn(&Revision) -> bool; 4] = [
        &|revision| revision.identifier() == Some(name),
        &|revision| is_number(name) && name.parse() == Ok(revision.number()),
        &|revision| revision.name() == name || revision.to_string() == name,
        &|revision| {
            name.len() >= SHORTEST_PREFIX
                && revision.identifier().is_some_and(|whole| whole.starts_with(name))
        },
    ];
    for matches in ways {
        let mut found = revisions.iter().filter(|revision| matches(revision));
        match (found.next(), found.next()) {
            (Some(first), Some(second)) => {
                return Err(MigrateError::AmbiguousTarget {
                    target: name.into(),
                    first: first.to_string(),
                    second: second.to_string(),
                });
            }
            (Some(only), None) => return Ok(only),
            _ => {}
        }
    }
    let labels: Vec<String> = revisions.iter().map(Revision::to_string).collect();
    let known = match labels.len() {
        0 => "are none".into(),
        _ => format!("are {}", labels.join(", ")),
    };
    Err(MigrateError::UnknownTarget { target: name.into(), known })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revisions::tests::parse;
    use Direction::{Down, Up};

    fn revisions() -> Revisions {
        parse(&[
            ("0001_initial.up.sql", "-- tenantry: identifier ced8f3f148bb"),
            ("0001_initial.down.sql", ""),
            ("0002_twin.up.sql", "-- tenantry: identifier 396e8f26d0a5"),
            ("0002_twin.down.sql", ""),
            ("0003_twin.up.sql", "-- tenantry: identifier 396e8fffffff"),
            ("0003_twin.down.sql", ""),
        ])
        .unwrap()
    }

    #[test]
    fn targets_become_numbers() {
        let revisions = revisions();
        for (target, current, direction, expected) in [
            ("head", 0, Up, 3),
            ("head", 3, Up, 3),
            ("base", 2, Down, 0),
            ("base", 0, Down, 0),
            ("+2", 1, Up, 3),
            ("-2", 3, Down, 1),
            ("2", 0, Up, 2),
            ("0002", 3, Down, 2),
            ("initial", 0, Up, 1),
            ("0003_twin", 0, Up, 3),
            ("ced8f3f148bb", 0, Up, 1),
            ("ced8", 0, Up, 1),
            ("396e8f2", 0, Up, 2),
        ] {
            let target: Target = target.parse().unwrap();
            let found = target.resolve(&revisions, current, direction).map_err(|e| e.to_string());
            assert_eq!(found, Ok(expected), "{target} from {current}");
        }
    }

    #[test]
    fn targets_that_lead_nowhere_say_why() {
        let revisions = revisions();
        let known = "there are 0001_initial, 0002_twin, 0003_twin (or say head, base, +N or -N)";
        for (target, current, direction, expected) in [
            ("+3", 1, Up, "+3 goes too far: there are 2 revisions up from 0001_initial".to_owned()),
            ("-1", 0, Down, "-1 goes too far: there is no revision down from base".into()),
            ("-1", 2, Up, "-1 does not lie up from 0002_twin; say `down -1` if you mean it".into()),
            ("1", 2, Up, "1 does not lie up from 0002_twin; say `down 1` if you mean it".into()),
            (
                "head",
                2,
                Down,
                "head does not lie down from 0002_twin; say `up head` if you mean it".into(),
            ),
            ("twin", 0, Up, "twin could be 0002_twin or 0003_twin; give the number".into()),
            ("396e", 0, Up, "396e could be 0002_twin or 0003_twin; give the number".into()),
            ("4", 0, Up, format!("there is no revision 4; {known}")),
            ("ced", 0, Up, format!("there is no revision ced; {known}")),
            ("+x", 0, Up, format!("there is no revision +x; {known}")),
        ] {
            let target: Target = target.parse().unwrap();
            let error = target.resolve(&revisions, current, direction).unwrap_err();
            assert_eq!(error.to_string(), expected, "{target} from {current}");
        }
    }
}
