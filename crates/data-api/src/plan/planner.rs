//! Where planning begins: what a request is about, and what it looks at on the way.

use tenantry_catalog::{Catalog, QualifiedName, Relation};

use super::{CallPlan, Handler, Plan, PlannedWork, Source, calls, lanes, negotiation, similarity};
use crate::api_request::media_type::MediaType;
use crate::api_request::{Action, ApiRequest, CallMethod, Resource};
use crate::config::DataApiConfig;
use crate::error::DataError;

impl Plan {
    /// Gives a request its meaning.
    ///
    /// # Errors
    /// [`DataError`]: what it names is not there, or is ambiguous, or cannot be made.
    pub fn resolve(
        request: &ApiRequest,
        catalog: &Catalog,
        config: &DataApiConfig,
    ) -> Result<Plan, DataError> {
        let planner = Planner { request, catalog, config };
        let plan = match (&request.resource, request.action) {
            (Resource::Schema, Action::Info) => Plan::of_info(&["OPTIONS", "GET", "HEAD"]),
            (Resource::Schema, _) => planner.inspect()?,
            (Resource::Relation(name), Action::Info) => {
                Plan::of_info(allowed(planner.relation(name)?))
            }
            (Resource::Function(name), Action::Info) => planner.function_info(name)?,
            (Resource::Relation(name), Action::Read { .. }) => planner.relation_read(name)?,
            (Resource::Relation(name), _) => planner.relation_write(name)?,
            (Resource::Function(name), _) => planner.function_call(name)?,
        };
        let preferences = &request.preferences;
        if preferences.is_strict() && !preferences.unknown.is_empty() {
            return Err(DataError::Preferences(preferences.unknown.clone()));
        }
        Ok(plan)
    }

    fn of_info(methods: &'static [&'static str]) -> Plan {
        Plan {
            work: PlannedWork::Info(methods),
            handler: Handler::Nothing,
            media_type: MediaType::Json,
            legacy_names: Vec::new(),
            shareable: false,
        }
    }
}

/// The methods that a relation takes.
fn allowed(relation: &Relation) -> &'static [&'static str] {
    let puts = relation.insertable && relation.updatable && !relation.primary_key.is_empty();
    match (relation.insertable, puts, relation.updatable, relation.deletable) {
        (false, _, false, false) => &["OPTIONS", "GET", "HEAD"],
        (true, false, false, false) => &["OPTIONS", "GET", "HEAD", "POST"],
        (false, _, true, false) => &["OPTIONS", "GET", "HEAD", "PATCH"],
        (false, _, false, true) => &["OPTIONS", "GET", "HEAD", "DELETE"],
        (false, _, true, true) => &["OPTIONS", "GET", "HEAD", "PATCH", "DELETE"],
        (true, _, false, true) => &["OPTIONS", "GET", "HEAD", "POST", "DELETE"],
        (true, true, false, false) => &["OPTIONS", "GET", "HEAD", "POST"],
        (true, false, true, false) => &["OPTIONS", "GET", "HEAD", "POST", "PATCH"],
        (true, true, true, false) => &["OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH"],
        (true, false, true, true) => &["OPTIONS", "GET", "HEAD", "POST", "PATCH", "DELETE"],
        (true, true, true, true) => &["OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    }
}

/// Everything that planning looks at.
#[derive(Clone, Copy)]
pub(super) struct Planner<'a> {
    pub(super) request: &'a ApiRequest,
    pub(super) catalog: &'a Catalog,
    pub(super) config: &'a DataApiConfig,
}

impl<'a> Planner<'a> {
    pub(super) fn name(&self, name: &str) -> QualifiedName {
        QualifiedName::new(&self.request.schema, name)
    }

    pub(super) fn relation(&self, name: &str) -> Result<&'a Relation, DataError> {
        let schema = &self.request.schema;
        self.catalog.relation(&self.name(name)).ok_or_else(|| DataError::NoRelation {
            schema: schema.clone(),
            name: name.into(),
            similar: similarity::most_similar(
                name,
                self.catalog.relations_in(schema).map(|relation| relation.name.name.as_str()),
                similarity::CLOSE,
            ),
        })
    }

    fn relation_read(&self, name: &str) -> Result<Plan, DataError> {
        let relation = self.relation(name)?;
        let (answer, legacy_names) =
            self.read(Source::Relation(relation.name.clone()), Some(relation))?;
        let (handler, media_type) = self.negotiate(&relation.name, &answer)?;
        let shareable = lanes::is_shareable(self.request, self.config, self.catalog, &answer)
            && matches!(handler, Handler::Json | Handler::Object { .. } | Handler::Csv);
        Ok(Plan { work: PlannedWork::Read(answer), handler, media_type, legacy_names, shareable })
    }

    fn relation_write(&self, name: &str) -> Result<Plan, DataError> {
        let relation = self.relation(name)?;
        let (answer, legacy_names) =
            self.read(Source::Earlier(relation.name.clone()), Some(relation))?;
        let (handler, media_type) = self.negotiate(&relation.name, &answer)?;
        let write = self.write(relation, answer)?;
        Ok(Plan {
            work: PlannedWork::Write(write),
            handler,
            media_type,
            legacy_names,
            shareable: false,
        })
    }

    fn function_call(&self, name: &str) -> Result<Plan, DataError> {
        let (function, arguments) = self.overload(name)?;
        let row_type = function.row_type();
        let relation = self.catalog.relation(&row_type);
        let (answer, legacy_names) = self.read(Source::Earlier(row_type.clone()), relation)?;
        let (handler, media_type) = self.negotiate(&row_type, &answer)?;
        if self.request.preferences.most_affected().is_some() && function.returns_single() {
            return Err(DataError::MaxAffectedOfSingle);
        }
        let returning = calls::returning(&answer);
        let call = CallPlan { function: function.clone(), arguments, returning, answer };
        Ok(Plan {
            work: PlannedWork::Call(Box::new(call)),
            handler,
            media_type,
            legacy_names,
            shareable: false,
        })
    }

    fn function_info(&self, name: &str) -> Result<Plan, DataError> {
        let overloads = self.catalog.functions(&self.name(name));
        if overloads.is_empty() {
            self.overload(name)?;
        }
        Ok(Plan::of_info(if overloads.iter().all(|function| function.volatile) {
            &["OPTIONS", "POST"]
        } else {
            &["OPTIONS", "GET", "HEAD", "POST"]
        }))
    }

    fn inspect(&self) -> Result<Plan, DataError> {
        if self.config.description == crate::config::Description::Disabled {
            return Err(DataError::NoDescription);
        }
        let accepts = &self.request.accepts;
        let makes = [MediaType::OpenApi, MediaType::Json, MediaType::Any];
        if !accepts.iter().any(|(accepted, _)| makes.contains(accepted)) {
            return Err(negotiation::not_made(self.request));
        }
        Ok(Plan {
            work: PlannedWork::Inspect,
            handler: Handler::Nothing,
            media_type: MediaType::OpenApi,
            legacy_names: Vec::new(),
            shareable: false,
        })
    }

    /// Whether arguments are in the query string.
    pub(super) fn takes_arguments_from_query(&self) -> bool {
        matches!(
            self.request.action,
            Action::Call(CallMethod::Get | CallMethod::Head) | Action::Info
        )
    }
}
