//! What the system knows of itself: environments, segments, tables and their sizes.

use super::{
    super::{INSTANCE, refresh::Refresh, store::Segment},
    Api, CUSTOMER,
    problem::Problem,
};
use crate::{
    kit::fail::Fail,
    vendor::{Ask, Reply},
};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

pub(super) fn instances() -> Reply {
    let instance = json!({
        "instanceId": INSTANCE, "name": "Sandbox", "instanceType": "sandbox", "maxTrialExtensionsAllowed": 0,
        "scaleUnitId": "sandbox-01", "azureRegion": "westeurope", "platformType": "CustomerInsights",
    });
    Reply::json(200, &[instance])
}

pub(super) fn moment(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Api {
    pub(super) fn segments(&self, ask: &Ask) -> Result<Reply, Fail<Problem>> {
        const KNOWN: [&str; 3] = ["includeHistoricStats", "historicStatsDays", "numberOfSegments"];
        let mut query = url::form_urlencoded::parse(ask.query.as_bytes());
        if let Some((name, _)) = query.find(|(name, _)| !KNOWN.contains(&&**name)) {
            return Err(Problem::query(&name, "this query parameter is not known here").into());
        }
        let refresh = *self.0.refresh();
        let segments = self.0.store().segments()?;
        Ok(Reply::json(200, &segments.iter().map(|segment| described(segment, refresh)).collect::<Vec<_>>()))
    }

    pub(super) fn entities(&self) -> Result<Reply, Fail<Problem>> {
        let (refresh, settings) = (*self.0.refresh(), self.0.settings().clone());
        let store = self.0.store();
        let attribute = |c: &super::super::store::Column| json!({"name": c.name, "friendlyName": c.name, "dataType": c.kind.edm()});
        let attributes: Vec<Value> = store.columns().iter().map(attribute).collect();
        let entity = |name: &str, kind: &str, flow: &str, has_header: bool| {
            json!({
                "name": name, "qualifiedEntityName": name, "dataSourceName": "", "entityType": kind, "dataflowType": flow,
                "attributes": attributes, "keys": [], "refreshTime": moment(refresh.whole_ms),
                "partitions": [{
                    "name": format!("{name}_1"), "location": format!("https://lake.example.com/{name}/{name}_1.csv"),
                    "refreshTime": moment(refresh.whole_ms), "isCIGenerated": true, "forceSasAuth": false, "hasHeader": has_header,
                }],
            })
        };
        let mut entities = vec![entity(CUSTOMER, "profile", "conflationResolveConflicts", false)];
        for segment in store.segments()? {
            entities.push(entity(&segment.name, "segment", "segmentation", settings.headers.has(0)));
        }
        let none = "00000000-0000-0000-0000-000000000000";
        let body =
            json!({"instanceId": INSTANCE, "dataflowId": none, "datasourceId": none, "dataflowType": "unknown", "entities": entities});
        Ok(Reply::json(200, &body))
    }

    pub(super) fn size(&self, entity: &str) -> Result<Reply, Fail<Problem>> {
        let store = self.0.store();
        let rows = match store.segment(entity)? {
            Some(segment) => segment.said(),
            None if entity == CUSTOMER => store.extent()?.1,
            None => return Err(Problem::no_entity(entity).into()),
        };
        Ok(Reply::json(200, &json!({"qualifiedEntityName": entity, "size": rows * 128, "rowCount": rows})))
    }
}

/// While a refresh runs, what was evaluated is what the last one left.
fn described(segment: &Segment, refresh: Refresh) -> Value {
    let status = if refresh.runs() { "Running" } else { segment.status.as_str() };
    let evaluated = json!({
        "jobStatus": status, "evaluationDate": moment(refresh.whole_ms), "entityCount": segment.said(),
        "lastSuccessfulRunId": uuid::Uuid::from_u128(refresh.whole_ms as u128).to_string(),
    });
    json!({
        "kind": "default", "name": segment.name, "friendlyName": segment.friendly, "description": "", "state": segment.state,
        "evaluationStatus": evaluated, "evaluationStatusHistory": [], "version": 1, "updatedBy": "admin@contoso.test",
        "updatedUtc": moment(refresh.whole_ms), "createdBy": "admin@contoso.test", "createdUtc": moment(refresh.whole_ms),
        "instanceId": INSTANCE,
    })
}
