//! The system's own work: what ran, what runs, and when it runs by itself.

use super::{super::INSTANCE, Api, manage::moment};
use crate::vendor::Reply;
use serde_json::json;

pub(super) fn schedules() -> Reply {
    let schedule = json!({
        "operationType": "all", "subType": "noSubType", "identifiers": [], "jobType": "full", "isActive": true,
        "timezoneId": "UTC", "cronSchedules": ["0 0 2 ? * *"], "scheduleId": "5e7b1c8e-52b8-4f41-9c5e-0b2d4a6d1f10",
        "instanceId": INSTANCE,
    });
    Reply::json(200, &[schedule])
}

impl Api {
    /// The newest refresh, of segments among all else.
    pub(super) fn jobs(&self) -> Reply {
        let refresh = *self.0.refresh();
        let status = if refresh.runs() { "running" } else { "successful" };
        let (id, began) = (uuid::Uuid::from_u128(refresh.began_ms as u128).to_string(), moment(refresh.began_ms));
        let task_id = uuid::Uuid::from_u128(refresh.began_ms as u128 + 1).to_string();
        let mut task = json!({
            "taskId": task_id, "taskStatus": status, "operationType": "segmentation", "subType": "noSubType",
            "friendlyName": "Segments", "submittedTimestamp": began, "jobIds": [id], "waitingTaskIds": [], "ciErrors": [],
        });
        let mut job = json!({
            "jobId": id, "jobType": "full", "jobSubmissionKind": "scheduled", "jobStatus": status, "operationType": "all",
            "subType": "noSubType", "submittedTimestamp": began, "shouldForceRunRequestedNodes": false, "idList": [],
        });
        if let Some(ended) = refresh.ended_ms.map(moment) {
            task["endTimestamp"] = ended.clone().into();
            job["endTimestamp"] = ended.into();
        }
        job["tasks"] = [task].into();
        Reply::json(200, &[job])
    }
}
