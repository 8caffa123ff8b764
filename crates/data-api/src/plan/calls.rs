//! Calls: which of several functions of one name, and where its arguments are.

use std::collections::BTreeSet;

use tenantry_catalog::Function;

use super::{CallArguments, Condition, Planner, ReadPlan, Returning, embeds, similarity};
use crate::api_request::media_type::MediaType;
use crate::api_request::payload::Payload;
use crate::error::DataError;

impl Planner<'_> {
    /// The function that a call means, with its arguments.
    pub(super) fn overload(&self, name: &str) -> Result<(&Function, CallArguments), DataError> {
        let from_query = self.takes_arguments_from_query();
        let given: BTreeSet<String> = if from_query {
            self.request.query.arguments.iter().map(|(name, _)| name.clone()).collect()
        } else {
            self.request.columns.clone()
        };
        let overloads = self.catalog.functions(&self.name(name));
        let fitting: Vec<&Function> =
            overloads.iter().filter(|function| self.fits(function, &given)).collect();
        let function = match fitting[..] {
            [one] => one,
            [] => {
                let whole: Vec<&Function> =
                    overloads.iter().filter(|function| self.takes_body(function)).collect();
                match whole[..] {
                    [one] => return Ok((one, CallArguments::Whole)),
                    [] => return Err(self.no_function(name, &given, overloads)),
                    _ => return Err(ambiguous(&whole)),
                }
            }
            _ => return Err(ambiguous(&fitting)),
        };
        let arguments = match (&self.request.payload, from_query) {
            (Some(Payload::Form(pairs)), _) => CallArguments::Given(gathered(function, pairs)),
            (_, true) => CallArguments::Given(gathered(function, &self.request.query.arguments)),
            _ => CallArguments::Body(given),
        };
        Ok((function, arguments))
    }

    /// Whether these are the function's arguments, but for those that have defaults.
    fn fits(&self, function: &Function, given: &BTreeSet<String>) -> bool {
        let is_raw = !self.takes_arguments_from_query()
            && matches!(
                self.request.content_type,
                MediaType::Bytes | MediaType::Plain | MediaType::Xml
            );
        if function.arguments.is_empty() {
            return given.is_empty() && !is_raw;
        }
        given.iter().all(|name| function.arguments.iter().any(|argument| argument.name == *name))
            && function
                .arguments
                .iter()
                .all(|argument| argument.has_default || given.contains(&argument.name))
    }

    /// Whether its one argument, which has no name, is what a body of this type can be.
    fn takes_body(&self, function: &Function) -> bool {
        let [argument] = &function.arguments[..] else { return false };
        let data_type = argument.data_type.as_str();
        !self.takes_arguments_from_query()
            && argument.name.is_empty()
            && match self.request.content_type {
                MediaType::Json => matches!(data_type, "json" | "jsonb"),
                MediaType::Plain => data_type == "text",
                MediaType::Xml => data_type == "xml",
                MediaType::Bytes => data_type == "bytea",
                _ => false,
            }
    }

    fn no_function(
        &self,
        name: &str,
        given: &BTreeSet<String>,
        overloads: &[Function],
    ) -> DataError {
        let schema = &self.request.schema;
        let names: Vec<&str> = given.iter().map(String::as_str).collect();
        let listed = names.join(", ");
        let from_query = self.takes_arguments_from_query();
        let raw = match self.request.content_type {
            MediaType::Plain => Some("text"),
            MediaType::Xml => Some("xml"),
            MediaType::Bytes => Some("bytea"),
            _ => None,
        }
        .filter(|_| !from_query);
        let arguments = match (raw, names.is_empty()) {
            (Some(_), _) => String::new(),
            (None, true) => " without parameters".into(),
            (None, false) => format!("({listed})"),
        };
        let named = match names.len() {
            0 => " without parameters".into(),
            1 => format!(" with parameter {listed}"),
            _ => format!(" with parameters {listed}"),
        };
        let searched = match raw {
            Some(data_type) => format!(" with a single unnamed {data_type} parameter"),
            None if !from_query && self.request.content_type == MediaType::Json => {
                format!("{named} or with a single unnamed json/jsonb parameter")
            }
            None => named,
        };
        let similar = match raw {
            Some(_) => None,
            None if overloads.is_empty() => similarity::most_similar(
                name,
                self.catalog.functions_in(schema).map(|function| function.name.name.as_str()),
                similarity::CLOSE,
            )
            .map(|similar| format!("{schema}.{similar}")),
            None => {
                let lists: Vec<String> = overloads.iter().map(sorted_names).collect();
                similarity::most_similar(
                    &format!("({listed})"),
                    lists.iter().map(String::as_str),
                    similarity::FAR,
                )
                .map(|list| format!("{schema}.{name}{list}"))
            }
        };
        DataError::NoFunction { function: format!("{schema}.{name}"), arguments, searched, similar }
    }
}

fn sorted_names(function: &Function) -> String {
    let mut names: Vec<&str> =
        function.arguments.iter().map(|argument| argument.name.as_str()).collect();
    names.sort_unstable();
    format!("({})", names.join(", "))
}

fn ambiguous(functions: &[&Function]) -> DataError {
    let described = functions.iter().map(|function| {
        let arguments: Vec<String> = function
            .arguments
            .iter()
            .map(|argument| format!("{} => {}", argument.name, argument.data_type))
            .collect();
        format!("{}({})", function.name, arguments.join(", "))
    });
    DataError::AmbiguousFunction(described.collect::<Vec<_>>().join(", "))
}

/// Values by argument: of an argument given twice the last, of a variadic one all.
fn gathered(function: &Function, pairs: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    function
        .arguments
        .iter()
        .filter_map(|argument| {
            let values: Vec<String> = pairs
                .iter()
                .filter(|(name, _)| *name == argument.name)
                .map(|(_, value)| value.clone())
                .collect();
            let last = values.last().cloned()?;
            Some((argument.name.clone(), if argument.variadic { values } else { vec![last] }))
        })
        .collect()
}

/// What a function's rows have to show: what is selected, and what is filtered by.
pub(super) fn returning(answer: &ReadPlan) -> Returning {
    let mut filtered = Vec::new();
    for condition in &answer.conditions {
        add_names(condition, &mut filtered);
    }
    embeds::needed_columns(answer, &filtered)
}

fn add_names(condition: &Condition, names: &mut Vec<String>) {
    match condition {
        Condition::Filter { field, .. } => names.push(field.name.clone()),
        Condition::Group { members, .. } => {
            members.iter().for_each(|member| add_names(member, names));
        }
        Condition::EmbedExists { .. } => {}
    }
}
