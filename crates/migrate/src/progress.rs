use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::Revision;

/// The way along the chain of revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Towards the head.
    Up,
    /// Towards the base.
    Down,
}

impl Direction {
    /// The verb of the command, `up` or `down`.
    pub fn verb(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.verb())
    }
}

/// Hears of each step as it is done, so that a command can print it.
pub trait Progress: Send + Sync {
    /// A revision is about to run.
    fn started(&self, direction: Direction, revision: &Revision) {
        let _ = (direction, revision);
    }

    /// A revision was committed.
    fn applied(&self, direction: Direction, revision: &Revision, duration: Duration);
}

/// Says nothing.
pub(crate) struct Silent;

impl Progress for Silent {
    fn applied(&self, _: Direction, _: &Revision, _: Duration) {}
}
