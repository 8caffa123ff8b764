//! What query strings say, as a tree: names and values, with no meaning in any schema yet.

/// A column, or a path into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub name: String,
    /// The way into its value.
    pub path: Vec<JsonStep>,
}

/// A step into a JSON or composite value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonStep {
    /// Whether it answers text (`->>`) rather than JSON (`->`).
    pub as_text: bool,
    /// Where it leads.
    pub key: JsonKey,
}

/// Where a step leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonKey {
    /// A member of an object.
    Name(String),
    /// An element of an array: digits, perhaps after a minus.
    Index(String),
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectItem {
    /// A column, `*` or `count()`.
    Column(SelectColumn),
    /// Rows of another relation.
    Embed(Embed),
}

/// A selected column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectColumn {
    /// Which; its name is `*` for all.
    pub field: Field,
    /// The output name.
    pub alias: Option<String>,
    /// The type that its value becomes.
    pub cast: Option<String>,
    /// What is made of its values.
    pub aggregate: Option<Aggregate>,
    /// The type that the aggregate's value becomes.
    pub aggregate_cast: Option<String>,
}

/// What can be made of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// `sum()`
    Sum,
    /// `avg()`
    Avg,
    /// `count()`
    Count,
    /// `max()`
    Max,
    /// `min()`
    Min,
}

impl Aggregate {
    /// The SQL function, which is also what its column is called.
    pub fn function(self) -> &'static str {
        match self {
            Aggregate::Sum => "sum",
            Aggregate::Avg => "avg",
            Aggregate::Count => "count",
            Aggregate::Max => "max",
            Aggregate::Min => "min",
        }
    }
}

/// Rows of another relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// The relation, a foreign key or its column.
    pub target: String,
    /// The output name.
    pub alias: Option<String>,
    /// Which of several ways.
    pub hint: Option<String>,
    /// Whether rows without one are left out.
    pub join: Option<Join>,
    /// Whether its columns become its parent's.
    pub spread: bool,
    /// What is selected of it.
    pub items: Vec<SelectItem>,
}

/// Whether rows without an embedded one stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// They stay.
    Left,
    /// They are left out.
    Inner,
}

/// A condition on a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The column.
    pub field: Field,
    /// Whether the opposite is wanted.
    pub negated: bool,
    /// What is asked of it.
    pub test: Test,
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// An operator that takes one value.
    Compare(&'static str, String),
    /// An operator that may take several.
    Quantified(Operator, Option<Quantifier>, String),
    /// One of a list.
    In(Vec<String>),
    /// `null`, `not null`, `true`, `false`, `unknown`
    Is(&'static str),
    /// Different, null counting as a value.
    IsDistinctFrom(String),
    /// Full text: the function that makes the query, the language, the words.
    FullText(&'static str, Option<String>, String),
}

/// An operator that may be asked of any or all of several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// An SQL operator.
    Plain(&'static str),
    /// `like` or `ilike`, where `*` stands for `%`.
    Like(&'static str),
}

/// Of how many values an operator has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// All.
    All,
}

/// Conditions, combined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logic {
    /// One condition.
    Filter(Filter),
    /// Several.
    Group {
        /// Whether the opposite is wanted.
        negated: bool,
        /// Whether one is enough.
        any: bool,
        /// The conditions.
        members: Vec<Logic>,
    },
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// The embed whose column it is.
    pub relation: Option<String>,
    /// The column.
    pub field: Field,
    /// `asc` or `desc`
    pub direction: Option<Direction>,
    /// Where nulls go.
    pub nulls_first: Option<bool>,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Upwards.
    Ascending,
    /// Downwards.
    Descending,
}

/// The embeds that a parameter's name goes through, and what it names there.
pub type Path = Vec<String>;
