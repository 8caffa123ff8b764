//! Reads: columns, conditions, order and embeds, at every level.

use tenantry_catalog::{Column, QualifiedName, Relation};

use super::tree::Node;
use super::{
    Condition, EmbedOutput, EmbedPlan, PlannedColumn, PlannedField, PlannedOrder, Planner,
    ReadPlan, Source, spreads,
};
use crate::error::DataError;
use crate::syntax::{
    Aggregate, Field, Filter, Join, JsonKey, Logic, OrderTerm, SelectColumn, Test,
};

/// The type that answers are made of, as casts name it.
const JSON: &str = "json";
/// The type that values of a query string are, as casts name it.
const TEXT: &str = "text";

/// Where in the tree a node stands.
#[derive(Clone, Copy)]
struct Place {
    /// Whether rows are aggregated here or above, so that every column has to be known.
    aggregates: bool,
}

impl Planner<'_> {
    /// What is read of a source, whose relation may be unknown; and the embeds that were named by
    /// their relation.
    pub(super) fn read(
        &self,
        source: Source,
        relation: Option<&Relation>,
    ) -> Result<(ReadPlan, Vec<(String, String)>), DataError> {
        let filters_root = !self.request.action.writes();
        let tree = Node::of(self.request, filters_root, self.config.legacy_target_names)?;
        let mut plan = self.node(&tree, source, relation, Place { aggregates: false })?;
        if !self.config.aggregates && uses_aggregates(&plan) {
            return Err(DataError::AggregatesOff);
        }
        spreads::lift(&mut plan)?;
        Ok((plan, tree.legacy_names()))
    }

    fn node(
        &self,
        node: &Node<'_>,
        source: Source,
        relation: Option<&Relation>,
        place: Place,
    ) -> Result<ReadPlan, DataError> {
        let is_spread = node.embed.is_some_and(|embed| embed.spread);
        let aggregates =
            place.aggregates || node.columns.iter().any(|column| column.aggregate.is_some());
        let origin = source.relation().clone();
        let embeds = node
            .children
            .iter()
            .map(|child| self.embed(&origin, child, Place { aggregates }))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = self.columns(node, relation, aggregates, is_spread);
        // PostgreSQL reads a column that is not there as a call with the row: here an aggregate's.
        let counts = |column: &PlannedColumn| {
            column.field.name == "count"
                && column.field.path.is_empty()
                && column.aggregate.is_none()
                && relation.is_some_and(|relation| relation.column("count").is_none())
        };
        if !self.config.aggregates && columns.iter().any(counts) {
            return Err(DataError::AggregatesOff);
        }
        let order = node
            .order
            .iter()
            .map(|term| self.order_term(term, &origin, relation, &embeds))
            .collect::<Result<_, _>>()?;
        let filters = node.filters.iter().map(|filter| self.filter(filter, relation, &embeds));
        let logic = node.logic.iter().map(|logic| self.logic(logic, relation, &embeds));
        let conditions = filters.chain(logic).collect::<Result<_, _>>()?;
        let range = match self.request.action.writes() {
            true => node.range,
            false => node.range.at_most(self.config.max_rows),
        };
        Ok(ReadPlan { source, columns, conditions, order, range, embeds })
    }

    fn embed(
        &self,
        parent: &QualifiedName,
        node: &Node<'_>,
        place: Place,
    ) -> Result<EmbedPlan, DataError> {
        let Some(embed) = node.embed else { unreachable!("only the root is not embedded") };
        let relationship = self.relationship(parent, embed)?;
        let to_many_spread = embed.spread && !relationship.is_to_one();
        let target = relationship.to().clone();
        let relation = self.catalog.relation(&target);
        let place = Place { aggregates: place.aggregates || to_many_spread };
        let plan = self.node(node, Source::Relation(target), relation, place)?;
        let output = if embed.spread {
            EmbedOutput::Spread(Vec::new())
        } else if shows_nothing(&plan) {
            EmbedOutput::Hidden
        } else {
            EmbedOutput::Json
        };
        Ok(EmbedPlan {
            name: node.name().to_owned(),
            relationship,
            inner: embed.join == Some(Join::Inner),
            output,
            plan,
        })
    }

    /// The columns; `*` becomes every column where that has to be known.
    fn columns(
        &self,
        node: &Node<'_>,
        relation: Option<&Relation>,
        aggregates: bool,
        is_spread: bool,
    ) -> Vec<PlannedColumn> {
        let represented = relation.is_some_and(|relation| {
            relation
                .columns
                .iter()
                .any(|column| self.catalog.representation(&column.data_type, JSON).is_some())
        });
        let expands = aggregates || represented;
        let mut columns = Vec::new();
        for column in &node.columns {
            let is_all = column.field.name == "*" && column.field.path.is_empty();
            match relation {
                Some(relation) if is_all && column.aggregate.is_none() && expands => {
                    columns.extend(relation.columns.iter().map(|known| {
                        PlannedColumn {
                            alias: self
                                .catalog
                                .representation(&known.data_type, JSON)
                                .map(|_| known.name.clone()),
                            field: self.output_field(&plain(&known.name), Some(known)),
                            ..PlannedColumn::default()
                        }
                    }));
                }
                _ => columns.push(self.column(column, relation, is_spread)),
            }
        }
        columns
    }

    fn column(
        &self,
        column: &SelectColumn,
        relation: Option<&Relation>,
        is_spread: bool,
    ) -> PlannedColumn {
        let known = relation.and_then(|relation| relation.column(&column.field.name));
        let mut field = self.output_field(&column.field, known);
        // Counted further up, a row that is not there must not count.
        field.whole_row =
            is_spread && field.name == "*" && column.aggregate == Some(Aggregate::Count);
        let own_name = || {
            let of_path = (!field.path.is_empty()).then(|| last_name(&column.field));
            let of_aggregate = column
                .aggregate
                .filter(|_| is_spread)
                .map(|aggregate| aggregate.function().to_owned());
            let of_transform = field.transform.as_ref().map(|_| field.name.clone());
            match column.aggregate {
                Some(_) => of_aggregate,
                None => of_path.or(of_transform),
            }
        };
        PlannedColumn {
            alias: column.alias.clone().or_else(own_name),
            cast: column.cast.clone(),
            aggregate: column.aggregate,
            aggregate_cast: column.aggregate_cast.clone(),
            field,
        }
    }

    /// A field as it is shown.
    fn output_field(&self, field: &Field, known: Option<&Column>) -> PlannedField {
        let transform =
            known.and_then(|column| self.catalog.representation(&column.data_type, JSON));
        PlannedField { transform: transform.map(str::to_owned), ..located(field, known) }
    }

    fn order_term(
        &self,
        term: &OrderTerm,
        origin: &QualifiedName,
        relation: Option<&Relation>,
        embeds: &[EmbedPlan],
    ) -> Result<PlannedOrder, DataError> {
        let embed = match &term.relation {
            None => None,
            Some(name) => {
                let place = embeds.iter().position(|embed| embed.name == *name);
                let place = place
                    .ok_or_else(|| DataError::NotEmbedded { name: name.clone(), alias: None })?;
                if !embeds[place].is_to_one() {
                    return Err(DataError::RelatedOrder {
                        origin: origin.name.clone(),
                        target: name.clone(),
                    });
                }
                Some(place)
            }
        };
        let known = match embed {
            None => relation.and_then(|relation| relation.column(&term.field.name)),
            Some(_) => None,
        };
        Ok(PlannedOrder {
            embed,
            field: located(&term.field, known),
            direction: term.direction,
            nulls_first: term.nulls_first,
        })
    }

    pub(super) fn logic(
        &self,
        logic: &Logic,
        relation: Option<&Relation>,
        embeds: &[EmbedPlan],
    ) -> Result<Condition, DataError> {
        match logic {
            Logic::Filter(filter) => self.filter(filter, relation, embeds),
            Logic::Group { negated, any, members } => Ok(Condition::Group {
                negated: *negated,
                any: *any,
                members: members
                    .iter()
                    .map(|member| self.logic(member, relation, embeds))
                    .collect::<Result<_, _>>()?,
            }),
        }
    }

    /// `embed=is.null` asks whether the embed has rows, unless a column has that name.
    pub(super) fn filter(
        &self,
        filter: &Filter,
        relation: Option<&Relation>,
        embeds: &[EmbedPlan],
    ) -> Result<Condition, DataError> {
        let known = relation.and_then(|relation| relation.column(&filter.field.name));
        if known.is_none()
            && filter.field.path.is_empty()
            && let Some(place) = embeds.iter().position(|embed| embed.name == filter.field.name)
        {
            if filter.test != Test::Is("null") {
                return Err(DataError::EmbedOperator(filter.field.name.clone()));
            }
            return Ok(Condition::EmbedExists { place, exists: filter.negated });
        }
        let transform =
            known.and_then(|column| self.catalog.representation(TEXT, &column.data_type));
        let is_vector = known.is_some_and(|column| column.base_type == "tsvector");
        let searched_in = match &filter.test {
            Test::FullText(_, language, _) if !is_vector => Some(language.clone()),
            _ => None,
        };
        let mut field = located(&filter.field, known);
        // What a path finds in json can only be compared as jsonb.
        field.becomes_json |= filter.field.path.last().is_some_and(|step| !step.as_text)
            && known.is_some_and(|column| column.data_type == "json");
        field.transform = transform.map(str::to_owned);
        Ok(Condition::Filter {
            field,
            searched_in,
            negated: filter.negated,
            test: filter.test.clone(),
        })
    }
}

fn plain(name: &str) -> Field {
    Field { name: name.into(), path: Vec::new() }
}

/// A path leads into json and jsonb as they are, so that indexes on such expressions serve.
fn located(field: &Field, known: Option<&Column>) -> PlannedField {
    let is_json = known.is_some_and(|column| matches!(column.data_type.as_str(), "json" | "jsonb"));
    PlannedField {
        name: field.name.clone(),
        path: field.path.clone(),
        becomes_json: !is_json,
        transform: None,
        whole_row: false,
    }
}

/// The key that a path ends in; an index is not a name, so the last one before it is.
fn last_name(field: &Field) -> String {
    field
        .path
        .iter()
        .rev()
        .find_map(|step| match &step.key {
            JsonKey::Name(name) => Some(name.clone()),
            JsonKey::Index(_) => None,
        })
        .unwrap_or_else(|| field.name.clone())
}

fn uses_aggregates(plan: &ReadPlan) -> bool {
    plan.columns.iter().any(|column| column.aggregate.is_some())
        || plan.embeds.iter().any(|embed| uses_aggregates(&embed.plan))
}

/// Whether nothing is selected, here or below.
fn shows_nothing(plan: &ReadPlan) -> bool {
    plan.columns.is_empty() && plan.embeds.iter().all(|embed| shows_nothing(&embed.plan))
}
