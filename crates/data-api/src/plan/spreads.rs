//! Spreads: which columns an embed gives to the row that it is embedded in.
//!
//! An aggregate in a spread of at most one row would be of one row; what is meant is the rows of
//! the parent, so it moves up to the first that is not such a spread itself.

use super::{EmbedOutput, EmbedPlan, ReadPlan, SpreadColumn};
use crate::error::DataError;

/// Fills in what every spread gives.
///
/// # Errors
/// [`DataError::NotImplemented`] for an aggregate in a spread of many rows.
pub(super) fn lift(plan: &mut ReadPlan) -> Result<(), DataError> {
    for embed in &mut plan.embeds {
        lift(&mut embed.plan)?;
        if matches!(embed.output, EmbedOutput::Spread(_)) {
            embed.output = EmbedOutput::Spread(spread_columns(embed)?);
        }
    }
    Ok(())
}

fn spread_columns(embed: &mut EmbedPlan) -> Result<Vec<SpreadColumn>, DataError> {
    let to_one = embed.is_to_one();
    let mut given = Vec::new();
    for column in &mut embed.plan.columns {
        let name = column.output_name().to_owned();
        let (aggregate, aggregate_cast) = (column.aggregate.take(), column.aggregate_cast.take());
        // A column without an alias would be called like its relation's, the lifted one is not.
        let alias = aggregate.is_some().then(|| name.clone());
        given.push(SpreadColumn { name, aggregate, aggregate_cast, alias });
    }
    for nested in &mut embed.plan.embeds {
        match &mut nested.output {
            EmbedOutput::Hidden => {}
            EmbedOutput::Json => given.push(SpreadColumn {
                name: nested.name.clone(),
                aggregate: None,
                aggregate_cast: None,
                alias: None,
            }),
            EmbedOutput::Spread(columns) => {
                for column in columns {
                    given.push(SpreadColumn {
                        name: column.alias.take().unwrap_or_else(|| column.name.clone()),
                        aggregate: column.aggregate.take(),
                        aggregate_cast: column.aggregate_cast.take(),
                        alias: None,
                    });
                    if let Some(last) = given.last_mut()
                        && last.aggregate.is_some()
                    {
                        last.alias = Some(last.name.clone());
                    }
                }
            }
        }
    }
    if !to_one && given.iter().any(|column| column.aggregate.is_some()) {
        return Err(DataError::NotImplemented(
            "Aggregates are not implemented for one-to-many or many-to-many spreads.",
        ));
    }
    Ok(given)
}
