//! Calls: which of several functions of one name, and where its arguments are.

use serde_json::Value;
use tenantry_catalog::{Function, Relation};

use super::reads::Resolver;
use super::{CallArguments, CallPlan, ReadPlan};
use crate::api_request::Action;
use crate::error::DataError;
use crate::syntax::SelectItem;

impl Resolver<'_> {
    pub(super) fn call(&self, name: &str) -> Result<CallPlan, DataError> {
        let request = self.request;
        let from_query = request.action != Action::Call;
        let given: Vec<String> = if from_query {
            request.arguments.iter().map(|(name, _)| name.clone()).collect()
        } else {
            match serde_json::from_str(request.json_body()?) {
                Ok(Value::Object(object)) => object.keys().cloned().collect(),
                _ => Vec::new(),
            }
        };
        let overloads = self.catalog.functions(self.schema, name);
        let function = self.overload(name, overloads, &given, from_query)?;
        let whole = function.arguments.len() == 1 && function.arguments[0].name.is_empty();
        let type_of = |argument: &str| {
            function
                .arguments
                .iter()
                .find(|one| one.name == argument)
                .map(|one| one.data_type.clone())
                .unwrap_or_default()
        };
        let arguments = if whole {
            CallArguments::Whole
        } else if from_query {
            CallArguments::Query(
                request
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.clone(), type_of(name), value.clone()))
                    .collect(),
            )
        } else {
            CallArguments::Body(given.iter().map(|name| (name.clone(), type_of(name))).collect())
        };
        let mut used = vec![Vec::new()];
        let answer = match &function.relation {
            Some((schema, name)) => match self.catalog.relation(schema, name) {
                Some(relation) => self.read(relation, &request.select, &[], &mut used)?,
                None => self.read_unknown(),
            },
            None => self.read_unknown(),
        };
        Ok(CallPlan { function, arguments, answer })
    }

    /// Rows whose columns are only known to the database.
    pub(super) fn read_unknown(&self) -> ReadPlan {
        let nameless = Relation {
            schema: String::new(),
            name: String::new(),
            kind: tenantry_catalog::RelationKind::View,
            columns: Vec::new(),
            primary_key: Vec::new(),
            shareable_reads: false,
        };
        let items: Vec<SelectItem> = self
            .request
            .select
            .iter()
            .filter(|item| !matches!(item, SelectItem::Embed(_)))
            .cloned()
            .collect();
        self.read(&nameless, &items, &[], &mut Vec::new())
            .unwrap_or_else(|_| unreachable!("only embeds can be unknown"))
    }

    pub(super) fn overload(
        &self,
        name: &str,
        overloads: &[Function],
        given: &[String],
        from_query: bool,
    ) -> Result<Function, DataError> {
        let fits = |function: &&Function| {
            given
                .iter()
                .all(|name| function.arguments.iter().any(|argument| argument.name == *name))
                && function
                    .arguments
                    .iter()
                    .all(|argument| argument.has_default || given.contains(&argument.name))
        };
        let mut fitting: Vec<&Function> = overloads.iter().filter(fits).collect();
        // A function of one nameless JSON argument takes the whole body, if no other fits.
        if fitting.is_empty() && !from_query {
            fitting = overloads
                .iter()
                .filter(|one| {
                    one.arguments.len() == 1
                        && one.arguments[0].name.is_empty()
                        && matches!(one.arguments[0].data_type.as_str(), "json" | "jsonb")
                })
                .collect();
        }
        match fitting[..] {
            [one] => Ok(one.clone()),
            [] => Err(DataError::NoFunction {
                schema: self.schema.into(),
                name: name.into(),
                arguments: given.to_vec(),
            }),
            _ => Err(DataError::AmbiguousFunction(
                fitting.iter().map(|one| describe(one)).collect::<Vec<_>>().join(", "),
            )),
        }
    }
}

fn describe(function: &Function) -> String {
    let arguments: Vec<String> =
        function.arguments.iter().map(|one| format!("{} => {}", one.name, one.data_type)).collect();
    format!("{}.{}({})", function.schema, function.name, arguments.join(", "))
}
