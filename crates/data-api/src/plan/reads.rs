//! Reads: columns, conditions and embeds, at every level.

use tenantry_catalog::{Catalog, Relation};

use super::similarity::most_similar;
use super::{EmbedPlan, PlannedCondition, ReadPlan, SelectedColumn};
use crate::api_request::{ApiRequest, is_null_test};
use crate::error::DataError;
use crate::syntax::{Condition, Embed, SelectItem};

/// Finds what a request names.
pub(super) struct Resolver<'a> {
    pub(super) request: &'a ApiRequest,
    pub(super) catalog: &'a Catalog,
    pub(super) schema: &'a str,
    pub(super) max_rows: Option<u64>,
}

impl<'a> Resolver<'a> {
    pub(super) fn relation(&self, name: &str) -> Result<&'a Relation, DataError> {
        self.catalog.relation(self.schema, name).ok_or_else(|| DataError::NoRelation {
            schema: self.schema.into(),
            name: name.into(),
            similar: most_similar(name, self.catalog.relation_names(self.schema)),
        })
    }

    pub(super) fn root(&self, relation: &Relation) -> Result<ReadPlan, DataError> {
        let mut used = vec![Vec::new()];
        let plan = self.read(relation, &self.request.select, &[], &mut used)?;
        self.refuse_strays(&used)?;
        Ok(plan)
    }

    /// Filters, orders and limits that belong to no embed of the request.
    pub(super) fn refuse_strays(&self, used: &[Vec<String>]) -> Result<(), DataError> {
        let request = self.request;
        let paths = request
            .conditions
            .iter()
            .map(|(path, _)| path)
            .chain(request.orders.iter().map(|(path, _)| path))
            .chain(request.limits.iter().map(|(path, _)| path))
            .chain(request.offsets.iter().map(|(path, _)| path));
        for path in paths {
            if !used.contains(path) {
                return Err(DataError::NotEmbedded(path.join(".")));
            }
        }
        Ok(())
    }

    pub(super) fn read(
        &self,
        relation: &Relation,
        items: &[SelectItem],
        path: &[String],
        used: &mut Vec<Vec<String>>,
    ) -> Result<ReadPlan, DataError> {
        let mut columns = Vec::new();
        let mut embeds: Vec<EmbedPlan> = Vec::new();
        for item in items {
            match item {
                SelectItem::All => columns.push(SelectedColumn::All),
                SelectItem::Field { field, alias, cast } => columns.push(SelectedColumn::Field {
                    field: field.clone(),
                    alias: alias.clone(),
                    cast: cast.clone(),
                }),
                SelectItem::Embed(embed) => embeds.push(self.embed(relation, embed, path, used)?),
            }
        }
        let at_path = |own: &Vec<String>| own.as_slice() == path;
        let request = self.request;
        let conditions = request
            .conditions
            .iter()
            .filter(|(own, _)| at_path(own))
            .map(|(_, condition)| self.condition(relation, condition, &embeds))
            .collect();
        let limit = request.limits.iter().find(|(own, _)| at_path(own)).map(|(_, limit)| *limit);
        Ok(ReadPlan {
            relation: (relation.schema.clone(), relation.name.clone()),
            columns,
            conditions,
            order: request
                .orders
                .iter()
                .find(|(own, _)| at_path(own))
                .map_or_else(Vec::new, |(_, order)| order.clone()),
            limit: match (limit, self.max_rows) {
                (Some(limit), Some(most)) => Some(limit.min(most)),
                (limit, most) => limit.or(most),
            },
            offset: request
                .offsets
                .iter()
                .find(|(own, _)| at_path(own))
                .map_or(0, |(_, offset)| *offset),
            embeds,
        })
    }

    /// `embed=is.null` asks whether the embed has rows, unless a column has that name.
    pub(super) fn condition(
        &self,
        relation: &Relation,
        condition: &Condition,
        embeds: &[EmbedPlan],
    ) -> PlannedCondition {
        if let Condition::Filter { field, negated, test } = condition
            && relation.column(&field.column).is_none()
            && field.steps.is_empty()
            && let Some(is_null) = is_null_test(test)
            && let Some(place) = embeds.iter().position(|embed| embed.name == field.column)
        {
            return PlannedCondition::EmbedIsNull(place, is_null != *negated);
        }
        PlannedCondition::On(condition.clone())
    }

    pub(super) fn embed(
        &self,
        parent: &Relation,
        embed: &Embed,
        path: &[String],
        used: &mut Vec<Vec<String>>,
    ) -> Result<EmbedPlan, DataError> {
        let relationship = self.relationship(parent, embed)?;
        let child = self
            .catalog
            .relation(&relationship.child.0, &relationship.child.1)
            .ok_or_else(|| self.no_relationship(parent, embed))?;
        let name = embed.alias.clone().unwrap_or_else(|| embed.target.clone());
        let own_path = [path, std::slice::from_ref(&name)].concat();
        used.push(own_path.clone());
        let plan = self.read(child, &embed.items, &own_path, used)?;
        Ok(EmbedPlan {
            name,
            to_one: relationship.to_one,
            link: relationship.link,
            inner: embed.inner,
            spread: embed.spread,
            plan,
        })
    }
}
